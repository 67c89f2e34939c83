/** A voter that was away while the record changed: nobody waits for the next change to tell it. */
import { expect, test } from "vitest";
import { WITNESS } from "../../layers/routing/members.ts";
import type { RoutingRecord } from "../../layers/routing/record.ts";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

const versionAt = (world: World, site: string): number => {
  const accepted = world.node(site).process?.voter.accepted(APP)?.value;
  return (accepted as RoutingRecord | undefined)?.version ?? 0;
};

/** `a` was killed, `b` took over, `a` is back: the last change was while its voter was away. */
function worldAfterReturn(): World {
  const apps = [appOptions(["a", "b"], "active-passive", "local")];
  const world = new World({ seed: 5, regions: ["a", "b"], apps });
  world.start();
  expect(world.until(() => world.holders(APP)[0] === "a", 5000)).toBeDefined();
  world.advance(1000);
  world.kill("a");
  expect(world.until(() => world.holders(APP)[0] === "b", 5000)).toBeDefined();
  world.restart("a");
  world.advance(3000);
  return world;
}

test("who serves brings a voter forward that missed a change", () => {
  const world = worldAfterReturn();
  expect(versionAt(world, "a")).toBe(versionAt(world, "b"));
});

test("a region that is back takes over when the other one is lost, though nothing changed meanwhile", () => {
  const world = worldAfterReturn();
  world.kill("b");
  expect(world.until(() => world.holders(APP)[0] === "a", 2000)).toBeDefined();
});

test("after a return the witness may be lost: the lease still has a majority", () => {
  const world = worldAfterReturn();
  world.kill(WITNESS);
  const epoch = world.app("b", APP)?.holding?.epoch;
  for (let ms = 0; ms < 3000; ms += 100) {
    world.advance(100);
    const node = world.node("b");
    expect(node.process?.renewer?.end(APP)?.mono).toBeGreaterThan(node.instant().mono);
  }
  expect(world.app("b", APP)?.holding?.epoch).toBe(epoch);
});
