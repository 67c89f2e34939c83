/**
 * Tables: what an application says once about the items it keeps. *pure*
 *
 * A definition checks what comes in (zod's schema, key fields, limits), tells an item's key, and
 * the entries an item has in the table's secondary indexes. An index is sparse: an item without
 * one of the index's fields (absent or null) has no entry there.
 *
 * Limits are those of port.ts, the same in every target; sizes are in bytes of UTF-8.
 *
 * Invariants
 *  T1 what `parse` accepts can be stored in every target           (parse, checkIndexFields)
 *  T2 an accepted item is plain JSON, shared with no caller         (copyJson of table-json.ts)
 */
import type { z } from "zod";
import { assert } from "../../base/assert.ts";
import { checkDefinition } from "./check-definition.ts";
import type { HybridTime } from "./hybrid-clock.ts";
import { isWellFormed, tuple, utf8Bytes } from "./key.ts";
import { createRowReader, type StoredRow, textDefaults } from "./stored-rows.ts";
import { copyJson, type JsonObject, jsonBytes, jsonBytesAtMost } from "./table-json.ts";

export type { JsonObject } from "./table-json.ts";

export const limits = {
  itemBytes: 400 * 1024,
  partitionBytes: 2048,
  sortBytes: 1024,
  /** Both in encoded form. */
  keyBytes: 1200,
  /** An index's fields and the item's key together, in encoded form. */
  indexEntryBytes: 1600,
  pageBytes: 1024 * 1024,
  transactionWrites: 96,
  queryItems: 1000,
} as const;

/** Where an item is. `sort` is "" in a table without a sort key, and only there. */
export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

export interface IndexDefinition {
  readonly partitionKey: string;
  readonly sortKey?: string;
}

export interface IndexEntry {
  readonly index: string;
  readonly partition: string;
  readonly sort: string;
}

export type Checked<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | {
      readonly kind: "failed";
      /** `misuse`: whatever the client sent, the app's code may not ask for this. */
      readonly code: "invalid" | "too-large" | "misuse";
      readonly reason: string;
    };

/**
 * What becomes of an item of an active-active app that two regions write at once.
 * `"last-writer"`: the later write stays, and a condition is looked at in one region only.
 * `ownRegion`: no two do, because this key field names the region that alone may write the item.
 * `highest`: the one with the higher number in this field stays, and the later of two with one
 * number; a write with a lower number than what is there is refused.
 */
export type Conflicts =
  | "last-writer"
  | { readonly ownRegion: string }
  | { readonly highest: string };

export interface TableDefinition<
  Schema extends z.ZodObject = z.ZodObject,
  PartitionKey extends string = string,
  SortKey extends string | undefined = string | undefined,
> {
  readonly name: string;
  readonly schema: Schema;
  readonly partitionKey: PartitionKey;
  readonly sortKey: SortKey;
  readonly indexes: Readonly<Record<string, IndexDefinition>>;
  /**
   * Field with the second since 1970 after which the item is collected, everywhere and within
   * seconds while the app is served; until then it stays, by the clock of the region that serves. A
   * reader may still find it after that second, and one that must not has to compare.
   */
  readonly expires: string | undefined;
  /** Operators are not shown its values, only keys (late writes). */
  readonly confidential: boolean;
  readonly conflicts: Conflicts | undefined;
  /** The item as it will be stored, or why it cannot be. */
  parse(item: unknown): Checked<JsonObject>;
  /** What a stored item is under this schema (stored-rows.ts), or what is wrong with it. */
  parseStored(value: JsonObject): StoredRow;
  /** What a text field of an index is where an item lacks it. */
  defaultOf(field: string): string | undefined;
  /** Why an item that was stored before an index came has no place in it. */
  indexProblem(item: JsonObject, key: ItemKey): string | undefined;
  /** The key of an item, or of an object with the key fields only, or why it has none. */
  parseKey(item: unknown): Checked<ItemKey>;
  /** As `parseKey`, for an item that was accepted before. */
  keyOf(item: unknown): ItemKey;
  /** The item's entries in the indexes. */
  indexEntries(item: JsonObject): readonly IndexEntry[];
  /** The second since 1970 in which it expires. `clock`: the hybrid time of its write. */
  expiresAt(item: JsonObject, clock?: HybridTime): number | undefined;
}

export type ItemOf<Table extends TableDefinition> = z.output<Table["schema"]>;

export type KeyOf<Table extends TableDefinition> = {
  readonly [Field in Table["partitionKey"] | NonNullable<Table["sortKey"]>]: string;
};

type FieldOf<Schema extends z.ZodObject> = Extract<keyof z.output<Schema>, string>;

type NumberFieldOf<Schema extends z.ZodObject> = {
  [Field in FieldOf<Schema>]: z.output<Schema>[Field] extends number ? Field : never;
}[FieldOf<Schema>];

export interface TableOptions<
  Schema extends z.ZodObject,
  PartitionKey extends string,
  SortKey extends string | undefined,
> {
  /** Small letters, digits and dashes, at most 64. */
  readonly name: string;
  readonly schema: Schema;
  readonly partitionKey: PartitionKey & FieldOf<Schema>;
  readonly sortKey?: SortKey & FieldOf<Schema>;
  readonly indexes?: Readonly<
    Record<string, { readonly partitionKey: FieldOf<Schema>; readonly sortKey?: FieldOf<Schema> }>
  >;
  /**
   * A field with seconds since 1970. After that second the item is collected, in every region; an
   * item without a number there stays, and so does one that is written again with a later one.
   */
  readonly expires?: FieldOf<Schema>;
  /**
   * Its values are secrets or somebody's private matter: the list of late writes, which operators
   * see, neither keeps nor shows them, only the keys. Default false.
   */
  readonly confidential?: boolean;
  /**
   * Needed where an active-active app writes with conditions, which hold in the region that looks
   * at them and nowhere else (docs/concepts/active-active.md).
   */
  readonly conflicts?:
    | "last-writer"
    | { readonly ownRegion: (PartitionKey & FieldOf<Schema>) | (SortKey & FieldOf<Schema>) }
    | { readonly highest: NumberFieldOf<Schema> };
}

const invalid = (reason: string): Checked<never> => ({ kind: "failed", code: "invalid", reason });
const misuse = (reason: string): Checked<never> => ({ kind: "failed", code: "misuse", reason });
const tooLarge = (reason: string): Checked<never> => ({
  kind: "failed",
  code: "too-large",
  reason,
});

export function defineTable<
  const Schema extends z.ZodObject,
  const PartitionKey extends string,
  const SortKey extends string | undefined = undefined,
>(
  options: TableOptions<Schema, PartitionKey, SortKey>,
): TableDefinition<Schema, PartitionKey, SortKey> {
  checkDefinition(options);
  const { name, schema, partitionKey, expires, confidential = false, conflicts } = options;
  const sortKey = options.sortKey as SortKey;
  const indexes: Readonly<Record<string, IndexDefinition>> = options.indexes ?? {};
  const indexList = Object.entries(indexes);

  const parseKey = (item: unknown): Checked<ItemKey> => {
    if (typeof item !== "object" || item === null) {
      return misuse(`${name}: a key is an object with ${partitionKey}, not ${describe(item)}`);
    }
    return checkKey(name, item as Record<string, unknown>, partitionKey, sortKey);
  };
  const keyFields = indexList.flatMap(([, fields]) => [fields.partitionKey, fields.sortKey ?? ""]);
  const defaultOf = textDefaults(schema, keyFields);
  const textOf = (item: JsonObject, field: string): unknown =>
    item[field] === undefined ? defaultOf(field) : item[field];
  const indexEntries = (item: JsonObject): readonly IndexEntry[] => {
    const entries: IndexEntry[] = [];
    for (const [index, fields] of indexList) {
      const partition = textOf(item, fields.partitionKey);
      const sort = fields.sortKey === undefined ? "" : textOf(item, fields.sortKey);
      if (typeof partition !== "string" || typeof sort !== "string") continue;
      const key = [item[partitionKey], sortKey === undefined ? "" : item[sortKey]] as string[];
      if (entryBytes([partition, sort, ...key]) > limits.indexEntryBytes) continue;
      entries.push({ index, partition, sort });
    }
    return entries;
  };
  const parse = (item: unknown): Checked<JsonObject> => {
    const parsed = schema.safeParse(item);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue === undefined || issue.path.length === 0 ? "item" : issue.path.join(".");
      const fix = "Check what comes from a client in the route's own schema, and put what fits.";
      return misuse(`${name}: ${where}: ${issue?.message ?? "not accepted"}. ${fix}`);
    }
    const copied = copyJson(parsed.data);
    if ("problem" in copied) return misuse(`${name}: ${copied.problem}`);
    const value = copied.value as JsonObject;
    const key = parseKey(value);
    if (key.kind === "failed") return key;
    const problem = checkIndexFields(name, value, indexList, key.value);
    if (problem !== undefined) return problem;
    if (jsonBytesAtMost(value) > limits.itemBytes) {
      const bytes = jsonBytes(value);
      if (bytes > limits.itemBytes) {
        return tooLarge(`${name}: an item has at most ${limits.itemBytes} bytes, not ${bytes}`);
      }
    }
    return { kind: "ok", value };
  };
  return {
    name,
    schema,
    partitionKey,
    sortKey,
    indexes,
    expires,
    confidential,
    conflicts,
    parse,
    parseStored: createRowReader(schema),
    defaultOf,
    indexProblem: (item, key) => {
      const problem = checkIndexFields(name, item, indexList, key);
      return problem?.kind === "failed" ? problem.reason : undefined;
    },
    parseKey,
    keyOf: (item) => {
      const key = parseKey(item);
      assert(key.kind === "ok", key.kind === "ok" ? "" : key.reason);
      return key.value;
    },
    indexEntries,
    expiresAt: (item) => {
      const at = expires === undefined ? undefined : item[expires];
      const second = typeof at === "number" ? Math.floor(at) : -1;
      return Number.isSafeInteger(second) && second >= 0 ? second : undefined;
    },
  };
}

function checkText(where: string, value: unknown, maxBytes: number): Checked<string> {
  if (typeof value !== "string") {
    return misuse(`${where} must be a text, because it is a key, not ${describe(value)}`);
  }
  if (value === "") return invalid(`${where} must not be empty, because it is a key`);
  if (!isWellFormed(value)) {
    return invalid(`${where} has half a surrogate pair, which no key can hold`);
  }
  const bytes = value.length * 3 <= maxBytes ? 0 : utf8Bytes(value);
  if (bytes > maxBytes)
    return tooLarge(`${where} has ${bytes} bytes; a key has at most ${maxBytes}`);
  return { kind: "ok", value };
}

function checkKey(
  table: string,
  item: Record<string, unknown>,
  partitionKey: string,
  sortKey: string | undefined,
): Checked<ItemKey> {
  const where = `${table}.${partitionKey}`;
  const partition = checkText(where, item[partitionKey], limits.partitionBytes);
  if (partition.kind === "failed") return partition;
  if (sortKey === undefined) return withinKey(table, { partition: partition.value, sort: "" });
  const sort = checkText(`${table}.${sortKey}`, item[sortKey], limits.sortBytes);
  if (sort.kind === "failed") return sort;
  return withinKey(table, { partition: partition.value, sort: sort.value });
}

function withinKey(table: string, key: ItemKey): Checked<ItemKey> {
  if ((key.partition.length + key.sort.length + 4) * 3 > limits.keyBytes) {
    const bytes = utf8Bytes(tuple(key.partition, key.sort));
    if (bytes > limits.keyBytes) {
      return tooLarge(`${table}: a key has at most ${limits.keyBytes} bytes encoded, not ${bytes}`);
    }
  }
  return { kind: "ok", value: key };
}

function checkIndexFields(
  table: string,
  item: JsonObject,
  indexes: readonly (readonly [string, IndexDefinition])[],
  key: ItemKey,
): Checked<never> | undefined {
  for (const [index, fields] of indexes) {
    const texts: string[] = [];
    for (const field of [fields.partitionKey, fields.sortKey]) {
      if (field === undefined) continue;
      const value = item[field];
      if (value === undefined || value === null) continue;
      const isPartition = field === fields.partitionKey;
      const maxBytes = isPartition ? limits.partitionBytes : limits.sortBytes;
      const text = checkText(`${table}.${field} (index ${index})`, value, maxBytes);
      if (text.kind === "failed") return text;
      texts.push(text.value);
    }
    texts.push(key.partition, key.sort);
    const bytes = entryBytes(texts);
    if (bytes > limits.indexEntryBytes) {
      const most = limits.indexEntryBytes;
      return tooLarge(
        `${table}: an entry of index ${index} has at most ${most} bytes, not ${bytes}`,
      );
    }
  }
  return undefined;
}

/** Of an index entry; 0 where it is certainly short enough. */
function entryBytes(texts: readonly string[]): number {
  const units = texts.reduce((sum, text) => sum + text.length + 2, 0);
  return units * 3 <= limits.indexEntryBytes ? 0 : utf8Bytes(tuple(...texts));
}

function describe(value: unknown): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  return `a ${typeof value}`;
}
