/**
 * An acknowledgement that was under way while its sender lost what it acknowledged: the schedule
 * that *match counted across epochs* needs, which chance does not meet.
 *
 *   a holds epoch 1: entries reach b, which says so (held up on the way); a's own disk has none yet
 *   b is frozen and cut off; a dies, starts again without those entries, and holds epoch 2
 *   the acknowledgement arrives: it speaks of entries that are in nobody's log but b's
 *   a dies; b wakes, in the in-sync set
 */
import { expect, test } from "vitest";
import { must } from "../../base/assert.ts";
import { REGION_RULES, type RegionRules } from "../../layers/region/rules.ts";
import { createSimulatedKeyValueStore } from "./key-value.ts";
import type { Message } from "./node-options.ts";
import { APP, appOptions, ITEMS } from "./setting.ts";
import { World } from "./world.ts";

const REGIONS = ["a", "b"];
const STUCK_MS = 100_000;

interface Held {
  readonly from: string;
  readonly to: string;
  readonly message: Message;
}

/** What a writer was told by the moment the holder died, and what the next holder has of it. */
interface Fate {
  readonly wasAcknowledged: boolean;
  readonly isThere: boolean;
}

async function play(regionRules: RegionRules): Promise<Fate> {
  let held: Held | undefined;
  let isHolding = false;
  const world = new World({
    seed: 1,
    regions: REGIONS,
    apps: [appOptions(REGIONS, "active-passive", "replicated")],
    regionRules,
    intercept: (from, to, message) => {
      if (!isHolding || message.type !== "appended" || to !== "region/a") return message;
      held = { from, to, message };
      return undefined;
    },
  });
  world.start();
  const inSync = (): readonly string[] => world.app("a", APP)?.record?.inSyncRegions ?? [];
  expect(world.until(() => inSync().length === 2, 5000)).toBeDefined();
  world.advance(500);
  const write = (region: string, id: string) => {
    const told = { isOk: false };
    const store = createSimulatedKeyValueStore(world, region, APP);
    const pending = store.transact([{ kind: "put", table: ITEMS, item: { id, value: id } }]);
    void pending.then(
      ({ kind }) => {
        told.isOk = kind === "ok";
      },
      () => undefined,
    );
    return told;
  };

  isHolding = true;
  world.node("a").flushDelayMs = STUCK_MS;
  const lost = ["1", "2", "3", "4", "5", "6"].map((id) => {
    const told = write("a", `lost ${id}`);
    world.advance(5);
    return told;
  });
  const reached = (): number =>
    held?.message.type === "appended" && held.message.status === "ok" ? held.message.through : 0;
  world.advance(60);
  isHolding = false;
  expect(reached()).toBeGreaterThanOrEqual(lost.length);

  world.freeze("b");
  world.partition("b", "a");
  world.kill("a");
  world.node("a").flushDelayMs = 2;
  world.restart("a");
  const holdsAgain = (): boolean => world.app("a", APP)?.holding?.epoch === 2;
  expect(world.until(holdsAgain, 2000)).toBeDefined();
  const told = write("a", "kept?");
  world.advance(2);
  const { from, to, message } = must(held, "b acknowledged");
  world.node("a").receive(from, to, message);
  expect(inSync()).toEqual(REGIONS);
  world.advance(20);
  await new Promise((resolve) => setImmediate(resolve));
  expect(inSync()).toEqual(REGIONS);
  const wasAcknowledged = told.isOk;

  world.kill("a");
  world.heal();
  world.kill("a");
  expect(world.until(() => world.holders(APP).includes("b"), 5000)).toBeDefined();
  const key = { partition: "kept?", sort: "" };
  const there = world.app("b", APP)?.data.get(world.node("b").engine, "items", key);
  expect(lost.map(({ isOk }) => isOk)).not.toContain(true);
  return { wasAcknowledged, isThere: there?.value !== undefined };
}

test("an acknowledgement of an earlier epoch counts nothing: what b lacks is not acknowledged", async () => {
  expect(await play(REGION_RULES)).toEqual({ wasAcknowledged: false, isThere: false });
});

test("match counted across epochs: a write is acknowledged that the next holder lacks (I3)", async () => {
  const broken = { ...REGION_RULES, countsAcknowledgement: () => true };
  expect(await play(broken)).toEqual({ wasAcknowledged: true, isThere: false });
});
