/** Whose fault it is: mistakes of an app's code, and what a client got wrong. */
import { expect, test } from "vitest";
import { z } from "zod";
import {
  type AppDefinition,
  createAppApi,
  defineApp,
  defineDeployment,
  problemOfRead,
} from "../layers/api/index.ts";
import type { Write } from "../layers/key-value/port.ts";
import { defineTable } from "../layers/key-value/table.ts";
import { simulate } from "./index.ts";

const rows = defineTable({
  name: "secret-rows",
  schema: z.strictObject({ id: z.string(), made: z.unknown().optional() }),
  partitionKey: "id",
});
const forgotten = defineTable({
  name: "forgotten",
  schema: z.strictObject({ id: z.string(), color: z.string() }),
  partitionKey: "id",
  indexes: { "by-color": { partitionKey: "color" } },
});

const put = (item: unknown, more: object = {}): Write =>
  ({ kind: "put", table: rows, item, ...more }) as Write;

const WRONG_WRITES: Readonly<Record<string, readonly Write[]>> = {
  "an unknown field": [put({ id: "a", typo: 1 })],
  "a Date": [put({ id: "a", made: new Date(0) })],
  "one item twice": [put({ id: "a" }), put({ id: "a", made: 1 })],
  nothing: [],
  "two conditions": [put({ id: "a" }, { ifAbsent: true, ifVersion: "1.1.x" })],
  "an unknown kind": [put({ id: "a" }, { kind: "update" })],
  "a table of nobody": [{ kind: "put", table: forgotten, item: { id: "a", color: "red" } }],
};
const WRONG_QUERIES = {
  index: { index: "nope", partition: "a" },
  limit: { partition: "a", limit: 5000 },
  bounds: { partition: "a", prefix: "x" },
} as const;

const ids = z.object({ id: z.string() });
const app = (more: Partial<AppDefinition> = {}): AppDefinition =>
  defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    objectives: { rtoMs: 1000, rpoMs: 0 },
    tables: [rows],
    api: (context) => {
      const api = createAppApi(context);
      const open = { summary: "x", auth: "none", replies: {} } as const;
      api.post("/api/writes/:id", {
        ...open,
        params: ids,
        handle: (call) => call.commit(WRONG_WRITES[call.params.id] ?? [], { status: 201 }),
      });
      api.get("/api/queries/:id", {
        ...open,
        params: ids,
        handle: async ({ params: { id } }) => {
          const asked = WRONG_QUERIES[id as keyof typeof WRONG_QUERIES];
          const read = await context.store.query(rows, asked);
          return read.kind === "failed"
            ? problemOfRead(read)
            : { kind: "answer", status: 200, body: read.value };
        },
      });
      api.get("/api/forgotten", {
        ...open,
        handle: async () => {
          const read = await context.store.get(forgotten, { id: "a" });
          return read.kind === "failed"
            ? problemOfRead(read)
            : { kind: "answer", status: 200, body: read.value };
        },
      });
      api.put("/api/rows/:id", {
        ...open,
        params: ids,
        body: z.strictObject({ made: z.string().max(2_000_000) }),
        bodyLimitBytes: 2_000_000,
        handle: (call) =>
          call.commit([put({ id: call.params.id, made: call.body.made })], { status: 204 }),
      });
      api.post("/api/taken/:id", {
        ...open,
        params: ids,
        handle: (call) =>
          call.commit([put({ id: call.params.id }, { ifAbsent: true })], { status: 201 }),
      });
      return api;
    },
    ...more,
  });

const REGIONS = ["eu-west-1", "us-east-1"];
const worldOf = (one: AppDefinition) =>
  simulate({ deployment: defineDeployment({ regions: REGIONS, apps: [one] }), seed: 1 });

test("a mistake of the app's code is a 500 that leaks nothing, and a log line that leads to it", async () => {
  const world = await worldOf(app());
  const asked = [
    ...Object.keys(WRONG_WRITES).map((name) => ["POST", `/demo/api/writes/${name}`] as const),
    ...Object.keys(WRONG_QUERIES).map((name) => ["GET", `/demo/api/queries/${name}`] as const),
    ["GET", "/demo/api/forgotten"] as const,
  ];
  for (const [method, path] of asked) {
    const before = world.logged().length;
    const answer = await world.region("eu-west-1").fetch(encodeURI(path), { method });
    const body = await answer.text();
    expect([path, answer.status]).toEqual([path, 500]);
    expect(JSON.parse(body).type).toBe("/problems/internal-error");
    expect(body).not.toMatch(/secret-rows|by-color|nope/);
    const faults = world
      .logged()
      .slice(before)
      .filter(({ level }) => level === "error")
      .map(({ fields }) => (fields as { readonly error: string }).error);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^MisuseError: /);
    expect(faults[0]).toContain("misuse.test.ts");
  }
  expect((await world.check()).acknowledged).toBe(0);
});

test("what a client sends that no item can hold stays the client's fault", async () => {
  const world = await worldOf(app());
  const client = world.client();
  const send = async (id: string, made: string): Promise<number> =>
    (await client.send("PUT", `/demo/api/rows/${id}`, { made })).status;
  expect(await send("a", "fits")).toBe(204);
  expect(await send("a", "x".repeat(500_000))).toBe(413);
  expect(await send("x".repeat(1300), "fits")).toBe(413);
  expect(world.logged().filter(({ level }) => level === "error")).toEqual([]);
});

test.each(["local", "replicated"] as const)(
  "an active-active, %s app cannot make what looks like a condition",
  async (durability) => {
    const world = await worldOf(app({ mode: "active-active", durability }));
    const [one, other] = REGIONS.map((near) => world.client({ near }));
    for (const client of [one, other]) {
      expect((await client?.send("POST", "/demo/api/taken/a"))?.status).toBe(500);
    }
    const lines = world.logged().filter(({ level }) => level === "error");
    const [{ error } = { error: "" }] = lines.map(({ fields }) => fields as { error: string });
    expect(error).toMatch(/^MisuseError: secret-rows: ifAbsent cannot be kept, because demo is/);
    expect(error).toMatch(/row per region .*active-active\.md.*call\.newId\(\)/);
    // What has no condition is written, and a repetition is answered from its record.
    const put = { made: "by anyone" };
    expect((await one?.send("PUT", "/demo/api/rows/b", put))?.status).toBe(204);
    const url = "/demo/api/rows/c";
    const request = {
      method: "PUT",
      headers: { "content-type": "application/json", "idempotency-key": "once" },
      body: JSON.stringify(put),
    };
    const { region } = world;
    for (const isReplay of [false, true]) {
      const answer = await region("eu-west-1").fetch(url, request);
      expect([answer.status, answer.headers.has("idempotency-replayed")]).toEqual([204, isReplay]);
    }
  },
);
