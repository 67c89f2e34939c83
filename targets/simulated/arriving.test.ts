/** Stores of an active-active app that are new, and who may serve from them. */
import { expect, test } from "vitest";
import { must } from "../../base/assert.ts";
import { createSimulatedKeyValueStore, pumped } from "./key-value.ts";
import { APP, appOptions, ITEMS } from "./setting.ts";
import { World } from "./world.ts";

const REGIONS = ["a", "b"];

function worldOf(seed: number): World {
  const apps = [appOptions(REGIONS, "active-active", "local")];
  const world = new World({ seed, regions: REGIONS, apps });
  world.start();
  return world;
}

// Found by seeds 56043 and 60310: nobody had anything, and each waited for the other.
test("an app that was created but never written to serves again after all regions were killed", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = worldOf(seed);
    const isCreated = (): boolean => world.app("a", APP)?.record !== undefined;
    expect(world.until(isCreated, 5000)).toBeDefined();
    for (const region of REGIONS) world.kill(region);
    for (const region of REGIONS) world.restart(region);
    const serve = (): boolean => world.holders(APP).length === REGIONS.length;
    expect([seed, world.until(serve, 10_000)]).toEqual([seed, expect.any(Number)]);
  }
});

test("a region with a new disk serves only when it has what the other had", async () => {
  const world = worldOf(1);
  const serve = (): boolean => world.holders(APP).length === REGIONS.length;
  expect(world.until(serve, 5000)).toBeDefined();
  const store = pumped(world, createSimulatedKeyValueStore(world, "a", APP));
  const item = { id: "kept", value: "kept" };
  expect((await store.transact([{ kind: "put", table: ITEMS, item }])).kind).toBe("ok");
  world.kill("b");
  world.node("b").replaceDisk(undefined);
  world.partition("a", "b");
  world.restart("b");
  world.advance(10_000);
  expect(world.holders(APP)).toEqual(["a"]);
  world.heal();
  expect(world.until(serve, 10_000)).toBeDefined();
  const key = { partition: "kept", sort: "" };
  const held = must(world.app("b", APP), "b runs").data.get(world.node("b").engine, "items", key);
  expect(held?.value).toEqual(item);
});
