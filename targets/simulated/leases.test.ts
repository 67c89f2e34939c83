/** Calm leases: what stands still for a second moves no app, and what is gone is moved later. */
import { expect, test } from "vitest";
import type { LeaseWord } from "../../layers/routing/lease-words.ts";
import { LEASE_PROFILES } from "../../layers/routing/rules.ts";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

function settled(leases: LeaseWord, durability: "local" | "replicated", seed = 3): World {
  const regions = ["a", "b"];
  const apps = [appOptions(regions, "active-passive", durability)];
  const world = new World({ seed, regions, apps, terms: LEASE_PROFILES[leases] });
  world.start();
  const isReady = (): boolean =>
    durability === "replicated"
      ? world.app("b", APP)?.record?.inSyncRegions.length === 2
      : world.app("b", APP)?.caughtUpAt !== -Infinity;
  expect(world.until(isReady, 10_000)).toBeDefined();
  return world;
}

const isMoved = (world: World) => () => world.app("b", APP)?.holding !== undefined;

test.each([
  ["default", "local", true],
  ["default", "replicated", true],
  ["calm", "local", false],
  ["calm", "replicated", false],
] as const)(
  "a region that stands still for 1.2 s, with leases %s, %s: moved %s",
  (leases, durability, moved) => {
    const world = settled(leases, durability);
    world.freeze("a");
    world.advance(1200);
    world.thaw("a");
    world.advance(5000);
    expect(isMoved(world)()).toBe(moved);
  },
);

test.each([
  ["default", 1000],
  ["calm", 5000],
] as const)(
  "a region that is frozen for good is replaced with leases %s within %d ms",
  (leases, limitMs) => {
    for (const durability of ["local", "replicated"] as const) {
      const world = settled(leases, durability);
      world.freeze("a");
      expect(world.until(isMoved(world), limitMs)).toBeDefined();
    }
  },
);

test("one killed is replaced at once in a replicated app, whatever the leases", () => {
  const world = settled("calm", "replicated");
  world.kill("a");
  expect(world.until(isMoved(world), 500)).toBeDefined();
});
