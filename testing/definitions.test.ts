/** What an app's tables were is kept with its data: what a start with other definitions does. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConfigurationError } from "../base/errors.ts";
import { createRng } from "../base/rng.ts";
import { createAppApi, defineApp, defineDeployment, problemOfRead } from "../layers/api/index.ts";
import type { KeyValueStore } from "../layers/key-value/port.ts";
import { defineTable, type TableDefinition } from "../layers/key-value/table.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const ids = z.object({ id: z.string() });

const BY_COLOR = { "by-color": { partitionKey: "all", sortKey: "color" } } as const;
const SHAPE = { id: z.string(), all: z.literal("all"), color: z.string() };

/** A version of the app: its table is what differs. */
function version(rows: TableDefinition, more: readonly TableDefinition[] = []) {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    objectives: { rtoMs: 1000, rpoMs: 0 },
    tables: [rows, ...more],
    api: (context) => {
      const api = createAppApi(context);
      const open = { summary: "x", auth: "none", replies: {}, params: ids } as const;
      const store: KeyValueStore = context.store;
      api.put("/api/rows/:id", {
        ...open,
        body: z.looseObject({}),
        handle: (call) => {
          const item = { all: "all", ...call.body, ...call.params };
          return call.commit([{ kind: "put", table: rows, item }], { status: 204 });
        },
      });
      api.delete("/api/rows/:id", {
        ...open,
        handle: (call) =>
          call.commit([{ kind: "delete", table: rows, key: call.params }], { status: 204 }),
      });
      api.get("/api/rows/:id", {
        ...open,
        handle: async (call) => {
          const read = await store.get(rows, call.params, call.reading);
          return read.kind === "failed"
            ? problemOfRead(read)
            : call.found(read.info, read.value?.item ?? null);
        },
      });
      api.get("/api/colors/:id", {
        ...open,
        handle: async (call) => {
          const asked = { index: "by-color", partition: call.params.id, limit: 1000 };
          const read = await store.query(rows, asked, call.reading);
          return read.kind === "failed"
            ? problemOfRead(read)
            : call.found(
                read.info,
                read.value.items.map(({ item }) => (item as { id: string }).id),
              );
        },
      });
      return api;
    },
  });
  return defineDeployment({ regions: [A, B], apps: [app] });
}

const rows = (shape: object, indexes: object = {}, more: object = {}) =>
  defineTable({
    name: "rows",
    schema: z.strictObject({ ...SHAPE, ...shape }),
    partitionKey: "id",
    indexes,
    ...more,
  } as never) as unknown as TableDefinition;

const PLAIN = version(rows({}));
const INDEXED = version(rows({}, BY_COLOR));

type Client = ReturnType<SimulatedWorld["client"]>;
const put = async (client: Client, id: string, color: string): Promise<void> => {
  expect((await client.send("PUT", `/demo/api/rows/${id}`, { color })).status).toBe(204);
};
const colors = async (client: Client): Promise<unknown> =>
  (await client.send("GET", "/demo/api/colors/all")).body;

/** Both regions end, and start again with this version. */
async function restarted(world: SimulatedWorld, deployment: typeof PLAIN): Promise<void> {
  for (const id of [A, B]) world.redeploy(id, deployment);
  for (const id of [A, B]) world.restart(id);
  await world.ready();
}

const healthOf = async (world: SimulatedWorld, id: string): Promise<string> => {
  const answer = await world.region(id).fetch("/health/demo");
  return `${answer.status} ${await answer.text()}`;
};

describe("an index", () => {
  test("that is added over rows is whole before the app is served, in every region", async () => {
    const world = await simulate({ deployment: PLAIN, seed: 1 });
    const client = world.client();
    await put(client, "a", "red");
    await put(client, "b", "blue");
    await restarted(world, INDEXED);
    expect(await colors(client)).toEqual(["b", "a"]);
    await put(client, "c", "green");
    expect(await colors(client)).toEqual(["b", "c", "a"]);
    world.kill(A);
    expect(await colors(client)).toEqual(["b", "c", "a"]);
    expect((await world.check()).ok).toBe(true);
  });

  test("that was away has the rows of that time when it is back, and no row that went", async () => {
    const world = await simulate({ deployment: INDEXED, seed: 2 });
    const client = world.client();
    for (const id of ["a", "b", "c"]) await put(client, id, "red");
    await restarted(world, PLAIN);
    expect((await client.send("DELETE", "/demo/api/rows/c")).status).toBe(204);
    await put(client, "d", "white");
    await put(client, "a", "yellow");
    await restarted(world, INDEXED);
    expect(await colors(client)).toEqual(["b", "d", "a"]);
    const other = version(rows({}, { "by-color": { partitionKey: "all", sortKey: "id" } }));
    await restarted(world, other);
    expect(await colors(client)).toEqual(["a", "b", "d"]);
  });

  test("is built through kills, holds no lease meanwhile, and says how far it is", async () => {
    const world = await simulate({ deployment: PLAIN, seed: 3 });
    const client = world.client();
    const names = Array.from({ length: 1300 }, (_, at) => `r${String(at).padStart(4, "0")}`);
    await Promise.all(names.map((id) => put(client, id, `color ${id}`)));
    for (const id of [A, B]) world.redeploy(id, INDEXED);
    let kills = 0;
    for (const far of ["512 items", "1024 items"]) {
      for (const id of [A, B]) world.restart(id);
      await world.until(() => world.region(A).isUp && world.region(B).isUp);
      let health = "";
      for (let step = 0; step < 400 && !health.includes(far); step++) {
        await world.advance(1);
        health = await healthOf(world, A);
        expect([A, B].filter((id) => world.region(id).serves("demo"))).toEqual([]);
      }
      expect(health).toMatch(/^503 .*building an index: by-color of the table rows/);
      expect(health).toContain(far);
      for (const id of [A, B]) world.kill(id);
      kills++;
    }
    expect(kills).toBe(2);
    for (const id of [A, B]) world.restart(id);
    await world.ready();
    expect(await colors(client)).toEqual(names.slice(0, 1000));
    for (const id of [A, B]) expect(await healthOf(world, id)).toMatch(/^200 /);
  });

  test("finds rows that lack its field by the field's default", async () => {
    const world = await simulate({ deployment: PLAIN, seed: 5 });
    const client = world.client();
    await put(client, "a", "red");
    const bySize = (size: string) =>
      version(
        rows(
          { size: z.string().default(size) },
          { "by-color": { partitionKey: "size", sortKey: "id" } },
        ),
      );
    for (const size of ["L", "M"]) {
      await restarted(world, bySize(size));
      const read = await client.send("GET", "/demo/api/rows/a");
      expect(read.body).toEqual({ id: "a", all: "all", color: "red", size });
      expect((await client.send("GET", `/demo/api/colors/${size}`)).body).toEqual(["a"]);
    }
    expect((await client.send("GET", "/demo/api/colors/L")).body).toEqual([]);
  });
});

test("an index that is not whole answers no query, and the table itself does", async () => {
  const world = await simulate({ deployment: PLAIN, seed: 12 });
  const names = Array.from({ length: 1300 }, (_, at) => `r${String(at).padStart(4, "0")}`);
  const client = world.client({ near: A });
  await Promise.all(names.map((id) => put(client, id, id)));
  world.redeploy(B, INDEXED);
  world.restart(B);
  await world.until(() => world.region(B).isUp);
  const headers = { "understudy-consistency": "stale" };
  const asked = async (path: string) => world.region(B).fetch(`/demo/api/${path}`, { headers });
  const statuses = new Set<number>();
  for (let step = 0; step < 2000 && !statuses.has(200); step++) {
    await world.advance(1);
    const answer = await asked("colors/all");
    statuses.add(answer.status);
    if (answer.status === 200) expect(await answer.json()).toEqual(names.slice(0, 1000));
    else if (answer.status === 503) expect((await asked("rows/r0000")).status).not.toBe(500);
  }
  expect([...statuses]).toEqual([503, 200]);
});

describe("through changed versions, kills, lost disks and writes", () => {
  test.each([21, 22, 23])("an index has exactly the rows that are there, seed %i", async (seed) => {
    const rng = createRng(seed);
    const byId = version(rows({}, { "by-color": { partitionKey: "all", sortKey: "id" } }));
    const versions = [PLAIN, INDEXED, byId];
    const world = await simulate({ deployment: PLAIN, seed });
    const client = world.client();
    const colorOf = new Map<string, string>();
    const write = async (count: number): Promise<void> => {
      const ids = new Set(Array.from({ length: count }, () => `r${rng.below(700)}`));
      await Promise.all(
        [...ids].map(async (id) => {
          const color = rng.below(4) === 0 ? undefined : `c${rng.below(1000)}`;
          const path = `/demo/api/rows/${id}`;
          const answer =
            color === undefined
              ? await client.send("DELETE", path)
              : await client.send("PUT", path, { color });
          expect(answer.status).toBe(204);
          if (color === undefined) colorOf.delete(id);
          else colorOf.set(id, color);
        }),
      );
    };
    await write(900);
    let copy: ReturnType<typeof world.copyDisk> | undefined;
    for (let round = 0; round < 8; round++) {
      const next = versions[rng.below(3)] as typeof PLAIN;
      for (const id of [A, B]) world.redeploy(id, next);
      if (round === 2) copy = world.copyDisk(B);
      if (round === 4) world.loseDisk(B);
      if (round === 6 && copy !== undefined) world.restoreDisk(B, copy);
      for (const id of [A, B]) world.restart(id);
      for (let kill = rng.below(3); kill > 0; kill--) {
        await world.advance(rng.below(40));
        const id = [A, B][rng.below(2)] as string;
        world.kill(id);
        world.restart(id);
      }
      await world.ready();
      await write(rng.below(40));
    }
    for (const id of [A, B]) {
      world.redeploy(id, INDEXED);
      world.restart(id);
      await world.ready();
    }
    const wanted = [...colorOf].sort(([a, x], [b, y]) =>
      x === y ? (a < b ? -1 : 1) : x < y ? -1 : 1,
    );
    expect(await colors(client)).toEqual(wanted.map(([id]) => id));
    world.kill(A);
    expect(await colors(client)).toEqual(wanted.map(([id]) => id));
    world.restart(A);
    await world.ready();
    expect((await world.check()).ok).toBe(true);
  });
});

describe("a start is refused, with what to do, where rows", () => {
  test.each([
    [
      "lack a new field that has no default",
      rows({ size: z.string() }),
      /^demo: the row "a" of the table rows does not fit its schema: size: .*: got nothing\. Give size a default/,
    ],
    [
      "have a field of another type",
      rows({ color: z.number() }),
      /schema: color: .*: got "red"\. Give color a default/,
    ],
    [
      "have another key",
      rows({}, {}, { partitionKey: "color" }),
      /^demo: the key of the table rows was changed.*got "partitionKey color, where the rows have partitionKey id"\. Put the key back/,
    ],
    [
      "have no sort key",
      rows({}, {}, { sortKey: "color" }),
      /got "partitionKey id, sortKey color, where the rows have partitionKey id"/,
    ],
  ])("%s", async (_, table, message) => {
    const world = await simulate({ deployment: PLAIN, seed: 6 });
    const client = world.client();
    await put(client, "a", "red");
    for (const id of [A, B]) world.redeploy(id, version(table));
    expect(() => world.restart(A)).toThrow(ConfigurationError);
    expect(() => world.restart(A)).toThrow(message);
    // The version before still has everything.
    await restarted(world, PLAIN);
    expect((await client.send("GET", "/demo/api/rows/a")).body.color).toBe("red");
  });

  test("are there, and not in an empty table", async () => {
    const world = await simulate({ deployment: PLAIN, seed: 7 });
    await restarted(world, version(rows({ size: z.string() }, {}, { partitionKey: "color" })));
  });
});

test("a field that went is left out, and one that came with a default is filled in", async () => {
  const world = await simulate({
    deployment: version(rows({ old: z.string().default("o") })),
    seed: 8,
  });
  const client = world.client();
  await put(client, "a", "red");
  const nested = z.object({ depth: z.number().default(1) }).default({ depth: 2 });
  await restarted(
    world,
    version(
      rows({
        nested,
        shout: z
          .string()
          .transform((t) => `${t}!`)
          .default("h"),
      }),
    ),
  );
  const read = await client.send("GET", "/demo/api/rows/a");
  const filled = { id: "a", all: "all", color: "red", nested: { depth: 2 } };
  expect(read.body).toMatchObject(filled);
  expect(read.body).not.toHaveProperty("old");
  await client.send("PUT", "/demo/api/rows/b", { color: "red", shout: "hey" });
  expect((await client.send("GET", "/demo/api/rows/b")).body.shout).toBe("hey!");
});

test("a table that is no longer defined keeps its rows until it is defined again", async () => {
  const keeper = rows({}, BY_COLOR);
  const spare = defineTable({
    name: "spare",
    schema: z.strictObject({ id: z.string() }),
    partitionKey: "id",
  });
  const world = await simulate({ deployment: version(keeper, [spare]), seed: 9 });
  const client = world.client();
  await put(client, "a", "red");
  await restarted(world, version(spare));
  expect((await client.send("GET", "/demo/api/rows/a")).body).toBeNull();
  await restarted(world, version(keeper));
  expect((await client.send("GET", "/demo/api/rows/a")).body.color).toBe("red");
  expect(await colors(client)).toEqual(["a"]);
});

test("a row that an older version wrote meanwhile, and that does not fit, is a fault of the server", async () => {
  const world = await simulate({ deployment: PLAIN, seed: 10 });
  world.redeploy(B, version(rows({ size: z.string() })));
  world.restart(B);
  await world.ready();
  await put(world.client({ near: A }), "a", "red");
  await world.advance("2s");
  const headers = { "understudy-consistency": "stale" };
  const read = await world.region(B).fetch("/demo/api/rows/a", { headers });
  expect(read.status).toBe(500);
  expect(await read.text()).not.toMatch(/rows of|size/);
  const [line] = world.logged().filter(({ level }) => level === "error");
  expect(JSON.stringify(line)).toMatch(/the row .*a.* of rows does not fit its schema: size/);
});
