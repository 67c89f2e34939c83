import { describe, expect, test } from "vitest";
import { BROKEN_RULES, type BrokenRule } from "./broken-rules.ts";
import { explore } from "./explore.ts";
import { deafHolder, missesAccepts } from "./worst-networks.ts";

const MOST_SEEDS = 3000;

/** The first seed that notices, and what it shows. */
function firstCatch(rule: BrokenRule): { seed: number; shown: readonly string[] } | undefined {
  const from = rule.from ?? 1;
  for (let tried = 0; tried < MOST_SEEDS; tried++) {
    const seed = ((from - 1 + tried) % MOST_SEEDS) + 1;
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

const NETWORKS = [
  ["a deaf holder of a local app", { durability: "local", regions: 2 }, () => deafHolder(700)],
  ["a deaf holder", { durability: "replicated", regions: 3 }, () => deafHolder(400)],
  [
    "a voter without accepts",
    { durability: "replicated", regions: 2 },
    () => missesAccepts("b", 4000),
  ],
] as const;

test.each(NETWORKS)("%s breaks nothing by itself", (_, setting, intercept) => {
  const faults = ["failover", "lose-voter-disk", "kill"] as const;
  const violations = Array.from({ length: 10 }, (_, seed) =>
    explore({
      seed,
      mode: "active-passive",
      ...setting,
      thinkMs: 25,
      stormMs: 3000,
      intercept: intercept(),
      faults,
    }),
  ).flatMap((run) => run.violations);
  expect(violations).toEqual([]);
});

describe("each rule of the protocol is needed: broken, the simulation shows it", () => {
  test.each(BROKEN_RULES.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
    const caught = firstCatch(rule);
    expect(caught, `${name} was not noticed in ${MOST_SEEDS} seeds`).toBeDefined();
    console.info(`${name}: ${caught?.shown.join(", ")} at seed ${caught?.seed}`);
  });
});
