import { describe, expect, test } from "vitest";
import { BROKEN_RULES, type BrokenRule } from "./broken-rules.ts";
import { explore } from "./explore.ts";
import { remainingAtPrepare } from "./remaining-at-prepare.ts";

const MOST_SEEDS = 3000;

/** The first seed that notices, and what it shows. */
function firstCatch(rule: BrokenRule): { seed: number; shown: readonly string[] } | undefined {
  for (let seed = rule.from ?? 1; seed <= MOST_SEEDS; seed++) {
    const shown = shownBy(rule, seed);
    if (shown.some((name) => rule.shows.includes(name))) return { seed, shown };
  }
  return undefined;
}

function shownBy(rule: BrokenRule, seed: number): readonly string[] {
  try {
    const { violations } = explore({ seed, ...rule.setting() });
    return [...new Set(violations.map((violation) => violation.split(" ")[0] ?? ""))];
  } catch (error) {
    if (error instanceof Error && error.name === "AssertionError") return ["assertion"];
    throw error;
  }
}

test("the network that shows 'remaining read at prepare' breaks nothing by itself", () => {
  const violations = Array.from({ length: 20 }, (_, seed) => {
    const setting = { mode: "active-passive", durability: "local", regions: 2 } as const;
    const intercept = remainingAtPrepare(false);
    return explore({
      seed,
      ...setting,
      thinkMs: 3,
      stormMs: 3000,
      intercept,
      faults: ["failover"],
    });
  }).flatMap((run) => run.violations);
  expect(violations).toEqual([]);
}, 120_000);

describe("each rule of the protocol is needed: broken, the simulation shows it", () => {
  test.each(BROKEN_RULES.map((rule) => [rule.name, rule] as const))(
    "%s",
    (name, rule) => {
      const caught = firstCatch(rule);
      expect(caught, `${name} was not noticed in ${MOST_SEEDS} seeds`).toBeDefined();
      console.info(`${name}: ${caught?.shown.join(", ")} at seed ${caught?.seed}`);
    },
    300_000,
  );
});
