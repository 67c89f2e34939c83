/** Runs that once failed, that one seed decides all, and the first half of the seeds. */
import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { describeSeeds, SEEDS, violationsOf } from "./explore-seeds.ts";

/** Seeds that once showed a bug, replayed first; what each found is in its name. */
const REGRESSIONS: Readonly<Record<number, string>> = {
  4: "readers of an empty register kept its first writer out",
  85: "a holder out of its own in-sync set proposed one that was refused for ever",
  196: "an old holder appended behind the keys that a repair had asked for",
  259: "the same, with four regions",
  1720: "acknowledgements waited for a flush that had happened before the start",
  2469: "a pause between rounds grew with the time that a process had been frozen",
  31915: "an answer to a zombie voter's hello made its successor think its disk was an old copy",
  2975: "a newer member list was answered with a pause",
  107147: "a snapshot had items of a log that was then cut off, and nothing took them away",
  284: "an epoch began in the middle of a rebuild, with items that were in nobody's log",
  201944: "the same, where the store was on its way to what it was repaired with",
};

/** As above, with the setting that it took. */
const SHARPER_REGRESSIONS = [
  {
    name: "a page of an earlier rebuild was taken for one of this rebuild",
    seed: 27,
    mode: "active-passive",
    durability: "replicated",
    regions: 3,
    thinkMs: 5,
    stormMs: 3000,
    faults: ["partition-link", "failover", "partition-one-way"],
  },
] as const;

describe("the cores in a world that kills, cuts, freezes and delays", () => {
  test.each(Object.entries(REGRESSIONS))("seed %s: %s", (seed) => {
    expect(violationsOf(explore({ seed: Number(seed) }))).toEqual([]);
  });

  test.each(SHARPER_REGRESSIONS)("$name", (setting) => {
    expect(explore(setting).violations).toEqual([]);
  });

  test("one seed decides everything: two runs are the same run", () => {
    const [first, second] = [explore({ seed: 11 }), explore({ seed: 11 })];
    expect(first.trace).toBe(second.trace);
    expect(first).toEqual(second);
    expect(explore({ seed: 12 }).trace).not.toBe(first.trace);
  });
});

describeSeeds(1, SEEDS / 2);
