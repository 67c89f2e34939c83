/** What is kept of late writes: each verdict once, bounded, and whatever happens to who judged. */
import { expect, test } from "vitest";
import { must } from "../../base/assert.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";
import { lateCountsOf, lateWritesOf } from "../../layers/region/late-list.ts";
import type { RegionMessage } from "../../layers/region/messages.ts";
import { LATE, LATE_PARTITION } from "../../layers/region/platform-tables.ts";
import type { LateWrite } from "../../layers/routing/late.ts";
import { createSimulatedKeyValueStore, pump } from "./key-value.ts";
import { APP, appOptions, ITEMS } from "./setting.ts";
import { World, type WorldOptions } from "./world.ts";

const REGIONS = ["a", "b", "c"];

function worldOf(options: Partial<AppOptions> = {}, more: Partial<WorldOptions> = {}): World {
  const app = { ...appOptions(REGIONS, "active-passive", "local"), ...options };
  const world = new World({ seed: 1, regions: REGIONS, apps: [app], ...more });
  world.start();
  expect(world.until(() => world.holders(APP).includes("a"), 5000)).toBeDefined();
  world.advance(1000);
  return world;
}

async function write(world: World, region: string, ids: readonly string[]): Promise<void> {
  const store = createSimulatedKeyValueStore(world, region, APP);
  for (const id of ids) {
    const put = { kind: "put", table: ITEMS, item: { id, value: `of ${region}` } } as const;
    expect((await pump(world, store.transact([put]))).kind).toBe("ok");
  }
}

function force(world: World, region: string): void {
  const by = { by: "operator", reason: "test", acceptDataLoss: true };
  const serves = (): boolean => world.holders(APP).includes(region);
  const app = must(world.app(region, APP), "it is up");
  app.commands.failover(by, () => {}, world.node(region).instant());
  expect(world.until(serves, 5000)).toBeDefined();
}

/** What only `a` has when `b` begins to serve. */
async function withLate(world: World, ids: readonly string[]): Promise<void> {
  world.partition("a", "b");
  world.partition("a", "c");
  await write(world, "a", ids);
  force(world, "b");
}

const settle = (world: World): void => {
  world.heal();
  world.advance(4000);
};

function toldAt(world: World, region: string): readonly LateWrite[] {
  const app = must(world.app(region, APP), "it is up");
  const apps = new Map([[APP, app]]);
  const page = lateWritesOf(apps, { limit: 200 }, world.node(region).instant());
  return page.kind === "ok" ? page.value.items : [];
}

const countsAt = (world: World, region: string) =>
  lateCountsOf(must(world.app(region, APP), "it is up"), world.node(region).instant());

const idsOf = (told: readonly LateWrite[]): string[] =>
  told.map(({ items }) => items[0]?.key.partition ?? "");

const range = (count: number): string[] => Array.from({ length: count }, (_, at) => `late ${at}`);

test("a late write stands in one entry of the log with its verdict and the counts", async () => {
  const world = worldOf();
  await withLate(world, ["late"]);
  settle(world);
  const { log } = must(world.app("b", APP), "it is up");
  const tables = log
    .entries(world.node("b").engine, log.first, 100)
    .map(({ changes }) => changes.map(({ table }) => table));
  expect(tables).toContainEqual(["items", LATE, "platform-late-counts"]);
});

test("late writes that are told again and again are counted once", async () => {
  const seen: { to: string; message: RegionMessage }[] = [];
  const world = worldOf(
    {},
    {
      intercept: (_from, to, message) => {
        if (message.type === "stranded") seen.push({ to, message });
        return message;
      },
    },
  );
  await withLate(world, range(3));
  settle(world);
  expect(countsAt(world, "b")).toMatchObject({ recovered: 3, waiting: 0 });
  expect(seen.length).toBeGreaterThan(0);
  for (const { message } of [...seen, ...seen]) {
    world.app("b", APP)?.message(message, world.node("b").instant());
  }
  world.advance(1000);
  expect(countsAt(world, "b")).toMatchObject({ recovered: 3, waiting: 0 });
  expect(idsOf(toldAt(world, "b")).sort()).toEqual(range(3));
});

test("the last ones are kept and all are counted, in every region", async () => {
  const world = worldOf({ lateKept: 5 });
  await withLate(world, range(150));
  settle(world);
  for (const region of REGIONS) {
    expect(countsAt(world, region)).toMatchObject({ recovered: 150, waiting: 0 });
    expect(idsOf(toldAt(world, region))).toEqual(range(150).slice(-5).reverse());
  }
});

test("what waits survives the next failover, and is judged by the region that serves then", async () => {
  const world = worldOf();
  await withLate(world, ["late"]);
  world.kill("a");
  world.advance(500);
  force(world, "c");
  settle(world);
  const [told] = toldAt(world, "c");
  expect(told).toMatchObject({ region: "a", judgedBy: "c", verdict: "recovered" });
  expect(countsAt(world, "b")).toMatchObject({ recovered: 1, waiting: 0 });
});

test("a judgement that the next holder lacks is taken over, once, from all who have it", async () => {
  const world = worldOf();
  await withLate(world, ["late"]);
  world.heal();
  world.partition("c", "b");
  world.advance(2000);
  expect(countsAt(world, "b")).toMatchObject({ recovered: 1 });
  expect(idsOf(toldAt(world, "a"))).toEqual(["late"]);
  world.kill("b");
  force(world, "c");
  expect(toldAt(world, "c")).toEqual([]);
  settle(world);
  for (const region of REGIONS) {
    expect([region, idsOf(toldAt(world, region))]).toEqual([region, ["late"]]);
    expect(countsAt(world, region)).toMatchObject({ recovered: 1, superseded: 0, waiting: 0 });
  }
  const item = world.app("c", APP)?.data.get(world.node("c").engine, "items", {
    partition: "late",
    sort: "",
  });
  expect(item?.value).toEqual({ id: "late", value: "of a" });
});

test("rows of a version without order and counts are adopted, without what is confidential", () => {
  const world = worldOf({ lateKept: 200 });
  const { holding } = must(world.app("a", APP), "it is up");
  const old = (position: number) => ({
    table: LATE,
    key: { partition: LATE_PARTITION, sort: `1.b.${position}` },
    value: {
      region: "b",
      epoch: 1,
      position,
      clock: position * 1024,
      verdict: "superseded",
      changes: [
        {
          table: "items",
          key: { partition: `old ${position}`, sort: "" },
          late: { id: "x", value: "late" },
          standing: null,
          recovered: false,
        },
        {
          table: "platform-idempotency",
          key: { partition: "who", sort: "key" },
          late: { response: "a secret" },
          standing: null,
          recovered: false,
        },
      ],
    },
  });
  const now = world.node("a").instant();
  for (let at = 1; at <= 120; at++) holding?.writeChanges([old(at)], now);
  world.advance(500);
  expect(toldAt(world, "a")).toEqual([]);
  force(world, "b");
  world.advance(4000);
  for (const region of REGIONS) {
    expect(countsAt(world, region)).toMatchObject({ superseded: 120 });
    const told = toldAt(world, region);
    expect(told.length).toBe(120);
    expect(told[0]).toMatchObject({ app: APP, region: "b", judgedBy: "a" });
    expect(told[0]?.items[0]).toMatchObject({ late: { value: "late" }, kept: null });
    expect(told[0]?.items[1]).toMatchObject({ hidden: true });
    expect(JSON.stringify(told)).not.toContain("a secret");
  }
});
