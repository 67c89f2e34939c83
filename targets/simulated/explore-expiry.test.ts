import { describe, expect, test } from "vitest";
import { REGION_RULES } from "../../layers/region/rules.ts";
import { explore } from "./explore.ts";
import { violationsOf } from "./explore-seeds.ts";

const SEEDS = 6;
/** Long enough for rows that are renewed far apart. */
const STORM_MS = 12_000;

describe("rows that expire, in a world that kills, cuts, freezes and delays", () => {
  test("every invariant holds, and what was renewed is there", () => {
    const runs = Array.from({ length: SEEDS }, (_, seed) =>
      explore({ seed: seed + 1, expiring: true, stormMs: STORM_MS }),
    );
    expect(runs.flatMap(violationsOf)).toEqual([]);
    expect(runs.reduce((sum, { renewed }) => sum + renewed, 0)).toBeGreaterThan(SEEDS * 5);
  });

  test("seed 10: of two late writes of one row the older was recovered, and the newer lost", () => {
    expect(violationsOf(explore({ seed: 10, expiring: true, stormMs: 9000 }))).toEqual([]);
  });

  test("one seed decides everything: two runs are the same run", () => {
    expect(explore({ seed: 5, expiring: true })).toEqual(explore({ seed: 5, expiring: true }));
  });
});

/** Rules broken on purpose, each of which must be noticed. */
const BROKEN = [
  ["what has expired is not collected", { expiredBefore: () => 0 }, {}],
  ["a row is collected before its time", { expiredBefore: (second: number) => second + 60 }, {}],
  [
    "an expired row is deleted, renewed meanwhile or not",
    { expiryOf: () => undefined },
    { mode: "active-active", durability: "local", regions: 2, faults: ["partition-link"] },
  ],
] as const;

describe("each rule about what expires is needed: broken, the simulation shows it", () => {
  test.each(BROKEN)("%s", (_, broken, setting) => {
    const regionRules = { ...REGION_RULES, ...broken };
    let shown = "";
    for (let seed = 1; seed <= 4 * SEEDS && shown === ""; seed++) {
      try {
        const options = { seed, expiring: true, stormMs: STORM_MS, ...setting, regionRules };
        shown = violationsOf(explore(options)).join("\n");
      } catch (error) {
        if ((error as Error).name !== "AssertionError") throw error;
        shown = `I13 at an assertion: ${(error as Error).message}`;
      }
    }
    expect(shown).toMatch(/I13 at/);
  });
});
