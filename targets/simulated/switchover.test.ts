/** What an operator who asks for a switchover is told, in virtual time. */
import { expect, test } from "vitest";
import type { CommandAnswer } from "../../layers/region/app-region.ts";
import { contains } from "../../layers/routing/changes.ts";
import type { RoutingRecord } from "../../layers/routing/record.ts";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

const regions = ["a", "b"];
const BY = { by: "operator", reason: "test", cause: "switchover", waitMs: 500 } as const;

type End = Parameters<CommandAnswer>[0];

test("a switchover that the voters tell of before its own round ends is done, not unknown", () => {
  let isDeaf = false;
  const world: World = new World({
    seed: 7,
    regions,
    apps: [appOptions(regions, "active-passive", "replicated")],
    // The region that hands over hears of its own round only from the next renewals.
    intercept: (_from, to, message) =>
      isDeaf && to === "region/a" && message.type === "accepted" ? undefined : message,
  });
  world.start();
  const record = (): RoutingRecord | undefined => world.app("a", APP)?.record;
  expect(world.until(() => record()?.inSyncRegions.length === 2, 5000)).toBeDefined();
  isDeaf = true;
  const ends: End[] = [];
  world.node("a").process?.run(() => {
    const now = world.node("a").instant();
    world.app("a", APP)?.commands.switchover("b", BY, (end) => ends.push(end), now);
  });
  expect(world.until(() => world.holders(APP).includes("b"), 5000)).toBeDefined();
  world.advance(300);
  expect(ends.map(({ kind }) => kind)).toEqual(["ok"]);
  isDeaf = false;
  world.advance(2000);
  expect(ends).toHaveLength(1);
  const [end] = ends;
  const last = record();
  const changeId = end?.kind === "ok" ? end.value.changeId : "";
  expect(last !== undefined && contains(last, changeId)).toBe(true);
});
