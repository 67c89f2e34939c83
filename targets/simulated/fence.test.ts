import { expect, test } from "vitest";
import { explore } from "./explore.ts";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

test("who waits to begin an epoch does not begin it once a later one has fenced it", () => {
  const regions = ["a", "b", "c"];
  const world = new World({
    seed: 1,
    regions,
    apps: [appOptions(regions, "active-passive", "local")],
  });
  world.start();
  expect(world.until(() => world.app("b", APP)?.caughtUpAt !== -Infinity, 5000)).toBeDefined();
  world.freeze("a");
  const waits = (region: string): boolean => {
    const app = world.app(region, APP);
    return app?.record?.serving[0]?.region === region && app.holding === undefined;
  };
  expect(world.until(() => waits("b") || waits("c"), 5000)).toBeDefined();
  const taker = waits("b") ? "b" : "c";
  const app = world.app(taker, APP);
  const epoch = app?.record?.epoch ?? 0;
  const begun: number[] = [];
  if (app !== undefined) app.onBegin = (at) => begun.push(at);

  // The holder of the next epoch is heard before its record is.
  const zero = { epoch: 0, position: 0 };
  app?.message(
    {
      type: "append",
      app: APP,
      from: { region: taker === "b" ? "c" : "b", incarnation: 1 },
      lineage: "main",
      epoch: epoch + 1,
      previous: zero,
      entries: [],
      end: zero,
      everywhere: 0,
      settled: 0,
    },
    world.node(taker).instant(),
  );
  world.advance(2000);
  expect(begun).not.toContain(epoch);
});

// An operator fenced and unfenced while the taker still waited for the lease of who was cut off.
test("who waits for a lease goes on waiting when the app was fenced and unfenced: seed 311822", () => {
  expect(explore({ seed: 311822 }).violations).toEqual([]);
});
