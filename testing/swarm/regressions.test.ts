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

test("a run is made smaller as long as it fails", async () => {
  const regression = kept.find(([, { kind }]) => kind === "app")?.[1];
  if (regression?.kind !== "app") throw new RangeError("no run of an app is kept");
  const kinds = ["skew-clock", "fill-disk", "slow", "isolate"];
  const faults = kinds.map((kind) => ({
    ...regression.plan.faults[0],
    kind,
  })) as typeof regression.plan.faults;
  const fails = async (run: Regression): Promise<readonly string[]> =>
    run.kind === "app" && run.plan.faults.some(({ kind }) => kind === "fill-disk") ? ["it"] : [];
  const small = await shrink({ ...regression, plan: { ...regression.plan, faults } }, fails);
  expect(small.kind === "app" && small.plan.faults.map(({ kind }) => kind)).toEqual(["fill-disk"]);
  expect(small.found).toEqual(["it"]);
});

test.each([2, 3, 5, 6])("plan %i on the tickets app breaks no law", async (seed) => {
  const run = await runPlan(planOf(seed));
  expect(run.violations).toEqual([]);
  expect(run.acknowledged).toBeGreaterThan(5);
});
