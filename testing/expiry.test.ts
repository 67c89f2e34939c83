/** What expires is collected in every region, and a used key counts as new after its time. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type AppContext,
  createAppApi,
  defineApp,
  defineDeployment,
  defineTable,
} from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const REGIONS = ["eu-west-1", "us-east-1"];
const SITES = [...REGIONS, "witness"];

const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string(), ttl: z.number().optional() }),
  partitionKey: "id",
  expires: "ttl",
});

interface Settings {
  readonly mode: "active-passive" | "active-active";
  readonly durability: "replicated" | "local";
}

/** Also keeps the context of each region, to look at its store. */
async function open(settings: Settings, seed: number) {
  const contexts = new Map<string, AppContext>();
  const demo = defineApp({
    id: "demo",
    ...settings,
    objectives: { rtoMs: 1000, rpoMs: 1000 },
    tables: [rows],
    api: (context) => {
      contexts.set(context.region, context);
      const api = createAppApi(context);
      api.post("/api/rows/:id", {
        summary: "Makes or renews a row",
        auth: "none",
        params: z.object({ id: z.string() }),
        query: z.object({ seconds: z.coerce.number().optional() }),
        replies: {},
        handle: (call) => {
          const { id } = call.params;
          const { seconds } = call.query;
          const now = context.now() / 1000;
          const item = { id, ...(seconds === undefined ? {} : { ttl: now + seconds }) };
          const body = { id, madeAt: now };
          return call.commit([{ kind: "put", table: rows, item }], { status: 200, body });
        },
      });
      return api;
    },
  });
  const deployment = defineDeployment({ regions: REGIONS, apps: [demo] });
  const world = await simulate({ deployment, seed });
  const client = world.client({ near: "eu-west-1" });
  const put = async (id: string, seconds?: number, idempotencyKey?: string) => {
    const made = await client.fetch(
      `/demo/api/rows/${id}${seconds === undefined ? "" : `?seconds=${seconds}`}`,
      {
        method: "POST",
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
    );
    expect(made.status).toBe(200);
    return made.text();
  };
  /** What each region has of a row and of a key. */
  const look = (id: string, key: string) =>
    Promise.all(
      REGIONS.map(async (region) => {
        const store = contexts.get(region)?.store;
        const row = await store?.get(rows, { id }, { consistency: "stale" });
        const used = await store?.recall("anonymous", key);
        return {
          row: row?.kind === "ok" && row.value !== undefined,
          key: used?.kind === "ok" && used.value !== undefined,
        };
      }),
    );
  return { world, put, look };
}

function later(world: SimulatedWorld, by: `${number}h` | `${number}d`): void {
  for (const site of SITES) world.skewClock(site, by);
}

describe.each<Settings>([
  { mode: "active-passive", durability: "replicated" },
  { mode: "active-passive", durability: "local" },
  { mode: "active-active", durability: "replicated" },
  { mode: "active-active", durability: "local" },
])("of an app that is $mode and $durability", (settings) => {
  test("a row is collected after its time in every region, one that was renewed or has none stays", async () => {
    const { world, put, look } = await open(settings, 1);
    await put("short", 60);
    await put("renewed", 60);
    await put("kept");
    await world.advance("30s");
    await put("renewed", 90);
    await world.advance("20s");
    expect((await look("short", "")).map(({ row }) => row)).toEqual([true, true]);
    await world.advance("30s");
    expect((await look("short", "")).map(({ row }) => row)).toEqual([false, false]);
    expect((await look("renewed", "")).map(({ row }) => row)).toEqual([true, true]);
    await world.advance("60s");
    expect((await look("renewed", "")).map(({ row }) => row)).toEqual([false, false]);
    expect((await look("kept", "")).map(({ row }) => row)).toEqual([true, true]);
    expect(await world.check()).toMatchObject({ lost: [], differences: [] });
  });

  test("a key gets the stored answer for a day, and counts as new after it", async () => {
    const { world, put, look } = await open(settings, 2);
    const first = await put("a", undefined, "k1");
    later(world, "23h");
    await world.advance("5s");
    expect(await put("a", undefined, "k1")).toBe(first);
    expect((await look("a", "k1")).map(({ key }) => key)).toEqual([true, true]);
    later(world, "2h");
    await world.advance("5s");
    expect((await look("a", "k1")).map(({ key }) => key)).toEqual([false, false]);
    expect(await put("a", undefined, "k1")).not.toBe(first);
  });
});
