/**
 * The store of one region in memory, without replication. *adapter*
 *
 * For tests of code that needs a store and no regions, and the plainest reading of port.ts: every
 * write is checked whole before anything is written, in one transaction of the memory engine.
 *
 * Invariants (contract.ts, run by memory-store.test.ts)
 *  A1 conditions, limits and the idempotency record are judged before the first write  (transact)
 *  A2 all writes of a transaction carry one stamp, which no other transaction has       (sequence)
 */
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import { failed, ok } from "../../base/outcome.ts";
import { AppUse } from "./app-use.ts";
import { type CheckedWrite, checkConditions } from "./checked-writes.ts";
import type { Engine, EngineWriter } from "./engine.ts";
import { EngineFullError } from "./engine-errors.ts";
import { foundRow } from "./found.ts";
import {
  expiredItems,
  readItem,
  removeItem,
  type Stamp,
  type Stored,
  versionOf,
  writeItem,
} from "./items.ts";
import { tuple } from "./key.ts";
import { createMemoryEngine, type MemoryEngine } from "./memory-engine.ts";
import { isPlatformName } from "./platform-names.ts";
import type {
  Found,
  IdempotencyRecord,
  KeyValueStore,
  ReadInfo,
  ReadOptions,
  ReadOutcome,
  Write,
  WriteOutcome,
} from "./port.ts";
import { runQuery } from "./query.ts";
import type { ItemKey, ItemOf, JsonObject, TableDefinition } from "./table.ts";
import { copyJson } from "./table-json.ts";

export interface MemoryStoreOptions {
  readonly app: string;
  readonly tables: readonly TableDefinition[];
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** An engine to share or to look into; a new one by default. */
  readonly engine?: MemoryEngine;
}

export interface MemoryKeyValueStore extends KeyValueStore {
  readonly engine: Engine;
  /** Removes the items whose `expires` has passed; answers how many. */
  collectExpired(): number;
}

type Listener = (change: { readonly table: string; readonly partition: string }) => void;

/** What is kept of a used idempotency key. */
type Used = readonly [requestHash: string, response: unknown, sequence: number, atMs: number];

const epoch = 1;

export function createMemoryKeyValueStore(options: MemoryStoreOptions): MemoryKeyValueStore {
  const { app, region, now } = options;
  const engine = options.engine ?? createMemoryEngine();
  const tables = new Map(options.tables.map((table) => [table.name, table]));
  const use = new AppUse({ app, tables: options.tables, mode: "active-passive", region });
  const listeners = new Set<Listener>();
  const sequenceKey = tuple("s", app);
  const idempotencyKey = (scope: string, key: string): string => tuple("r", app, scope, key);

  const info = ({ consistency = "leased" }: ReadOptions = {}): ReadInfo =>
    consistency === "stale"
      ? { consistency, region, epoch, dataAgeMs: 0 }
      : { consistency, region, epoch };
  const found = <Table extends TableDefinition>(
    table: Table,
    key: ItemKey,
    { value, stamp }: Stored,
  ): Found<ItemOf<Table>> | undefined =>
    value === null
      ? undefined
      : foundRow(table, key, { value: copyOf(value) as JsonObject, version: versionOf(stamp) });
  const acknowledged = (sequence: number) => ({
    receipt: `m1.${app}.${region}.${sequence.toString(36)}`,
    version: versionOf(stampOf(sequence)),
    epoch,
  });
  const stampOf = (sequence: number): Stamp => ({ epoch, region, sequence });
  const notify = (keys: readonly { readonly table: string; readonly key: ItemKey }[]): void => {
    const told = new Map<string, { table: string; partition: string }>();
    for (const { table, key } of keys) {
      if (isPlatformName(table)) continue;
      told.set(tuple(table, key.partition), { table, partition: key.partition });
    }
    for (const change of told.values()) for (const listener of listeners) listener(change);
  };

  const writeAll = (writer: EngineWriter, writes: readonly CheckedWrite[]): number => {
    const sequence = Number(writer.get(sequenceKey) ?? 0) + 1;
    writer.put(sequenceKey, sequence);
    for (const { kind, table, key, value } of writes) {
      if (kind === "check") continue;
      const isAbsent = kind === "delete" && readItem(writer, app, table.name, key) === undefined;
      const stored = { value, stamp: stampOf(sequence), clock: Math.max(now(), sequence) };
      if (!isAbsent) writeItem(writer, app, table, key, stored);
    }
    return sequence;
  };

  /** After KEY_KEPT_MS a key is new again. */
  const usedOf = (scope: string, key: string): Used | undefined => {
    const used = engine.get(idempotencyKey(scope, key)) as Used | undefined;
    return used === undefined || used[3] + KEY_KEPT_MS <= now() ? undefined : used;
  };

  const run = (
    writer: EngineWriter,
    writes: readonly CheckedWrite[],
    idempotency: IdempotencyRecord | undefined,
  ): WriteOutcome => {
    if (idempotency !== undefined) {
      const { scope, key, requestHash } = idempotency;
      const used = usedOf(scope, key);
      if (used !== undefined && used[0] !== requestHash) {
        const reason = `the idempotency key ${key} was used with another request`;
        return failed("idempotency-mismatch", reason);
      }
      if (used !== undefined) return ok({ ...acknowledged(used[2]), replayed: copyOf(used[1]) });
    }
    const problem = checkConditions(writer, app, writes);
    if (problem !== undefined) return problem;
    const sequence = writeAll(writer, writes);
    if (idempotency !== undefined) {
      const { scope, key, requestHash, response } = idempotency;
      writer.put(idempotencyKey(scope, key), [requestHash, copyOf(response), sequence, now()]);
    }
    return ok(acknowledged(sequence));
  };

  return {
    engine,
    get: async (table, key, readOptions) => {
      const parsed = use.key(table, key);
      if (parsed.kind === "failed") return parsed;
      const stored = readItem(engine, app, table.name, parsed.value);
      const value = stored && found(table, parsed.value, stored);
      return { kind: "ok", value, info: info(readOptions) };
    },
    query: async (table, query, readOptions) => {
      const problem = use.query(table, query);
      if (problem !== undefined) return problem;
      const result = runQuery(engine, app, table, query);
      if (result.kind === "failed") return { ...result, code: "invalid" };
      const items = result.found.flatMap(({ key, stored }) => found(table, key, stored) ?? []);
      const page = result.cursor === undefined ? { items } : { items, cursor: result.cursor };
      return { kind: "ok", value: page, info: info(readOptions) };
    },
    transact: async (writes: readonly Write[], { idempotency } = {}) => {
      const checked = use.writes(writes);
      if (checked.kind === "failed") return checked;
      const before = engine.sequence;
      let outcome: WriteOutcome;
      try {
        outcome = engine.transact((writer) => run(writer, checked.value, idempotency));
        engine.flush();
      } catch (error) {
        if (error instanceof EngineFullError) return failed("unavailable", error.message);
        throw error;
      }
      const isNew = outcome.kind === "ok" && outcome.value.replayed === undefined;
      if (isNew && engine.sequence > before) {
        const changed = checked.value.filter(({ kind }) => kind !== "check");
        notify(changed.map(({ table, key }) => ({ table: table.name, key })));
      }
      return outcome;
    },
    recall: async (scope, key): Promise<ReadOutcome<IdempotencyRecord | undefined>> => {
      const used = usedOf(scope, key);
      if (used === undefined) return { kind: "ok", value: undefined, info: info() };
      const [requestHash, response] = used;
      const record = { scope, key, requestHash, response: copyOf(response) };
      return { kind: "ok", value: record, info: info() };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    collectExpired: () => {
      const expired = expiredItems(engine, app, now() / 1000, Number.MAX_SAFE_INTEGER);
      engine.transact((writer) => {
        for (const { table, key } of expired) {
          const definition = tables.get(table);
          if (definition !== undefined) removeItem(writer, app, definition, key);
        }
      });
      engine.flush();
      notify(expired);
      return expired.length;
    },
  };
}

/** Callers may change what they got; the engine's values must stay as they are. */
function copyOf(value: unknown): unknown {
  const copied = copyJson(value ?? null);
  return "value" in copied ? copied.value : value;
}
