/** What the check of a simulated world calls a difference between regions, and what not. */
import { expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { writeItem } from "../layers/key-value/items.ts";
import { SimulatedDeployment } from "../targets/simulated/deployment.ts";
import { checkWorld } from "./check.ts";
import { simulate } from "./index.ts";

const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});

const demo = defineApp({
  id: "demo",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [rows],
  api: (context) => {
    const api = createAppApi(context);
    api.post("/api/rows", {
      summary: "Makes a row",
      auth: "none",
      replies: {},
      handle: (call) =>
        call.commit([{ kind: "put", table: rows, item: { id: call.newId() } }], { status: 201 }),
    });
    return api;
  },
});

const deployment = defineDeployment({ regions: ["eu-west-1", "us-east-1"], apps: [demo] });

test.each([1, 2, 3, 4])(
  "a tombstone that one region has collected and another has not is no difference, seed %i",
  async (seed) => {
    const world = await simulate({ deployment, seed });
    const people = ["ada", "ben", "cyd"].map((name) => ({
      name,
      client: world.client({ near: "eu-west-1" }),
    }));
    for (const { name, client } of people) await client.signIn(name);
    world.kill("eu-west-1");
    await Promise.all(people.map(({ client }) => client.send("POST", "/demo/api/rows", {})));
    await world.advance("15m");
    const { ok, differences } = await world.check();
    expect(differences).toEqual([]);
    expect(ok).toBe(true);
  },
);

test("a row that one region lacks, and a deletion that one region missed, are differences", async () => {
  const simulated = new SimulatedDeployment({ deployment, seed: 1, rtt: 10 });
  await simulated.pace.advance(2000);
  const { world } = simulated;
  const put = (region: string, id: string, value: { id: string } | null): void =>
    world.node(region).engine.transact((writer) => {
      const stamp = { epoch: 1, region: "eu-west-1", sequence: 1 };
      const clock = Math.floor(world.node(region).instant().wall * 1024);
      writeItem(writer, "demo", rows, { partition: id, sort: "" }, { value, stamp, clock });
    });
  const differences = async (): Promise<readonly string[]> =>
    (await checkWorld(simulated, [], () => Promise.resolve(404))).differences;
  expect(await differences()).toEqual([]);
  put("us-east-1", "a", null);
  expect(await differences()).toEqual([
    expect.stringContaining("demo: eu-west-1 and us-east-1 differ: (nothing) | rows/a/="),
  ]);
  put("eu-west-1", "a", { id: "a" });
  expect(await differences()).toHaveLength(1);
});
