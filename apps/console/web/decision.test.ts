import { describe, expect, test } from "vitest";
import type { LiveApp, LiveRegion } from "../../../layers/presentation/live/live-state.ts";
import { actionsOf, assess, linksOf, stillChosen, targetsOf } from "./decision.ts";

const regions: readonly LiveRegion[] = ["a", "b", "c"].map((id) => ({
  id,
  url: `http://${id}`,
  up: true,
  healthy: true,
  incarnation: 1,
}));
const app: LiveApp = {
  app: "tickets",
  mode: "active-passive",
  durability: "replicated",
  state: "active",
  phase: "serving",
  policy: "automatic",
  epoch: 3,
  version: 5,
  primary: "a",
  regions: ["a", "b", "c"],
  servingRegions: ["a"],
  inSyncRegions: ["a", "b"],
  lag: { b: { writes: 0, ms: 0 }, c: { writes: 12, ms: 4_000 } },
  writesAtRisk: 0,
};
const kinds = (drifts: readonly { kind: string }[]): readonly string[] =>
  drifts.map((drift) => drift.kind);

describe("a failover", () => {
  test("to an in-sync region of a replicated app loses nothing and needs no acceptance", () => {
    expect(assess(app, regions, "failover", "b")).toMatchObject({
      lossWrites: 0,
      needsAcceptance: false,
    });
  });

  test("to a region out of sync needs acceptance of what it lacks", () => {
    const assessment = assess(app, regions, "failover", "c");
    expect(assessment).toMatchObject({ lossWrites: 12, needsAcceptance: true });
    expect(kinds(assessment.drifts)).toEqual(["outOfSync", "behind", "holderWell"]);
  });

  test("of a local app counts every write at risk", () => {
    const local: LiveApp = { ...app, durability: "local", writesAtRisk: 41 };
    expect(assess(local, regions, "failover", "b").lossWrites).toBe(41);
  });

  test("to a region of unknown lag cannot tell the loss, and needs acceptance", () => {
    const assessment = assess({ ...app, lag: {} }, regions, "failover", "c");
    expect(assessment).toMatchObject({ lossWrites: undefined, needsAcceptance: true });
    expect(assessment.drifts).toContainEqual({ kind: "behind", writes: undefined });
  });

  test("of a local app cannot tell the loss while the writes at risk are unknown", () => {
    const local: LiveApp = { ...app, durability: "local", writesAtRisk: null };
    expect(assess(local, regions, "failover", "b").lossWrites).toBeUndefined();
  });
});

describe("every move", () => {
  test("to a region that is down is blocked", () => {
    const dark = regions.map((one) => (one.id === "b" ? { ...one, up: false } : one));
    for (const action of ["switchover", "failover", "failback"] as const) {
      expect(assess(app, dark, action, "b").blocked).toBe(true);
    }
  });

  test("that is planned loses nothing, and waits for a target that is behind", () => {
    const assessment = assess(app, regions, "switchover", "c");
    expect(assessment.lossWrites).toBe(0);
    expect(assessment.duration).toEqual({ kind: "wait", ms: 4_000 });
  });

  test("that is planned cannot tell how long a target takes whose lag nobody knows", () => {
    const untold: LiveApp = { ...app, lag: {}, writesAtRisk: null, unknown: "holder-silent" };
    expect(assess(untold, regions, "switchover", "c").duration).toEqual({ kind: "unknown" });
    expect(assess(untold, regions, "switchover", "b").duration.kind).toBe("pause");
  });

  test("does not advise a switchover by a region that tells nothing", () => {
    const untold: LiveApp = { ...app, lag: {}, writesAtRisk: null, unknown: "holder-silent" };
    expect(kinds(assess(untold, regions, "failover", "c").drifts)).toEqual(["outOfSync", "behind"]);
  });

  test("offers in-sync regions first and the present one never", () => {
    const reversed: LiveApp = { ...app, regions: ["a", "c", "b"] };
    expect(targetsOf(reversed, "failover")).toEqual(["b", "c"]);
  });
});

test("no other target takes the place of one that has come to serve meanwhile", () => {
  const chosen = targetsOf(app, "failover")[0];
  expect(stillChosen(targetsOf(app, "failover"), chosen)).toBe("b");
  const moved = targetsOf({ ...app, servingRegions: ["b"] }, "failover");
  expect(stillChosen(moved, chosen)).toBeUndefined();
  expect(assess(app, regions, "failover", undefined).blocked).toBe(true);
});

test("only an unfence is offered while fenced, and a failback only away from the primary", () => {
  expect(actionsOf({ ...app, phase: "fenced" })).toEqual(["unfence"]);
  expect(actionsOf(app)).not.toContain("failback");
  expect(actionsOf({ ...app, servingRegions: ["b"] })).toContain("failback");
});

test("a link shows the app of which nobody can tell before one that is behind", () => {
  const lag = { c: { writes: null, ms: null } };
  expect(linksOf([app, { ...app, app: "photos", lag }]).find(({ to }) => to === "c")).toEqual({
    from: "a",
    to: "c",
    app: "photos",
    writes: null,
    ms: null,
  });
});

test("a link shows the app that is furthest behind on it", () => {
  const photos: LiveApp = { ...app, app: "photos", lag: { b: { writes: 3, ms: 1 } } };
  expect(linksOf([app, photos])).toEqual([
    { from: "a", to: "b", app: "photos", writes: 3, ms: 1 },
    { from: "a", to: "c", app: "tickets", writes: 12, ms: 4_000 },
  ]);
});
