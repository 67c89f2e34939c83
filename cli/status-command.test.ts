import { expect, test } from "vitest";
import { wallMs } from "../base/clock.ts";
import { explainUnknown } from "./standing-text.ts";
import { describeTerms } from "./status-command.ts";

const app: Parameters<typeof describeTerms>[0] = {
  app: "shop",
  mode: "active-passive",
  state: "active",
  phase: "serving",
  epoch: 4,
  version: 9,
  primary: "a",
  servingRegions: ["a"],
  inSyncRegions: ["a", "b"],
  durability: "replicated",
  lag: {},
  writesAtRisk: 0,
  policy: "automatic",
  minInSync: 1,
  objectives: { rtoMs: 1_000, rpoMs: 1_000 },
  takeover: null,
};

test("status says nothing more of an app that is as most are", () => {
  expect(describeTerms(app)).toEqual([]);
});

test("status says why numbers are unknown: a region that does not tell, or none that serves", () => {
  const untold = { ...app, lag: {}, writesAtRisk: null, unknown: "holder-silent" } as const;
  const why = (servingRegions: readonly string[]) =>
    explainUnknown([{ ...untold, servingRegions }]);
  const what = "  shop: lag and writes at risk are not known";
  expect(why(["a"])).toEqual([`${what}: a serves it and does not tell.`]);
  expect(why([])).toEqual([`${what}: no region serves it.`]);
});

test("status says that an app moves by an operator's word alone", () => {
  expect(describeTerms({ ...app, policy: "manual" })).toEqual([
    "shop: failover is manual: it moves by an operator's word alone",
  ]);
});

test("status names the takeover step that keeps writes out, why it failed and what to do", () => {
  const running = { step: "promote", state: "running", sinceMs: 2_000 } as const;
  expect(describeTerms({ ...app, takeover: running })).toEqual([
    "shop: takeover step promote running for 2s",
  ]);
  const takeover = { ...running, state: "failed", reason: "no replica" } as const;
  expect(describeTerms({ ...app, takeover })).toEqual([
    "shop: takeover step promote failed for 2s: no replica; `understudy unfence` repeats the steps",
  ]);
});

test("status says which region decides for a name, and what opens one that is closed", () => {
  const dublin = { region: "a", term: 3, state: "open" } as const;
  const oregon = { region: "b", term: 4, state: "closed" } as const;
  expect(describeTerms({ ...app, homes: { dublin } })).toEqual(["shop: homes: dublin in a"]);
  expect(describeTerms({ ...app, homes: { dublin, oregon } })).toEqual([
    "shop: homes: dublin in a, oregon in b (closed); " +
      "`understudy failover shop --to REGION --accept-data-loss` opens what is closed",
  ]);
});

test("status says when too few regions are in sync", () => {
  const alone = { ...app, minInSync: 2, inSyncRegions: ["a"] };
  expect(describeTerms(alone)).toEqual([
    "shop: 1 of at least 2 regions are in sync: writes are refused",
  ]);
});

test("status compares what a local app has in one region only with its objective", () => {
  const lag = { b: { writes: 3, ms: 5_000 } };
  expect(describeTerms({ ...app, durability: "local", lag })).toEqual([
    "shop: 5s of writes are in one region only, 1s at most wanted (objectives.rpoMs)",
  ]);
});

test("status counts late writes, and names the command that lists them", () => {
  const none = { recovered: 0, superseded: 0, partly: 0, neverAcknowledged: 0, waiting: null };
  expect(describeTerms({ ...app, lateWrites: none })).toEqual([]);
  const some = { ...none, recovered: 4, partly: 1, waiting: 2 };
  expect(describeTerms({ ...app, lateWrites: some })).toEqual([
    "shop: late writes: 4 recovered, 1 partly recovered, 2 not judged yet; " +
      "`understudy late-writes shop` lists them",
  ]);
});

test("status says where an app moved last, and how long writes paused", () => {
  const lastMove = {
    version: 4,
    changeId: "x",
    at: wallMs(0),
    cause: "takeover",
    by: "b",
    reason: "a does not answer",
    from: ["a"],
    to: ["b"],
    epoch: 2,
  } as const;
  const line = "shop: last move: takeover at 1970-01-01 00:00:00.000Z, a -> b";
  expect(describeTerms({ ...app, lastMove })).toEqual([`${line}, the pause is not known`]);
  const measured = { ...lastMove, pauseMs: 132, pauseSince: "heard" } as const;
  expect(describeTerms({ ...app, lastMove: measured })).toEqual([`${line}, writes paused 132ms`]);
  const forced = {
    ...measured,
    cause: "failover",
    acceptedDataLoss: true,
    by: "rider",
    reason: "fire",
    pauseSince: "start",
  } as const;
  expect(describeTerms({ ...app, lastMove: forced })).toEqual([
    `${line.replace("takeover", "failover")}, writes paused at least 132ms, ` +
      "data loss accepted by rider: fire",
  ]);
});
