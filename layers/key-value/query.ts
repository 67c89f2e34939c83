/**
 * Queries: one partition of a table or of an index, in sort-key order, page by page. *pure*
 *
 * A query becomes one range of engine keys (key.ts keeps them in order), cut at the cursor. The
 * cursor holds the last key of the page, not a count: items that come or go between two pages
 * neither repeat nor hide others.
 *
 * A page ends at `limit` items, at 1 MB, or after `scanEntries` entries of which most were deleted:
 * then it is short, even empty, and its cursor goes on. Only a page without a cursor is the last.
 *
 * Invariants (query.test.ts)
 *  Q1 pages together are exactly the live items within the bounds, in order, each once
 *  Q2 a cursor is accepted only by the table, index, partition and order it came from
 */
import type { EngineReader } from "./engine.ts";
import { itemKey, type Stored, unpackStored } from "./items.ts";
import {
  compareKeys,
  isWellFormed,
  type KeyRange,
  parseTuple,
  textRange,
  tuple,
  tupleRange,
} from "./key.ts";
import type { Query } from "./port.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "./query-cursor.ts";
import { type ItemKey, type JsonObject, limits, type TableDefinition } from "./table.ts";
import { jsonBytes, jsonBytesAtMost } from "./table-json.ts";

export interface FoundItem {
  readonly key: ItemKey;
  readonly stored: Stored;
}

export type QueryResult =
  | { readonly kind: "ok"; readonly found: readonly FoundItem[]; readonly cursor?: string }
  | QueryProblem;

export interface QueryProblem {
  readonly kind: "failed";
  /** `misuse`: no client can have meant it, the app's code is wrong. */
  readonly code: "invalid" | "misuse";
  readonly reason: string;
}

const defaultLimit = 20;
/** Deleted items that one page may step over. */
const scanEntries = 5000;

interface Plan {
  readonly kind: "ok";
  readonly scope: CursorScope;
  /** What all keys of the partition begin with. */
  readonly base: string;
  readonly range: KeyRange;
  readonly limit: number;
}

export function planQuery(app: string, table: TableDefinition, query: Query): Plan | QueryProblem {
  const { index, partition, order = "ascending", limit = defaultLimit } = query;
  const problem = checkQuery(table, query);
  if (problem !== undefined) return problem;
  const parts =
    index === undefined
      ? ["i", app, table.name, partition]
      : ["x", app, table.name, index, partition];
  const base = tuple(...parts);
  const bounds = boundsOf(parts, query);
  const scope: CursorScope = { table: table.name, index, partition, order };
  if (query.cursor === undefined) return { kind: "ok", scope, base, range: bounds, limit };
  const cursor = decodeCursor(scope, query.cursor);
  if (cursor.kind === "failed") return problemOf(table, "invalid", cursor.reason);
  const at = base + cursor.position;
  const range =
    order === "descending"
      ? { from: bounds.from, to: lower(at, bounds.to) }
      : { from: higher(`${at}\u0000`, bounds.from), to: bounds.to };
  return { kind: "ok", scope, base, range, limit };
}

export function runQuery(
  reader: EngineReader,
  app: string,
  table: TableDefinition,
  query: Query,
): QueryResult {
  const plan = planQuery(app, table, query);
  if (plan.kind === "failed") return plan;
  const { base, range, limit } = plan;
  const reverse = plan.scope.order === "descending";
  const found: FoundItem[] = [];
  const pageTo = (position: string): QueryResult => ({
    kind: "ok",
    found,
    cursor: encodeCursor(plan.scope, position.slice(base.length)),
  });
  let bytes = 0;
  let last = "";
  let scanned = 0;
  // One more than the page holds tells whether there is another page. Rarely is that not enough.
  for (let rest = range, ask = limit + 1; ; ask = Math.min(2 * ask, scanEntries)) {
    let count = 0;
    for (const entry of reader.range({ ...rest, reverse, limit: ask })) {
      count += 1;
      const item = readEntry(reader, app, table, { plan, entry });
      if (item !== undefined) {
        if (found.length === limit) return pageTo(last);
        bytes += sizeWithin(item.stored, limits.pageBytes - bytes);
        if (bytes > limits.pageBytes) return pageTo(last);
        found.push(item);
      }
      last = entry[0];
    }
    if (count < ask) return { kind: "ok", found };
    scanned += count;
    if (scanned >= limit + scanEntries) return pageTo(last);
    rest = reverse ? { from: rest.from, to: last } : { from: `${last}\u0000`, to: rest.to };
  }
}

/** The item an entry stands for; none for a tombstone. */
function readEntry(
  reader: EngineReader,
  app: string,
  table: TableDefinition,
  { plan, entry }: { readonly plan: Plan; readonly entry: readonly [key: string, value: unknown] },
): FoundItem | undefined {
  if (plan.scope.index === undefined) {
    const stored = unpackStored(entry[1]);
    return stored.value === null ? undefined : { key: keyIn(table, stored.value), stored };
  }
  const names = parseTuple(entry[0].slice(plan.base.length)) as string[];
  const key: ItemKey = { partition: names[1] as string, sort: names[2] as string };
  const packed = reader.get(itemKey(app, table.name, key));
  if (packed === undefined) return undefined;
  const stored = unpackStored(packed);
  return stored.value === null ? undefined : { key, stored };
}

/** Without the checks of `keyOf`: the item was accepted once. */
const keyIn = ({ partitionKey, sortKey }: TableDefinition, value: JsonObject): ItemKey => ({
  partition: value[partitionKey] as string,
  sort: sortKey === undefined ? "" : (value[sortKey] as string),
});

/** The cheap upper bound while it fits, the exact size when it might not. */
function sizeWithin({ value }: Stored, leftBytes: number): number {
  const atMost = jsonBytesAtMost(value);
  return atMost <= leftBytes ? atMost : jsonBytes(value);
}

function boundsOf(parts: readonly string[], { prefix, from, to }: Query): KeyRange {
  if (prefix !== undefined) return textRange(parts, prefix);
  const all = tupleRange(...parts);
  return {
    from: from === undefined ? all.from : tuple(...parts, from),
    to: to === undefined ? all.to : tuple(...parts, to),
  };
}

const problemOf = (
  { name }: TableDefinition,
  code: QueryProblem["code"],
  reason: string,
): QueryProblem => ({ kind: "failed", code, reason: `query ${name}: ${reason}` });

/**
 * What is wrong with a query, its cursor apart. Texts that no key can be are `invalid`, since they
 * may come from a client; everything else only the app's code can have got wrong.
 */
export function checkQuery(table: TableDefinition, query: Query): QueryProblem | undefined {
  const wrong = misuseOf(table, query);
  if (wrong !== undefined) return problemOf(table, "misuse", wrong);
  const { partition, prefix, from, to } = query;
  if (partition === "") return problemOf(table, "invalid", "partition must not be empty");
  const texts = [partition, prefix, from, to].filter((text) => text !== undefined);
  if (texts.every(isWellFormed)) return undefined;
  return problemOf(table, "invalid", "a text with half a surrogate pair is no key");
}

function misuseOf(table: TableDefinition, query: Query): string | undefined {
  const { index, partition, prefix, from, to, order, limit = defaultLimit } = query;
  if (index !== undefined && !Object.hasOwn(table.indexes, index)) {
    const known = Object.keys(table.indexes).join(", ") || "none";
    return `there is no index ${JSON.stringify(index)}; the table has ${known}`;
  }
  if (typeof partition !== "string") return "partition must be a text";
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.queryItems) {
    return `limit must be 1 to ${limits.queryItems}, not ${limit}`;
  }
  if (order !== undefined && order !== "ascending" && order !== "descending") {
    return `order must be ascending or descending, not ${JSON.stringify(order)}`;
  }
  const bounds = [prefix, from, to].filter((bound) => bound !== undefined);
  if (bounds.some((bound) => typeof bound !== "string")) return "prefix, from and to are texts";
  if (prefix !== undefined && bounds.length > 1) return "give either a prefix or from and to";
  const sortKey = index === undefined ? table.sortKey : table.indexes[index]?.sortKey;
  if (bounds.length > 0 && sortKey === undefined) {
    return `${index ?? "the table"} has no sort key to put bounds on`;
  }
  return undefined;
}

const lower = (a: string, b: string): string => (compareKeys(a, b) < 0 ? a : b);
const higher = (a: string, b: string): string => (compareKeys(a, b) > 0 ? a : b);
