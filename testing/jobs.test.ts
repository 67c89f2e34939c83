/** Work that nobody asks for: once in each slot, where the app serves or a name's home is. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type AppDefinition,
  createAppApi,
  defineApp,
  defineDeployment,
  defineTable,
  type Job,
} from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const runs = defineTable({
  name: "runs",
  schema: z.strictObject({ all: z.string(), id: z.string(), slot: z.number(), by: z.string() }),
  partitionKey: "all",
  sortKey: "id",
});

interface Ran {
  readonly slot: number;
  readonly by: string;
}

function worldOf(job: Job, more: Partial<AppDefinition> = {}, seed = 1): Promise<SimulatedWorld> {
  const app = defineApp({
    id: "shop",
    mode: "active-passive",
    durability: "replicated",
    objectives: { rtoMs: 5_000, rpoMs: 60_000 },
    tables: [runs],
    jobs: [job],
    api: (context) =>
      createAppApi(context).get("/api/runs", {
        summary: "What ran",
        auth: "none",
        replies: {},
        handle: async (call) => {
          const page = await call.store.query(runs, { partition: "all", limit: 1000 });
          const items = page.kind === "ok" ? page.value.items.map(({ item }) => item) : [];
          return { kind: "answer", status: 200, body: { items } };
        },
      }),
    ...more,
  });
  const regions = [{ id: A }, { id: B }];
  return simulate({ deployment: defineDeployment({ regions, apps: [app] }), seed });
}

async function ranIn(world: SimulatedWorld, region: string): Promise<readonly Ran[]> {
  const response = await world.region(region).fetch("/shop/api/runs");
  const { items } = (await response.json()) as { readonly items: readonly Ran[] };
  return [...items].sort((a, b) => a.slot - b.slot);
}

const slotsOf = (ran: readonly Ran[]): number[] => ran.map(({ slot }) => slot);

/** Every slot from the first to the last, each once. */
function withoutGap(slots: readonly number[]): boolean {
  return slots.every((slot, at) => slot === (slots[0] ?? 0) + at);
}

/** Writes a row of its own in each run. */
const writing = (more: Partial<Job> = {}): Job => ({
  name: "note",
  everyMs: 2_000,
  run: async (context, { slot, commit }) => {
    const item = { all: "all", id: context.ids(), slot, by: context.region };
    await commit([{ kind: "put", table: runs, item }]);
  },
  ...more,
});

describe("a job of an active-passive app", () => {
  test("runs once in each slot, through a kill and the return of the region", async () => {
    const world = await worldOf(writing());
    await world.advance("15s");
    world.kill(A);
    await world.advance("20s");
    world.restart(A);
    await world.advance("20s");
    const ran = await ranIn(world, B);
    expect(new Set(ran.map(({ by }) => by))).toEqual(new Set([A, B]));
    expect(slotsOf(ran).length).toBeGreaterThan(20);
    expect(withoutGap(slotsOf(ran))).toBe(true);
    expect((await world.check()).ok).toBe(true);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "is not repeated by the next region when its own is killed at once, seed %i",
    async (seed) => {
      const ended: string[] = [];
      const job = writing({
        everyMs: 60_000,
        run: async (context, run) => {
          await writing().run(context, run);
          ended.push(context.region);
        },
      });
      const world = await worldOf(job, {}, seed);
      while (ended.length === 0) await world.advance(50);
      world.kill(A);
      await world.advance("10s");
      expect((await ranIn(world, B)).map(({ by }) => by)).toEqual([A]);
    },
  );

  test("begins again after a failure, later and later, and is logged", async () => {
    let tries = 0;
    const job = writing({
      everyMs: 600_000,
      run: async (context, run) => {
        if (++tries < 4) throw new Error("the errand's provider is away");
        await writing().run(context, run);
      },
    });
    const world = await worldOf(job);
    await world.advance("30s");
    expect(tries).toBe(4);
    expect(await ranIn(world, A)).toHaveLength(1);
    expect(world.logged().filter(({ level }) => level === "error")).toHaveLength(3);
  });

  test("that writes nothing is not run a second time in its slot", async () => {
    const ran: string[] = [];
    const job: Job = {
      name: "look",
      everyMs: 86_400_000,
      run: async ({ region }) => void ran.push(region),
    };
    const world = await worldOf(job);
    await world.advance("5s");
    world.kill(A);
    await world.advance("10s");
    expect(ran).toEqual([A]);
  });

  test("is aborted when its region may write no more", async () => {
    const aborted: string[] = [];
    const job: Job = {
      name: "long",
      everyMs: 86_400_000,
      run: ({ region }, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push(`${region}: ${(signal.reason as Error).message}`);
            reject(signal.reason);
          });
        }),
    };
    const world = await worldOf(job);
    await world.advance("5s");
    world.partition(A);
    await world.advance("5s");
    expect(aborted).toEqual([`${A}: job long: another region decides now`]);
  });
});

describe("a job of an active-active app", () => {
  const active = { mode: "active-active", durability: "local", homes: { west: [A] } } as const;

  test("runs at the home that it names, and moves with it", async () => {
    const world = await worldOf(writing({ home: "west" }), active);
    await world.advance("15s");
    world.kill(A);
    await world.advance("20s");
    const ran = await ranIn(world, B);
    const slots = slotsOf(ran);
    expect(new Set(ran.map(({ by }) => by))).toEqual(new Set([A, B]));
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.length).toBeGreaterThan(12);
  });

  test("without a home is refused, since every region would run it", async () => {
    await expect(async () => worldOf(writing(), active)).rejects.toThrow(/job note has no home/);
    const other = writing({ home: "east" });
    await expect(async () => worldOf(other, active)).rejects.toThrow(/job note has no home/);
  });
});

test.each([
  [{ everyMs: 10 }, /no usable everyMs/],
  [{ everyMs: 86_400_001 }, /no usable everyMs/],
  [{ name: "Two words" }, /no usable name/],
  [{ run: undefined }, /does nothing/],
  [{ at: "02:00" }, /at/],
])("a job with %j is refused", async (more, message) => {
  await expect(async () => worldOf({ ...writing(), ...more } as Job)).rejects.toThrow(message);
});
