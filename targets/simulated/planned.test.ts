/** While the deployment is stopped or started as a whole, nobody who is gone is replaced. */
import { expect, test } from "vitest";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

const REGIONS = ["a", "b"];

function settled(mode: "active-passive" | "active-active", durability: "local" | "replicated") {
  const world = new World({
    seed: 7,
    regions: REGIONS,
    apps: [appOptions(REGIONS, mode, durability)],
  });
  world.start();
  const isReady = (): boolean =>
    durability === "replicated"
      ? world.app("b", APP)?.record?.inSyncRegions.length === 2
      : mode === "active-active"
        ? serving(world).length === 2
        : world.app("b", APP)?.caughtUpAt !== -Infinity;
  expect(world.until(isReady, 5000)).toBeDefined();
  return world;
}

const serving = (world: World) =>
  world.app("b", APP)?.record?.serving.map(({ region }) => region) ?? [];

const hold = (world: World, isHeld: boolean) =>
  world.node("b").process?.region?.holdTakeovers(isHeld);

test.each([
  ["active-passive", "replicated"],
  ["active-passive", "local"],
  ["active-active", "local"],
] as const)(
  "a region that holds replaces nobody, until it is released: %s, %s",
  (mode, durability) => {
    const world = settled(mode, durability);
    const before = serving(world);
    hold(world, true);
    world.kill("a");
    world.advance(10_000);
    expect(serving(world)).toEqual(before);
    hold(world, false);
    expect(world.until(() => !serving(world).includes("a"), 5000)).toBeDefined();
    expect(serving(world)).toEqual(["b"]);
  },
);

test("a takeover that is on its way when the stop begins does not happen", () => {
  const world = settled("active-passive", "local");
  world.partition("a");
  const isAsking = () => world.app("b", APP)?.registrar.busy === true;
  expect(world.until(isAsking, 5000)).toBeDefined();
  hold(world, true);
  world.advance(5000);
  expect(serving(world)).toEqual(["a"]);
});
