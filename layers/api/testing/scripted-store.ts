/**
 * A key-value store in memory whose gate and misfortunes a test sets. *adapter*
 *
 * It keeps the port's rules as far as the HTTP interface can tell: conditions, all or nothing,
 * idempotency, index queries with cursors, sessions. It has one region and no log; what a write
 * means across regions is tested on the real stores.
 */
import type {
  Acknowledged,
  Found,
  IdempotencyRecord,
  KeyValueStore,
  Query,
  ReadCode,
  ReadInfo,
  ReadOptions,
  Version,
  Write,
  WriteCode,
  WriteOutcome,
} from "../../key-value/port.ts";
import type { JsonObject, TableDefinition } from "../../key-value/table.ts";

export interface ScriptedStore extends KeyValueStore {
  /** What every write meets: refused with the code, or let through. */
  gate: "open" | WriteCode;
  /** What every read meets. */
  reads: "open" | ReadCode;
  /** The next write happens, or not, and nobody is told. */
  loseNextAnswer: "no" | "after" | "before";
  /** Receipts that are still on their way. */
  readonly missing: Set<string>;
  /** Runs once, just before the next write is judged: what somebody else did in between. */
  interfere: (() => Promise<void>) | undefined;
  /** How many rows of a table there are. */
  count(table: TableDefinition): number;
  /** Everything that is kept, as text: for the law that no secret is in it. */
  dump(): string;
}

interface Row {
  readonly value: JsonObject;
  readonly version: Version;
  readonly sort: string;
  readonly partition: string;
}

type Tables = Map<string, Map<string, Row>>;

export function createScriptedStore(region: string, epochNow: () => number): ScriptedStore {
  const tables: Tables = new Map();
  const keys = new Map<string, { record: IdempotencyRecord; ack: Acknowledged }>();
  const listeners = new Set<(change: { table: string; partition: string }) => void>();
  let sequence = 0;

  const rowsOf = (table: TableDefinition): Map<string, Row> => {
    const rows = tables.get(table.name) ?? new Map<string, Row>();
    tables.set(table.name, rows);
    return rows;
  };
  const addressOf = (table: TableDefinition, key: unknown): string => {
    const { partition, sort } = table.keyOf(key);
    return `${partition}\n${sort}`;
  };
  const infoOf = (options: ReadOptions | undefined): ReadInfo => {
    const consistency = options?.consistency ?? (store.gate === "open" ? "leased" : "stale");
    const missing = (options?.session ?? []).filter((receipt) => store.missing.has(receipt));
    return {
      consistency,
      region,
      epoch: epochNow(),
      ...(consistency === "stale" ? { dataAgeMs: 12.4 } : {}),
      ...(missing.length > 0 ? { missing } : {}),
    };
  };
  const closed = (options?: ReadOptions) =>
    // Any region may read what it has, whoever serves.
    store.reads === "open" || (store.reads === "not-serving" && options?.consistency === "stale")
      ? undefined
      : ({ kind: "failed", code: store.reads, reason: "set by the test" } as const);

  const apply = (writes: readonly Write[], version: Version): void => {
    for (const write of writes) {
      if (write.kind === "check") continue;
      const rows = rowsOf(write.table);
      if (write.kind === "delete") {
        rows.delete(addressOf(write.table, write.key));
        continue;
      }
      const value = mustParse(write.table, write.item);
      const { partition, sort } = write.table.keyOf(value);
      rows.set(`${partition}\n${sort}`, { value, version, partition, sort });
    }
  };
  const judge = (write: Write): boolean => {
    const key = write.kind === "put" ? write.item : write.key;
    const row = rowsOf(write.table).get(addressOf(write.table, key));
    if (write.kind !== "delete" && write.ifAbsent === true && row !== undefined) return false;
    return write.ifVersion === undefined || row?.version === write.ifVersion;
  };

  const store: ScriptedStore = {
    gate: "open",
    reads: "open",
    loseNextAnswer: "no",
    missing: new Set(),
    interfere: undefined,
    count: (table) => rowsOf(table).size,
    dump: () =>
      JSON.stringify([
        [...tables].map(([name, rows]) => [name, [...rows]]),
        [...keys.values()].map((kept) => kept.record),
      ]),
    get: async (table, key, options) => {
      const refused = closed(options);
      if (refused !== undefined) return refused;
      const row = rowsOf(table).get(addressOf(table, key));
      const value = row && ({ item: row.value, version: row.version } as Found<never>);
      return { kind: "ok", value, info: infoOf(options) };
    },
    query: async (table, query, options) => {
      const refused = closed(options);
      if (refused !== undefined) return refused;
      const page = pageOf(table, [...rowsOf(table).values()], query);
      if (page === undefined) {
        return { kind: "failed", code: "invalid", reason: "the cursor is of another query" };
      }
      return { kind: "ok", value: page as never, info: infoOf(options) };
    },
    recall: async (scope, key) => {
      const refused = closed();
      if (refused !== undefined) return refused;
      const value = keys.get(`${scope}\n${key}`)?.record;
      return { kind: "ok", value, info: infoOf(undefined) };
    },
    transact: async (writes, options): Promise<WriteOutcome> => {
      const interfere = store.interfere;
      store.interfere = undefined;
      await interfere?.();
      if (writes.length === 0) return { kind: "failed", code: "invalid", reason: "no writes" };
      const given = options?.idempotency;
      if (store.gate !== "open") {
        return { kind: "failed", code: store.gate, reason: "set by the test" };
      }
      const used = given && keys.get(`${given.scope}\n${given.key}`);
      if (given !== undefined && used !== undefined) {
        return used.record.requestHash === given.requestHash
          ? { kind: "ok", value: { ...used.ack, replayed: used.record.response } }
          : { kind: "failed", code: "idempotency-mismatch", reason: "another request" };
      }
      if (!writes.every(judge)) {
        return { kind: "failed", code: "condition-failed", reason: "a condition does not hold" };
      }
      const lose = store.loseNextAnswer;
      store.loseNextAnswer = "no";
      if (lose === "before") return { kind: "unknown", reason: "set by the test" };
      const epoch = epochNow();
      const version = `${epoch}.${(++sequence).toString(36)}.${region}`;
      const ack = { receipt: `r1.${version}`, version, epoch };
      apply(writes, version);
      if (given !== undefined) keys.set(`${given.scope}\n${given.key}`, { record: given, ack });
      for (const write of writes) {
        const key = write.kind === "put" ? write.item : write.key;
        const { partition } = write.table.keyOf(key);
        for (const listener of listeners) listener({ table: write.table.name, partition });
      }
      return lose === "after"
        ? { kind: "unknown", reason: "set by the test" }
        : { kind: "ok", value: ack };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return store;
}

function mustParse(table: TableDefinition, item: unknown): JsonObject {
  const parsed = table.parse(item);
  if (parsed.kind === "failed") throw new TypeError(parsed.reason);
  return parsed.value;
}

function pageOf(table: TableDefinition, rows: readonly Row[], query: Query) {
  const entries = rows.flatMap((row) => {
    if (query.index === undefined) return [{ ...row }];
    const entry = table.indexEntries(row.value).find(({ index }) => index === query.index);
    return entry === undefined ? [] : [{ ...row, ...entry }];
  });
  const own = entries
    .filter((entry) => entry.partition === query.partition)
    .filter(({ sort }) => sort >= (query.from ?? "") && (query.to === undefined || sort < query.to))
    .filter(({ sort }) => sort.startsWith(query.prefix ?? ""))
    .sort((a, b) => (a.sort < b.sort ? -1 : 1));
  if (query.order === "descending") own.reverse();
  const mark = `${query.index ?? ""}/${query.partition}/`;
  if (query.cursor !== undefined && !query.cursor.startsWith(mark)) return undefined;
  const after = query.cursor?.slice(mark.length);
  const start = after === undefined ? 0 : own.findIndex((entry) => entry.sort === after) + 1;
  const limit = query.limit ?? 20;
  const page = own.slice(start, start + limit);
  const last = page.at(-1);
  const items = page.map(({ value, version }) => ({ item: value, version }));
  return last !== undefined && start + limit < own.length
    ? { items, cursor: mark + last.sort }
    : { items };
}
