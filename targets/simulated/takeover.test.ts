/**
 * Takeover in virtual time, and each of the two fences with the other switched off: the in-sync set
 * with `begin` for `replicated` apps, the lease for the rest.
 */
import { describe, expect, test } from "vitest";
import { createRng } from "../../base/rng.ts";
import { REGION_RULES } from "../../layers/region/rules.ts";
import { ROUTING_RULES } from "../../layers/routing/rules.ts";
import { explore } from "./explore.ts";
import { SEEDS } from "./explore-seeds.ts";
import { APP, appOptions, checked, ITEMS } from "./setting.ts";
import { World } from "./world.ts";

type Durability = "local" | "replicated";
type Fault = (world: World) => void;

const FAULTS: Readonly<Record<"killed" | "frozen" | "cut off" | "deaf" | "mute", Fault>> = {
  killed: (world) => world.kill("a"),
  frozen: (world) => world.freeze("a"),
  "cut off": (world) => world.partition("a"),
  // What it sends arrives, so nobody would miss it; but it hears of no grant.
  deaf: (world) => world.partition("a", undefined, "in"),
  mute: (world) => world.partition("a", undefined, "out"),
};

/** Virtual milliseconds from the fault to the first write acknowledged by the other region. */
function takeoverMs(seed: number, durability: Durability, fault: Fault): number {
  const regions = ["a", "b"];
  const world = new World({
    seed,
    regions,
    apps: [appOptions(regions, "active-passive", durability)],
  });
  world.start();
  const isReady = (): boolean => {
    const inSync = world.app("a", APP)?.record?.inSyncRegions.length === 2;
    return durability === "local" ? world.app("b", APP)?.caughtUpAt !== -Infinity : inSync;
  };
  expect(world.until(isReady, 5000)).toBeDefined();
  world.advance(createRng(seed).next() * 500);
  const begun = world.now;
  fault(world);
  let acknowledgedAt: number | undefined;
  const attempt = (): void => {
    if (acknowledgedAt !== undefined) return;
    const { process } = world.node("b");
    const answer = (outcome: { kind: string }): void => {
      if (outcome.kind === "ok") acknowledgedAt ??= world.now;
    };
    const item = { id: "k", value: "v" };
    const writes = checked({ kind: "put", table: ITEMS, item });
    process?.run(() => {
      world.app("b", APP)?.write([{ writes, answer }], world.node("b").instant());
    });
    world.scheduler.after(1, attempt);
  };
  attempt();
  world.until(() => acknowledgedAt !== undefined, 5000);
  return (acknowledgedAt ?? Number.POSITIVE_INFINITY) - begun;
}

function figures(durability: Durability, fault: Fault): { median: number; worst: number } {
  const runs = Array.from({ length: 51 }, (_, seed) => takeoverMs(seed + 1, durability, fault));
  runs.sort((a, b) => a - b);
  return { median: runs[25] as number, worst: runs[50] as number };
}

describe("takeover, in virtual milliseconds", () => {
  test.each([
    ["replicated", "killed", 100, 500],
    ["replicated", "frozen", 350, 1000],
    ["replicated", "cut off", 350, 1000],
    ["replicated", "deaf", 800, 1000],
    ["replicated", "mute", 350, 1000],
    ["local", "killed", 750, 1500],
    ["local", "frozen", 750, 1500],
    ["local", "cut off", 750, 1500],
    ["local", "deaf", 1400, 1500],
    ["local", "mute", 1100, 1500],
  ] as const)("%s, %s: within %i (median) and %i (worst)", (durability, kind, most, worst) => {
    const found = figures(durability, FAULTS[kind]);
    console.info(
      `${durability}, ${kind}: median ${found.median.toFixed(0)}, worst ${found.worst.toFixed(0)}`,
    );
    expect(found.median).toBeLessThanOrEqual(most);
    expect(found.worst).toBeLessThanOrEqual(worst);
  });
});

/** Fewer than the search has, since nothing but the two fences is looked at. */
const FENCE_SEEDS = Array.from({ length: Math.min(60, SEEDS / 5) }, (_, at) => at + 1);

describe("each fence alone", () => {
  test("without any lease, the in-sync set and begin keep all that was acknowledged", () => {
    const regionRules = { ...REGION_RULES, mayWrite: () => true, mayAcknowledge: () => true };
    const lost = FENCE_SEEDS.flatMap((seed) => {
      const setting = { mode: "active-passive", durability: "replicated", regionRules } as const;
      const { violations } = explore({ seed, ...setting });
      // Without a lease nothing bounds stale leased reads and fences (I9, I1b); data is safe.
      return violations.filter((violation) => /^I[34678] /.test(violation));
    });
    expect(lost).toEqual([]);
  });

  test("without the fast takeover, the lease alone keeps two from acknowledging", () => {
    const routingRules = {
      ...ROUTING_RULES,
      waitBeforeBeginMs: (_inSync: boolean, remainingMs: number) => remainingMs,
    };
    const regionRules = { ...REGION_RULES, isFenced: () => false };
    const wrong = FENCE_SEEDS.flatMap((seed) => {
      const setting = { mode: "active-passive", durability: "local", routingRules } as const;
      const { violations } = explore({ seed, ...setting, regionRules });
      return violations.filter((violation) => /^(I1|I1b|I2) /.test(violation));
    });
    expect(wrong).toEqual([]);
  });
});
