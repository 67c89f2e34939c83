/** A region that was away serves beside the others when it has what they wrote meanwhile. */
import { expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { problemOfRead } from "../layers/api/problem.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ all: z.string(), id: z.string() }),
  partitionKey: "all",
  sortKey: "id",
});

const app = defineApp({
  id: "demo",
  mode: "active-active",
  durability: "local",
  objectives: { rtoMs: 5_000, rpoMs: 60_000 },
  tables: [rows],
  api: (context) =>
    createAppApi(context)
      .post("/api/rows", {
        summary: "Add a row",
        auth: "none",
        replies: {},
        handle: (call) => {
          const item = { all: "all", id: context.ids() };
          return call.commit([{ kind: "put", table: rows, item }], { status: 201, body: item });
        },
      })
      .get("/api/rows", {
        summary: "The last rows",
        auth: "none",
        replies: {},
        handle: async (call) => {
          const query = { partition: "all", limit: 1, order: "descending" } as const;
          const page = await call.store.query(rows, query, call.reading);
          if (page.kind === "failed") return problemOfRead(page);
          return call.found(page.info, { last: page.value.items[0]?.item.id });
        },
      }),
});

const worldOf = (seed: number): Promise<SimulatedWorld> =>
  simulate({
    deployment: defineDeployment({ regions: [{ id: A }, { id: B }], apps: [app] }),
    seed,
  });

/** The id of a row that was acknowledged. */
async function add(world: SimulatedWorld, region: string): Promise<string> {
  const response = await world.region(region).fetch("/demo/api/rows", { method: "POST" });
  const { id } = (await response.json()) as { readonly id: string };
  expect(response.status).toBe(201);
  return id;
}

/** Until the region says that it may write. */
async function untilServing(world: SimulatedWorld, region: string, withinMs: number) {
  const from = world.now;
  while (!world.region(region).serves("demo")) {
    expect(world.now - from).toBeLessThan(withinMs);
    await world.advance(10);
  }
}

test.each([1, 2, 3])("what was written before it came back is there, seed %i", async (seed) => {
  const world = await worldOf(seed);
  await world.advance("1s");
  world.kill(A);
  await world.advance("2s");
  let last = "";
  for (let n = 0; n < 300; n++) last = await add(world, B);
  world.slow(A, { delay: 300 }, B);
  world.restart(A);
  await untilServing(world, A, 10_000);
  const read = await world.region(A).fetch("/demo/api/rows");
  expect([read.headers.get("understudy-consistency"), await read.json()]).toEqual([
    "leased",
    { last },
  ]);
});

test("a region that does not answer is not waited for", async () => {
  const world = await worldOf(4);
  await world.advance("1s");
  world.kill(A);
  await world.advance("2s");
  await add(world, B);
  world.partition(A, { from: B });
  world.restart(A);
  await untilServing(world, A, 5_000);
  await add(world, A);
  world.heal();
  await world.advance("5s");
  expect((await world.check()).ok).toBe(true);
});

test("alone it serves at once", async () => {
  const world = await worldOf(5);
  await world.advance("1s");
  world.kill(A);
  world.kill(B);
  await world.advance("2s");
  world.restart(A);
  await untilServing(world, A, 3_000);
});
