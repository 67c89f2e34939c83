/** Runs that once failed, replayed before anything is searched for; then a short search. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { planOf } from "./plan.ts";
import { keptIn, nameOf, type Regression, replay, shrink } from "./regression.ts";
import { runPlan } from "./run.ts";

const kept = keptIn(fileURLToPath(new URL("../../drill/regressions/", import.meta.url)));
const mended = kept.filter(([, { open }]) => open === undefined);
const open = kept.filter(([, { open: reason }]) => reason !== undefined);

describe("drill/regressions", () => {
  test("each file is named after its run", () => {
    expect(kept.map(([name]) => name)).toEqual(kept.map(([, regression]) => nameOf(regression)));
  });
  if (mended.length > 0) {
    test.each(mended)("%s stays mended", async (_, regression) => {
      expect(await replay(regression)).toEqual([]);
    });
  }
  if (open.length > 0) {
    test.each(open)(
      "%s still fails: take `open` out of it once it does not",
      async (_, regression) => {
        expect(await replay(regression)).not.toEqual([]);
      },
    );
  }
});

test("a run that fails is made smaller and goes on failing", async () => {
  const found = open[0]?.[1];
  if (found?.kind !== "app") return;
  const { faults } = found.plan;
  const padded = [
    ...faults,
    { ...faults[0], kind: "skew-clock", atMs: 7900 } as (typeof faults)[0],
  ];
  const large: Regression = { ...found, plan: { ...found.plan, faults: padded } };
  const small = await shrink(large);
  expect(small.kind === "app" && small.plan.faults.length).toBeLessThan(padded.length);
  expect(small.found).not.toEqual([]);
});

test.each([2, 3, 5, 6])("plan %i on the tickets app breaks no law", async (seed) => {
  const run = await runPlan(planOf(seed));
  expect(run.violations).toEqual([]);
  expect(run.acknowledged).toBeGreaterThan(5);
});
