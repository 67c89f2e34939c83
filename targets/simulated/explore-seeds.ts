/**
 * Many seeds, one after the other: none may break an invariant. *for tests*
 *
 * At a desk there are a hundred, which take half a minute; UNDERSTUDY_SEEDS asks for more, as
 * `.ci/run` does. The search without an end is `npm run swarm`.
 */
import { describe, expect, test } from "vitest";
import { type Explored, explore } from "./explore.ts";

const BATCH = 50;

/** A multiple of two batches. */
export const SEEDS = Number(process.env["UNDERSTUDY_SEEDS"] ?? 100);
if (!(SEEDS > 0) || SEEDS % (2 * BATCH) !== 0) {
  throw new Error(`UNDERSTUDY_SEEDS is ${SEEDS}: give a multiple of ${2 * BATCH}`);
}

/** What is wrong with a run, with what a reader needs to repeat it. */
export const violationsOf = ({ seed, setting, violations }: Explored): string[] =>
  violations.map((what) => `seed ${seed} (${setting}): ${what}`);

/** Seeds `first` and the `count` - 1 after it, in parts, so that one sees where it is. */
export function describeSeeds(first: number, count: number): void {
  const batches = Array.from({ length: count / BATCH }, (_, at) => first + at * BATCH);
  describe("the cores in a world that kills, cuts, freezes and delays", () => {
    test.each(batches)(`seeds %i and the ${BATCH - 1} after it keep every invariant`, (from) => {
      const runs = Array.from({ length: BATCH }, (_, at) => explore({ seed: from + at }));
      expect(runs.flatMap(violationsOf)).toEqual([]);
      const acknowledged = runs.reduce((sum, { acked }) => sum + acked, 0);
      expect(acknowledged).toBeGreaterThan(BATCH * 100);
    });
  });
}
