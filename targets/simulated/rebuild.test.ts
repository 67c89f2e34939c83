import { expect, test } from "vitest";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

test("a log that fits is not emptied by a late word of one that was trimmed", () => {
  const regions = ["a", "b"];
  const apps = [appOptions(regions, "active-passive", "replicated")];
  const world = new World({ seed: 1, regions, apps });
  world.start();
  const isInSync = (): boolean => world.app("a", APP)?.record?.inSyncRegions.length === 2;
  expect(world.until(isInSync, 5000)).toBeDefined();
  const [holder, follower] = [world.app("a", APP), world.app("b", APP)];
  if (holder === undefined || follower === undefined) throw new RangeError("a region is down");
  const { end } = follower.log;
  expect(end.position).toBeGreaterThan(0);

  follower.message(
    {
      type: "trimmed",
      app: APP,
      from: { region: "a", incarnation: world.node("a").process?.incarnation ?? 0 },
      lineage: holder.log.lineage,
      epoch: holder.record?.epoch ?? 0,
      first: end.position + 1,
      end: holder.log.end,
      starts: holder.log.starts,
    },
    world.node("b").instant(),
  );
  expect(follower.log.end).toEqual(end);
});
