import { describe, expect, it } from "vitest";
import { z } from "zod";
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import { contractTables, describeKeyValueContract, notes } from "./contract.ts";
import { createMemoryEngine } from "./memory-engine.ts";
import { createMemoryKeyValueStore } from "./memory-store.ts";
import { defineTable } from "./table.ts";

describeKeyValueContract("memory store", async () => {
  let nowMs = 0;
  const store = createMemoryKeyValueStore({
    app: "contract",
    tables: contractTables,
    region: "one",
    now: () => nowMs,
  });
  return {
    regions: [{ id: "one", store }],
    advance: async (ms) => {
      nowMs += ms;
    },
    partition: async () => {},
    heal: async () => {},
  };
});

describe("memory store", () => {
  it("collects items whose expiry has passed, with their index entries", async () => {
    const sessions = defineTable({
      name: "sessions",
      schema: z.object({ id: z.string(), user: z.string(), until: z.number() }),
      partitionKey: "id",
      indexes: { "by-user": { partitionKey: "user" } },
      expires: "until",
    });
    let nowMs = 0;
    const options = { app: "a", tables: [sessions], region: "one", now: () => nowMs };
    const store = createMemoryKeyValueStore(options);
    for (const until of [10, 20, 30]) {
      const item = { id: `s${until}`, user: "u", until };
      await store.transact([{ kind: "put", table: sessions, item }]);
    }
    await store.transact([
      { kind: "put", table: sessions, item: { id: "s10", user: "u", until: 40 } },
    ]);
    nowMs = 25_000;
    expect(store.collectExpired()).toBe(1);
    const left = await store.query(sessions, { index: "by-user", partition: "u" });
    const items = left.kind === "ok" ? left.value.items : [];
    expect(items.map(({ item }) => item.id)).toEqual(["s10", "s30"]);
    expect(store.collectExpired()).toBe(0);
  });

  it("answers a used key for a day, and takes it for a new one after that", async () => {
    let nowMs = 0;
    const options = { app: "a", tables: contractTables, region: "one", now: () => nowMs };
    const store = createMemoryKeyValueStore(options);
    const idempotency = { scope: "u", key: "k", requestHash: "h", response: { at: 1 } };
    const put = () =>
      store.transact([{ kind: "put", table: notes, item: { owner: "a", id: "1" } }], {
        idempotency,
      });
    const replayed = async () => {
      const outcome = await put();
      return outcome.kind === "ok" && outcome.value.replayed !== undefined;
    };
    expect(await replayed()).toBe(false);
    nowMs = KEY_KEPT_MS - 1;
    expect(await replayed()).toBe(true);
    expect(await store.recall("u", "k")).toMatchObject({ value: { response: { at: 1 } } });
    nowMs = KEY_KEPT_MS;
    expect(await store.recall("u", "k")).toMatchObject({ value: undefined });
    expect(await replayed()).toBe(false);
    expect(await replayed()).toBe(true);
  });

  it("answers that it is unavailable when the disk is full, and writes nothing", async () => {
    const engine = createMemoryEngine({ capacity: 2 });
    const options = { app: "a", tables: contractTables, region: "one", now: () => 0, engine };
    const store = createMemoryKeyValueStore(options);
    const put = (id: string) =>
      store.transact([{ kind: "put", table: notes, item: { owner: "a", id } }]);
    expect((await put("1")).kind).toBe("ok");
    expect(await put("2")).toMatchObject({ kind: "failed", code: "unavailable" });
    const found = await store.get(notes, { owner: "a", id: "2" });
    expect(found).toMatchObject({ kind: "ok", value: undefined });
  });

  it("keeps its items from callers who change what they gave or got", async () => {
    const options = { app: "a", tables: contractTables, region: "one", now: () => 0 };
    const store = createMemoryKeyValueStore(options);
    const item = { owner: "a", id: "1", text: "kept" };
    await store.transact([{ kind: "put", table: notes, item }]);
    item.text = "changed";
    for (let round = 0; round < 2; round++) {
      const read = await store.get(notes, { owner: "a", id: "1" });
      const found = read.kind === "ok" ? read.value?.item : undefined;
      expect(found?.text).toBe("kept");
      if (found !== undefined) found.text = "changed";
    }
  });
});
