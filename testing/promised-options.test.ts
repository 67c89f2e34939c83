import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type AppDefinition,
  createAppApi,
  defineApp,
  defineDeployment,
  defineTable,
} from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B, C] = ["eu-west-1", "us-east-1", "ap-southeast-1"] as const;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});

function deploymentOf(more: Partial<AppDefinition>, regions: readonly string[] = [A, B]) {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    tables: [rows],
    api: (context) => {
      const api = createAppApi(context);
      api.post("/api/rows/:id", {
        summary: "Add a row",
        auth: "none",
        params: z.strictObject({ id: z.string() }),
        replies: { 201: { description: "added" } },
        handle: (call) =>
          call.commit([{ kind: "put", table: rows, item: { id: call.params.id } }], {
            status: 201,
          }),
      });
      api.get("/api/rows/:id", {
        summary: "A row",
        auth: "none",
        params: z.strictObject({ id: z.string() }),
        replies: { 200: { description: "it" } },
        handle: async (call) => {
          const read = await context.store.get(rows, { id: call.params.id }, call.reading);
          if (read.kind !== "ok") return { kind: "answer", status: 503 };
          return call.found(read.info, { isThere: read.value !== undefined });
        },
      });
      return api;
    },
    ...more,
  });
  return defineDeployment({ regions, apps: [app] });
}
const worldOf = (more: Partial<AppDefinition>, regions?: readonly string[]) =>
  simulate({ deployment: deploymentOf(more, regions), seed: 3 });

const post = (world: SimulatedWorld, region: string, id: string, key?: string) =>
  world.region(region).fetch(`/demo/api/rows/${id}`, {
    method: "POST",
    ...(key === undefined ? {} : { headers: { "idempotency-key": key } }),
  });
const get = async (world: SimulatedWorld, region: string, id: string) => {
  const answer = await world.region(region).fetch(`/demo/api/rows/${id}`);
  return answer.status === 200
    ? ((await answer.json()) as { isThere: boolean }).isThere
    : undefined;
};
const viewAt = async (world: SimulatedWorld, region: string) =>
  (await world.region(region).fetch("/routing/apps/demo")).json();

describe("minInSync: 2", () => {
  test("refuses writes while one region is in sync, lets reads go on, and says so", async () => {
    const world = await worldOf({ minInSync: 2 });
    expect((await post(world, A, "before")).status).toBe(201);
    world.kill(B);
    // What is on its way when the region is found to be gone may have happened.
    expect((await post(world, A, "first")).status).toBe(504);
    const refused = await post(world, A, "alone");
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      code: "too-few-in-sync",
      detail: `demo admits writes while 2 regions are in sync; in sync: ${A}`,
    });
    expect(await get(world, A, "before")).toBe(true);
    expect(await viewAt(world, A)).toMatchObject({ minInSync: 2, inSyncRegions: [A] });
    world.restart(B);
    await world.ready();
    expect((await post(world, A, "again")).status).toBe(201);
  });

  test("acknowledges nothing that was admitted before and is on one disk alone", async () => {
    const world = await worldOf({ minInSync: 2 });
    world.partition(B);
    // Admitted: the set still names both. Then the other region falls out of it.
    const answer = await post(world, A, "caught", "key");
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: "outcome-unknown" });
    expect((await post(world, A, "caught", "key")).status).toBe(503);
    world.heal();
    await world.ready();
    const retried = await post(world, A, "caught", "key");
    expect(retried.status).toBe(201);
    expect(retried.headers.get("idempotency-replayed")).toBe("true");
  });

  test("without it the region that is left goes on alone", async () => {
    const world = await worldOf({});
    world.kill(B);
    await world.advance("5s");
    expect((await post(world, A, "alone")).status).toBe(201);
    expect(await viewAt(world, A)).toMatchObject({ minInSync: 1, writesAtRisk: 1 });
  });

  test("refuses writes of the region that takes over, until another one is in sync", async () => {
    const world = await worldOf({ minInSync: 2 });
    world.kill(A);
    await world.advance("5s");
    expect(await viewAt(world, B)).toMatchObject({ servingRegions: [B] });
    expect((await post(world, B, "alone")).status).toBe(503);
    world.restart(A);
    await world.ready();
    expect((await post(world, B, "together")).status).toBe(201);
  });

  test("3 of three regions: all of them are in sync, and the loss of one refuses", async () => {
    const world = await worldOf({ minInSync: 3 }, [A, B, C]);
    await world.advance("5s");
    expect((await post(world, A, "all")).status).toBe(201);
    expect((await viewAt(world, A)).inSyncRegions).toHaveLength(3);
    world.kill(C);
    expect((await post(world, A, "first")).status).toBe(504);
    expect((await post(world, A, "two")).status).toBe(503);
  });
});

describe("failover: manual", () => {
  test("an app stays where it is when its region is lost, until an operator moves it", async () => {
    const world = await worldOf({ failover: "manual" });
    expect(await viewAt(world, B)).toMatchObject({ policy: "manual" });
    world.kill(A);
    await world.advance("1m");
    expect(await viewAt(world, B)).toMatchObject({ servingRegions: [A], epoch: 1 });
    expect((await post(world, B, "no")).status).toBe(503);
    expect((await world.region(B).command("demo", "failover", { to: B })).kind).toBe("ok");
    await world.advance("1s");
    expect((await post(world, B, "yes")).status).toBe(201);
  });

  test("a region that starts again goes on with the app: that is no move", async () => {
    const world = await worldOf({ failover: "manual" });
    world.kill(A);
    await world.advance("1m");
    world.restart(A);
    await world.ready();
    expect((await post(world, A, "yes")).status).toBe(201);
  });

  test("a region that is ill keeps its lease: no other would serve by itself", async () => {
    const world = await worldOf({ failover: "manual" });
    world.breakHealth(A);
    await world.advance("1m");
    expect((await post(world, A, "yes")).status).toBe(201);
  });

  test("the default is an app that moves", async () => {
    const world = await worldOf({});
    expect(await viewAt(world, B)).toMatchObject({ policy: "automatic" });
    world.kill(A);
    await world.advance("5s");
    expect((await post(world, B, "yes")).status).toBe(201);
  });
});

test.each([
  [{ title: "Demonstration" }, "Demonstration"],
  [undefined, "demo"],
])("the title of an app with pages %j is %s in every view", async (web, title) => {
  const world = await worldOf(web === undefined ? {} : { web });
  for (const region of [A, B]) expect(await viewAt(world, region)).toMatchObject({ title });
});
