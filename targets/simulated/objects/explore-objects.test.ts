import { describe, expect, test } from "vitest";
import { REGION_RULES } from "../../../layers/region/rules.ts";
import { type ExploreOptions, explore } from "../explore.ts";

const SEEDS = 8;

function violationsOf(options: ExploreOptions): string[] {
  const run = explore({ ...options, objects: true });
  return run.violations.map((what) => `seed ${options.seed} (${run.setting}): ${what}`);
}

describe("objects in a world that kills, cuts, freezes and delays", () => {
  test("every invariant of rows and bytes holds", () => {
    let acknowledged = 0;
    const violations: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = explore({ seed, objects: true });
      acknowledged += run.objects;
      violations.push(...run.violations.map((what) => `seed ${seed} (${run.setting}): ${what}`));
    }
    expect(violations).toEqual([]);
    expect(acknowledged).toBeGreaterThan(SEEDS * 50);
  });

  test("seed 361: a late word of a trimmed log emptied the log of a region about to begin", () => {
    expect(violationsOf({ seed: 361 })).toEqual([]);
  });

  test("one seed decides everything: two runs are the same run", () => {
    expect(explore({ seed: 5, objects: true })).toEqual(explore({ seed: 5, objects: true }));
  });
});

/** Rules broken on purpose, each of which must be noticed. */
const BROKEN = [
  [
    "a follower acknowledges a row whose bytes it lacks",
    { bytesThrough: (through: number) => through },
  ],
  ["a row may name bytes that are not there", { mayName: () => true }],
] as const;

describe("each rule about bytes is needed: broken, the simulation shows it", () => {
  test.each(BROKEN)("%s", (_, broken) => {
    const regionRules = { ...REGION_RULES, ...broken };
    const setting = { mode: "active-passive", durability: "replicated" } as const;
    let shown: string[] = [];
    for (let seed = 1; seed <= SEEDS && shown.length === 0; seed++) {
      shown = violationsOf({ seed, ...setting, regionRules });
    }
    expect(shown.join("\n")).toMatch(/O[1-4] at/);
  });
});
