/** Writes that are late: a holder lacked them, and they come back with the region that has them. */
import { expect, test } from "vitest";
import { type ExploreOptions, explore } from "./explore.ts";
import { USUAL_FAULTS } from "./faults.ts";

const violationsOf = (seed: number, options: Partial<ExploreOptions> = {}): string[] => {
  const run = explore({ seed, ...options });
  return run.violations.map((what) => `seed ${seed} (${run.setting}): ${what}`);
};

// Tombstones were collected past the moment of what was still to be judged: of the holder itself,
// and of a region (202392) whose last word was overtaken by an older one.
test("what is still to be judged stays above the floor", () => {
  expect([112823, 164150, 164794, 202392].flatMap((seed) => violationsOf(seed))).toEqual([]);
});

const FORCED = {
  mode: "active-passive",
  faults: [
    "force",
    "force",
    "kill",
    "partition",
    "partition-link",
    "freeze",
    "slow-disk",
    "switchover",
  ],
} satisfies Partial<ExploreOptions>;

// 10: the forced epoch was never begun, and the next one said that nothing was missing.
// 24, 36: a half rebuilt region served with records of requests whose effects it did not have.
// 65: what was acknowledged between two forced takeovers was told as never acknowledged.
test.each([10, 24, 36, 65])(
  "an operator makes a region serve that lacks writes, and they come back: seed %i",
  (seed) => {
    expect(violationsOf(seed, FORCED)).toEqual([]);
  },
);

// 30021: a trimmed log that did not fit was asked for again and again. 30278: a request was judged
// before its idempotency record had been stranded, by a later page of the rebuild.
test("and among all other faults", () => {
  const faults = [...USUAL_FAULTS, "force", "force"] as const;
  const options = { mode: "active-passive", faults } as const;
  expect([30021, 30278].flatMap((seed) => violationsOf(seed, options))).toEqual([]);
});

test("they come back in ten more seeds", () => {
  const seeds = Array.from({ length: 10 }, (_, at) => 100 + at);
  expect(seeds.flatMap((seed) => violationsOf(seed, FORCED))).toEqual([]);
});
