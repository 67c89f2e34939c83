/** A disk that is nearly full: small rows would fit, what people write would not. */
import { expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { simulate } from "./index.ts";

const [PRIMARY, OTHER] = ["eu-west-1", "us-east-1"] as const;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string(), lot: z.string() }),
  partitionKey: "id",
  indexes: { "by-lot": { partitionKey: "lot" } },
});
const app = defineApp({
  id: "shop",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [rows],
  api: (context) =>
    createAppApi(context).post("/api/lots", {
      summary: "Several rows at once",
      auth: "none",
      replies: {},
      handle: (call) => {
        const lot = call.newId();
        const puts = Array.from({ length: 7 }, (_, at) => ({ id: `${lot}-${at}`, lot }));
        return call.commit(
          puts.map((item) => ({ kind: "put", table: rows, item, ifAbsent: true })),
          { status: 201 },
        );
      },
    }),
});
const deployment = defineDeployment({ regions: [PRIMARY, OTHER], apps: [app] });

test.each([0, 5, 20, 150])(
  "with room for %i more entries the app moves, and what people write is taken there",
  async (more) => {
    const world = await simulate({ deployment, seed: 3 });
    const client = world.client();
    expect((await client.send("POST", "/shop/api/lots")).status).toBe(201);
    world.fillDisk(PRIMARY, more);
    await world.until(() => world.region(OTHER).serves("shop"), "30s");
    const after = await client.send("POST", "/shop/api/lots");
    expect([after.status, after.region]).toEqual([201, OTHER]);
    expect(await world.check()).toMatchObject({ ok: true, lost: [] });
  },
);

test("with room for many transactions the app stays", async () => {
  const world = await simulate({ deployment, seed: 3 });
  world.fillDisk(PRIMARY, 5_000);
  await world.advance("30s");
  expect(world.region(PRIMARY).serves("shop")).toBe(true);
  expect((await world.client().send("POST", "/shop/api/lots")).status).toBe(201);
});
