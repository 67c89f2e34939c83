import { expect, test } from "vitest";
import { combine } from "./observed-apps.ts";

const view = (version: number, servingRegions: string[], more: object = {}) => ({
  app: "tickets",
  mode: "active-passive",
  state: "active",
  phase: "serving",
  epoch: 1,
  version,
  primary: "a",
  servingRegions,
  inSyncRegions: ["a", "b"],
  durability: "replicated",
  lag: {},
  writesAtRisk: 0,
  policy: "automatic",
  minInSync: 1,
  objectives: { rtoMs: 1, rpoMs: 1 },
  takeover: null,
  holdsLease: true,
  ...more,
});

test("the newest record counts, whoever tells it", () => {
  const apps = combine([
    { id: "a", apps: [view(4, ["a"])] },
    { id: "b", apps: [view(5, ["b"])] },
  ]);
  expect(apps).toMatchObject([{ version: 5, servingRegions: ["b"], isSettled: true }]);
});

test("of one record, the serving region knows the lag", () => {
  const behind = { b: { writes: 3, ms: 7 } };
  const apps = combine([
    { id: "b", apps: [view(4, ["a"], { holdsLease: false })] },
    { id: "a", apps: [view(4, ["a"], { lag: behind, writesAtRisk: 3 })] },
  ]);
  expect(apps).toMatchObject([{ lag: behind, writesAtRisk: 3, isSettled: true }]);
});

test("an app that no region may write is not settled, unless an operator fenced it", () => {
  const told = [view(4, ["a"], { holdsLease: false })];
  expect(combine([{ id: "a", apps: told }])).toMatchObject([{ isSettled: false }]);
  expect(combine([{ id: "b", apps: told }])).toMatchObject([{ isSettled: false }]);
  const fenced = [view(5, ["a"], { holdsLease: false, phase: "fenced", state: "fenced" })];
  expect(combine([{ id: "b", apps: fenced }])).toMatchObject([{ isSettled: true }]);
});
