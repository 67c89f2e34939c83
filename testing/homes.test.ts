/** One region at a time decides for a name, of an app that several regions serve. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { problemOfRead } from "../layers/api/problem.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const STOCK = 1000;

const shelves = defineTable({
  name: "shelves",
  schema: z.strictObject({ shelf: z.string(), region: z.string(), taken: z.number().int() }),
  partitionKey: "shelf",
  sortKey: "region",
  conflicts: { ownRegion: "region" },
});

const app = defineApp({
  id: "shop",
  mode: "active-active",
  durability: "local",
  objectives: { rtoMs: 5_000, rpoMs: 60_000 },
  homes: { dublin: [A], oregon: [B] },
  tables: [shelves],
  api: (context) => {
    const api = createAppApi(context);
    api.post("/api/takes/:shelf", {
      summary: "Take one",
      auth: "none",
      params: z.object({ shelf: z.enum(["dublin", "oregon"]) }),
      replies: {},
      handle: async (call) => {
        const { shelf } = call.params;
        const home = call.home(shelf);
        if (home.kind === "problem") return home;
        const page = await call.store.query(shelves, { partition: shelf });
        if (page.kind === "failed") return problemOfRead(page);
        const rows = page.value.items;
        const taken = rows.reduce((sum, { item }) => sum + item.taken, 0);
        if (taken >= STOCK) return { kind: "answer", status: 409, body: { taken } };
        const own = rows.find(({ item }) => item.region === context.region);
        const item = { shelf, region: context.region, taken: (own?.item.taken ?? 0) + 1 };
        const when = own === undefined ? { ifAbsent: true } : { ifVersion: own.version };
        return call.commit(
          [{ kind: "put", table: shelves, item, ...when }],
          { status: 201, body: { number: taken + 1 } },
          { home: home.claim },
        );
      },
    });
    return api;
  },
});

const worldOf = (seed: number): Promise<SimulatedWorld> =>
  simulate({
    deployment: defineDeployment({ regions: [{ id: A }, { id: B }], apps: [app] }),
    seed,
  });

interface Took {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function take(world: SimulatedWorld, region: string, shelf: string): Promise<Took> {
  const response = await world
    .region(region)
    .fetch(`/shop/api/takes/${shelf}`, { method: "POST" })
    .catch(() => undefined);
  const body = (await response?.json()) as Took["body"] | undefined;
  return { status: response?.status ?? 0, body: body ?? {} };
}

/** Which region decides, as that one sees it. */
async function homeOf(world: SimulatedWorld, region: string, name: string): Promise<unknown> {
  const response = await world.region(region).fetch("/routing/apps/shop");
  const { homes } = (await response.json()) as { readonly homes: Record<string, unknown> };
  return homes[name];
}

describe("a name for which one region decides", () => {
  test("belongs to the region that it prefers; the other refuses, and names that one", async () => {
    const world = await worldOf(1);
    await world.advance("1s");
    expect(await take(world, A, "dublin")).toMatchObject({ status: 201, body: { number: 1 } });
    expect(await take(world, B, "oregon")).toMatchObject({ status: 201, body: { number: 1 } });
    expect(await take(world, B, "dublin")).toMatchObject({
      status: 503,
      body: { code: "elsewhere", home: "dublin", homeRegion: A, homeState: "open" },
    });
    expect((await world.check()).ok).toBe(true);
  });

  test("moves when its region is lost, after the leases, and back when that is whole", async () => {
    const world = await worldOf(2);
    await world.advance("1s");
    for (let n = 1; n <= 5; n++) expect((await take(world, A, "dublin")).status).toBe(201);
    await world.advance("1s");
    world.kill(A);
    const lost = world.now;
    while ((await take(world, B, "dublin")).status !== 201) await world.advance(20);
    // A lease, and what it takes to notice.
    expect(world.now - lost).toBeLessThan(3_000);
    expect(await take(world, B, "dublin")).toMatchObject({ body: { number: 7 } });
    world.restart(A);
    await world.advance("10s");
    expect(await homeOf(world, A, "dublin")).toMatchObject({ region: B, state: "open" });
    await world.advance("40s");
    expect(await homeOf(world, B, "dublin")).toMatchObject({ region: A, state: "open" });
    expect(await take(world, A, "dublin")).toMatchObject({ status: 201, body: { number: 8 } });
    expect((await world.check()).ok).toBe(true);
  });

  test("sells each copy once while it is handed over under load", async () => {
    const world = await worldOf(3);
    world.kill(A);
    await world.advance("5s");
    expect((await take(world, B, "dublin")).status).toBe(201);
    world.restart(A);
    const numbers = [1];
    const shoppers = [A, B, A, B].map(async (region) => {
      for (let n = 0; n < 2000 && numbers.length < STOCK; n++) {
        const { status, body } = await take(world, region, "dublin");
        if (status === 201) numbers.push(Number(body["number"]));
        await world.advance(97);
      }
    });
    await Promise.all(shoppers);
    expect(await homeOf(world, B, "dublin")).toMatchObject({ region: A });
    expect(numbers.length).toBe(STOCK);
    expect(new Set(numbers).size).toBe(STOCK);
    expect((await take(world, A, "dublin")).status).toBe(409);
  });

  test("stays closed where nobody knows what its region did last", async () => {
    const world = await worldOf(4);
    await world.advance("1s");
    expect((await take(world, A, "dublin")).status).toBe(201);
    world.kill(A);
    // This one knows nothing any more of how far the other was.
    world.kill(B);
    world.restart(B);
    await world.advance("20s");
    expect(await homeOf(world, B, "dublin")).toMatchObject({ region: A, state: "closed" });
    expect(await take(world, B, "dublin")).toMatchObject({ body: { homeState: "closed" } });
    world.restart(A);
    await world.advance("5s");
    expect((await take(world, A, "dublin")).status).toBe(201);
  });

  test("is opened by an operator's word, who accepts what may be missing", async () => {
    const world = await worldOf(5);
    await world.advance("1s");
    expect((await take(world, A, "dublin")).status).toBe(201);
    expect(await world.region(B).command("shop", "failover")).toMatchObject({
      kind: "failed",
      code: "not-allowed",
      reason: `${B} serves shop already`,
    });
    world.kill(A);
    world.kill(B);
    world.restart(B);
    await world.advance("20s");
    expect(await world.region(B).command("shop", "failover")).toMatchObject({
      kind: "failed",
      code: "would-lose-data",
      reason: `${B} may lack what was decided last for dublin`,
    });
    const accepted = { acceptDataLoss: true, reason: "A is gone for good" };
    expect((await world.region(B).command("shop", "failover", accepted)).kind).toBe("ok");
    await world.advance("1s");
    expect(await homeOf(world, B, "dublin")).toMatchObject({ region: B, state: "open" });
    expect((await take(world, B, "dublin")).status).toBe(201);
    const journal = await world.region(B).fetch("/routing/journal");
    const { items } = (await journal.json()) as { readonly items: readonly object[] };
    expect(items[0]).toMatchObject({
      cause: "home-claimed",
      reason: "A is gone for good",
      acceptedDataLoss: true,
    });
  });
});
