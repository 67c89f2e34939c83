/**
 * The items of one app in one region: what a transaction does to them, what an entry of another
 * region does to them. *pure over the engine*
 *
 *   ("a", app)                     AppState: fence, begun epoch, repair
 *   ("s", app, epoch, position)    stranded entries, until a holder has judged them
 *
 * Invariants
 *  D1 a transaction's conditions are all checked before its first change      (evaluate)
 *  D2 item, index, log entry and idempotency record are of one transaction    (its callers)
 *  D3 entries applied twice, or late, change nothing that is newer            (apply, merge)
 */
import type { EngineReader, EngineWriter } from "../key-value/engine.ts";
import { readItem, removeItem, type Stored, versionOf, writeItem } from "../key-value/items.ts";
import { tuple, tupleRange } from "../key-value/key.ts";
import { type Change, type Entry, stampOf } from "../key-value/log.ts";
import type { Merge, Written } from "../key-value/merge.ts";
import type { IdempotencyRecord, Write, WriteCode } from "../key-value/port.ts";
import { type ItemKey, type JsonObject, limits, type TableDefinition } from "../key-value/table.ts";
import type { Position } from "../routing/messages.ts";
import type { KeyedItem, StrandedEntry } from "./messages.ts";
import { IDEMPOTENCY, platformTable } from "./platform-tables.ts";
import type { RegionRules } from "./rules.ts";

export interface AppState {
  /** Appends of a lower epoch are refused. */
  readonly fenceBelow: number;
  readonly begunEpoch: number;
  /** Items may be ahead of the log up to here; acknowledges nothing and takes nothing before. */
  readonly repairUntil: number;
  /** A log end that was told before this store was rolled back; no taker before it is reached. */
  readonly mustReach?: Position;
  /** Names this store; another one after a loss. */
  readonly logId: string;
}

export type Evaluated =
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly seen: number }
  | { readonly kind: "replayed"; readonly response: unknown; readonly seen: Stored }
  | {
      readonly kind: "failed";
      readonly code: WriteCode;
      readonly reason: string;
      readonly seen?: Stored;
    };

export class AppData {
  readonly app: string;
  readonly merge: Merge;
  readonly #tables: ReadonlyMap<string, TableDefinition>;
  readonly #rules: RegionRules;

  constructor(app: string, merge: Merge, tables: readonly TableDefinition[], rules: RegionRules) {
    this.app = app;
    this.merge = merge;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#rules = rules;
  }

  table(name: string): TableDefinition {
    return this.#tables.get(name) ?? platformTable(name);
  }

  state(reader: EngineReader): AppState {
    const state = reader.get(tuple("a", this.app)) as AppState | undefined;
    return state ?? { fenceBelow: 0, begunEpoch: 0, repairUntil: 0, logId: "" };
  }

  setState(writer: EngineWriter, state: AppState): void {
    writer.put(tuple("a", this.app), state);
  }

  get(reader: EngineReader, table: string, key: ItemKey): Stored | undefined {
    return readItem(reader, this.app, table, key);
  }

  /** Checks every condition; gives the changes, and writes nothing. */
  evaluate(
    reader: EngineReader,
    writes: readonly Write[],
    idempotency: IdempotencyRecord | undefined,
  ): Evaluated {
    if (writes.length > limits.transactionWrites) {
      const reason = `a transaction has at most ${limits.transactionWrites} writes, not ${writes.length}`;
      return { kind: "failed", code: "too-large", reason };
    }
    if (idempotency !== undefined) {
      const known = this.recall(reader, idempotency.scope, idempotency.key);
      if (known !== undefined) {
        const record = known.value as unknown as IdempotencyRecord;
        return record.requestHash === idempotency.requestHash
          ? { kind: "replayed", response: record.response, seen: known }
          : {
              kind: "failed",
              code: "idempotency-mismatch",
              reason: `the idempotency key ${idempotency.key} was used for another request`,
              seen: known,
            };
      }
    }
    if (writes.length === 0) {
      return { kind: "failed", code: "invalid", reason: "a transaction has at least one write" };
    }
    const changes: Change[] = [];
    const named = new Set<string>();
    for (const write of writes) {
      const problem = this.#evaluateOne(reader, write, changes, named);
      if (problem !== undefined) return problem;
    }
    if (idempotency !== undefined && this.#rules.recordsIdempotencyWithWrite()) {
      changes.push(idempotencyChange(idempotency));
    }
    return { kind: "changes", changes, seen: 0 };
  }

  #evaluateOne(
    reader: EngineReader,
    write: Write,
    changes: Change[],
    named: Set<string>,
  ): Evaluated | undefined {
    const { name } = write.table;
    const item = write.kind === "put" ? write.table.parse(write.item) : undefined;
    if (item?.kind === "failed") return item;
    const key = write.table.parseKey(write.kind === "put" ? item?.value : write.key);
    if (key.kind === "failed") return key;
    const place = tuple(name, key.value.partition, key.value.sort);
    const where = `${name} ${key.value.partition}${key.value.sort && `/${key.value.sort}`}`;
    if (named.has(place)) {
      const reason = `${where} is named twice in one transaction`;
      return { kind: "failed", code: "invalid", reason };
    }
    named.add(place);
    const needsOld = write.ifVersion !== undefined || ("ifAbsent" in write && write.ifAbsent);
    const old = needsOld ? this.get(reader, name, key.value) : undefined;
    const isThere = old !== undefined && old.value !== null;
    const refuse = (reason: string): Evaluated => ({
      kind: "failed",
      code: "condition-failed",
      reason,
      ...(old === undefined ? {} : { seen: old }),
    });
    if ("ifAbsent" in write && write.ifAbsent && isThere)
      return refuse(`${where} is there already`);
    if (write.ifVersion !== undefined) {
      if (!isThere) return refuse(`${where} is not there`);
      if (versionOf(old.stamp) !== write.ifVersion) return refuse(`${where} has another version`);
    }
    if (write.kind === "put" && item !== undefined) {
      changes.push({ table: name, key: key.value, value: item.value });
    }
    if (write.kind === "delete") changes.push({ table: name, key: key.value, value: null });
    return undefined;
  }

  recall(reader: EngineReader, scope: string, key: string): Stored | undefined {
    const stored = this.get(reader, IDEMPOTENCY, { partition: scope, sort: key });
    return stored?.value == null ? undefined : stored;
  }

  /** Whether a write stays where another one is. */
  wins(next: Written, old: Written): boolean {
    return this.#rules.compareWrites(next, old, this.merge) > 0;
  }

  /** An entry's changes, where nothing newer is there. */
  apply(writer: EngineWriter, entry: Entry): void {
    for (const change of entry.changes) {
      const next = { stamp: stampOf(entry), clock: entry.clock, value: change.value };
      const table = this.table(change.table);
      const old = readItem(writer, this.app, change.table, change.key);
      if (old !== undefined && !this.wins(next, old)) continue;
      writeItem(writer, this.app, table, change.key, next);
    }
  }

  /** Sets items to what the holder has, whatever is here. */
  overwrite(writer: EngineWriter, items: readonly KeyedItem[]): void {
    for (const { table, key, stored } of items) {
      if (stored === undefined) removeItem(writer, this.app, this.table(table), key);
      else writeItem(writer, this.app, this.table(table), key, stored);
    }
  }

  strand(writer: EngineWriter, entries: readonly Entry[], lossless: boolean): void {
    for (const entry of entries) {
      if (entry.changes.length === 0) continue;
      writer.put(this.strandedKey({ entry, lossless }), { entry, lossless });
    }
  }

  strandedKey({ entry }: StrandedEntry): string {
    return tuple("s", this.app, entry.epoch, entry.position);
  }

  /** Entries that no holder has judged yet, oldest first. */
  stranded(reader: EngineReader, limit: number): StrandedEntry[] {
    const range = { ...tupleRange("s", this.app), limit };
    return Array.from(reader.range(range), ([, value]) => value as StrandedEntry);
  }
}

export const idempotencyChange = (record: IdempotencyRecord): Change => ({
  table: IDEMPOTENCY,
  key: { partition: record.scope, sort: record.key },
  value: record as unknown as JsonObject,
});
