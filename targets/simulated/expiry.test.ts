/** Expiry between regions that do not see each other, and of stores of the version before. */
import { expect, test } from "vitest";
import { z } from "zod";
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import { expiredItems, itemsOf, readItem } from "../../layers/key-value/items.ts";
import { tuple, tupleRange } from "../../layers/key-value/key.ts";
import type { Write, WriteOutcome } from "../../layers/key-value/port.ts";
import { defineTable } from "../../layers/key-value/table.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";
import { IDEMPOTENCY } from "../../layers/region/platform-tables.ts";
import { REGION_RULES, type RegionRules } from "../../layers/region/rules.ts";
import { differenceOf } from "./content.ts";
import { APP, appOptions, checked, PASSING, withPassing } from "./setting.ts";
import { World } from "./world.ts";

const EVERLASTING = defineTable({
  name: "passing",
  schema: z.object({ id: z.string(), until: z.number() }),
  partitionKey: "id",
});

const REGIONS = ["a", "b"];

function open(
  mode: AppOptions["mode"],
  durability: AppOptions["durability"],
  regionRules: RegionRules = REGION_RULES,
): World {
  const app = withPassing(appOptions(REGIONS, mode, durability));
  const world = new World({ seed: 5, regions: REGIONS, apps: [app], regionRules });
  world.start();
  const isReady = (): boolean => {
    const { record } = world.app("a", APP) ?? {};
    const isServing = record?.serving.length === (mode === "active-active" ? 2 : 1);
    return isServing && (durability === "local" || record?.inSyncRegions.length === 2);
  };
  expect(world.until(isReady, 10_000)).toBeDefined();
  world.advance(500);
  return world;
}

function write(world: World, region: string, writes: readonly Write[], key?: string) {
  let outcome: WriteOutcome | undefined;
  const now = world.node(region).instant();
  const idempotency = key && { scope: "x", key, requestHash: "h", response: { status: 200 } };
  const answer = (end: WriteOutcome): void => {
    outcome = end;
  };
  world.node(region).process?.run(() => {
    const request = { writes: checked(...writes), answer, ...(idempotency ? { idempotency } : {}) };
    world.app(region, APP)?.write([request], now);
  });
  world.until(() => outcome !== undefined, 5000);
  return outcome?.kind;
}

const nowSecond = (world: World): number => world.node("a").instant().wall / 1000;

const put = (world: World, region: string, id: string, seconds: number) =>
  write(world, region, [
    { kind: "put", table: PASSING, item: { id, until: nowSecond(world) + seconds } },
  ]);

const has = (world: World, id: string): boolean[] =>
  REGIONS.map((region) => {
    const { engine } = world.node(region);
    return readItem(engine, APP, "passing", { partition: id, sort: "" })?.value != null;
  });

/** The row expires in both regions; the other one renews it while the two do not hear each other. */
function renewBehindPartition(rules?: RegionRules): World {
  const world = open("active-active", "local", rules);
  expect(put(world, "a", "row", 1)).toBe("ok");
  world.advance(500);
  expect(has(world, "row")).toEqual([true, true]);
  world.partition("a", "b");
  expect(put(world, "b", "row", 3600)).toBe("ok");
  world.advance(3000);
  expect(has(world, "row")).toEqual([false, true]);
  world.heal();
  world.advance(3000);
  expect(differenceOf(world, APP, "a", "b")).toBeUndefined();
  return world;
}

test("a row that one region renewed while another collected it stays in both", () => {
  expect(has(renewBehindPartition(), "row")).toEqual([true, true]);
});

test("with deletions that are not of what was seen, the renewed row is lost", () => {
  const broken = { ...REGION_RULES, expiryOf: () => undefined };
  expect(has(renewBehindPartition(broken), "row")).toEqual([false, false]);
});

test("a renewal that came late after a failover is recovered, though the row was collected since", () => {
  const world = open("active-passive", "local");
  expect(put(world, "a", "row", 1)).toBe("ok");
  world.advance(500);
  world.partition("b", "a");
  expect(put(world, "a", "row", 3600)).toBe("ok");
  world.kill("a");
  world.network.heal();
  expect(world.until(() => world.holders(APP)[0] === "b", 10_000)).toBeDefined();
  world.advance(2000);
  expect(has(world, "row")[1]).toBe(false);
  world.restart("a");
  world.advance(3000);
  expect(has(world, "row")).toEqual([true, true]);
});

test("of two late writes of one row the last is recovered", () => {
  const world = open("active-passive", "local");
  world.partition("b", "a");
  expect(put(world, "a", "row", 100)).toBe("ok");
  expect(put(world, "a", "row", 3600)).toBe("ok");
  world.kill("a");
  world.network.heal();
  expect(world.until(() => world.holders(APP)[0] === "b", 10_000)).toBeDefined();
  world.restart("a");
  world.advance(3000);
  for (const region of REGIONS) {
    const key = { partition: "row", sort: "" };
    const { value } = readItem(world.node(region).engine, APP, "passing", key) ?? {};
    expect(value?.["until"]).toBeGreaterThan(nowSecond(world) + 3000);
  }
});

test("who follows never collects by itself, and a fenced app keeps what has expired", () => {
  const world = open("active-passive", "replicated");
  expect(put(world, "a", "row", 1)).toBe("ok");
  const by = { by: "a test", reason: "a test" };
  world.app("a", APP)?.commands.fence(by, () => {}, world.node("a").instant());
  world.advance(5000);
  expect(has(world, "row")).toEqual([true, true]);
});

/** As the version before left it: no note of when anything expires. */
function forgetNotes(world: World, region: string): void {
  const { engine } = world.node(region);
  engine.transact((writer) => {
    for (const [key] of [...engine.range(tupleRange("e", APP))]) writer.remove(key);
    const { expiries: _, ...state } = engine.get(tuple("a", APP)) as Record<string, unknown>;
    writer.put(tuple("a", APP), state);
  });
  engine.flush();
}

test.each(["active-passive", "active-active"] as const)(
  "%s: rows and records of a store that noted no expiry are collected like all others",
  (mode) => {
    const world = open(mode, "replicated");
    const item = (id: number) => ({ id: `${id}`, until: nowSecond(world) + 3600 });
    for (let at = 0; at < 250; at++) {
      const put = { kind: "put", table: PASSING, item: item(at) } as const;
      expect(write(world, "a", [put], `key-${at}`)).toBe("ok");
    }
    world.advance(500);
    for (const region of REGIONS) {
      world.kill(region);
      forgetNotes(world, region);
    }
    for (const region of REGIONS) world.restart(region);
    world.advance(1500);
    // In the middle of the walk.
    world.kill("a");
    world.restart("a");
    world.advance(5000);
    const later = nowSecond(world) + KEY_KEPT_MS / 500;
    for (const region of REGIONS) {
      expect(expiredItems(world.node(region).engine, APP, later, 1000)).toHaveLength(500);
    }
    for (const site of world.nodes.values()) site.clocks.offsetMs += KEY_KEPT_MS + 60_000;
    world.advance(5000);
    for (const region of REGIONS) {
      const { engine } = world.node(region);
      expect([...itemsOf(engine, APP, "passing")]).toEqual([]);
      expect([...itemsOf(engine, APP, IDEMPOTENCY)]).toEqual([]);
    }
  },
);

test("a note of an expiry that a table has no more deletes nothing", () => {
  const world = open("active-passive", "replicated");
  expect(put(world, "a", "row", 2)).toBe("ok");
  for (const region of REGIONS) {
    const tables = world.app(region, APP)?.data as unknown as { table: (name: string) => unknown };
    tables.table = () => EVERLASTING;
  }
  world.advance(5000);
  expect(has(world, "row")).toEqual([true, true]);
  expect(expiredItems(world.node("a").engine, APP, nowSecond(world), 10)).toEqual([]);
});
