/**
 * Items in the engine: where they are, and the entries that go with them. *pure*
 *
 *   ("i", app, table, partition, sort)                                 the item or its tombstone
 *   ("x", app, table, index, its partition, its sort, partition, sort) one entry per index
 *   ("e", app, expires at second, table, partition, sort)              what may be collected when
 *
 * Invariants
 *  S1 the entries of an item are those of its present value; a tombstone has none   (writeItem)
 *  S2 nothing here decides which of two writes wins: that is merge.ts
 */
import type { EngineReader, EngineWriter } from "./engine.ts";
import { parseTuple, tuple, tupleRange } from "./key.ts";
import type { ItemKey, JsonObject, TableDefinition } from "./table.ts";
import { jsonBytesAtMost } from "./table-json.ts";

/** Names a write: the version of the item it made. */
export interface Stamp {
  readonly epoch: number;
  readonly region: string;
  readonly sequence: number;
}

/** Where a write stands among all writes of its item: merge.ts orders them. */
export interface Place {
  readonly stamp: Stamp;
  /** Hybrid clock of the write, opaque here. */
  readonly clock: number;
}

export interface Stored extends Place {
  /** null: deleted (a tombstone). */
  readonly value: JsonObject | null;
  /** As in a change of the log: where it stands, if not at its own stamp (merge.ts). */
  readonly of?: Place;
}

export interface StoredItem {
  readonly table: string;
  readonly key: ItemKey;
  readonly stored: Stored;
}

/** The form in the engine: an array is smaller than an object that repeats its field names. */
type Packed = readonly [
  value: JsonObject | null,
  epoch: number,
  region: string,
  sequence: number,
  clock: number,
  of?: readonly [epoch: number, region: string, sequence: number, clock: number],
];

export const versionOf = (stamp: Stamp): string =>
  `${stamp.epoch.toString(36)}.${stamp.sequence.toString(36)}.${stamp.region}`;

export const itemKey = (app: string, table: string, key: ItemKey): string =>
  tuple("i", app, table, key.partition, key.sort);

export function unpackStored(packed: unknown): Stored {
  const [value, epoch, region, sequence, clock, of] = packed as Packed;
  const stored = { value, stamp: { epoch, region, sequence }, clock };
  if (of === undefined) return stored;
  const stamp = { epoch: of[0], region: of[1], sequence: of[2] };
  return { ...stored, of: { stamp, clock: of[3] } };
}

function packStored({ value, stamp, clock, of }: Stored): Packed {
  const { epoch, region, sequence } = stamp;
  if (of === undefined) return [value, epoch, region, sequence, clock];
  const taken = [of.stamp.epoch, of.stamp.region, of.stamp.sequence, of.clock] as const;
  return [value, epoch, region, sequence, clock, taken];
}

export function readItem(
  reader: EngineReader,
  app: string,
  table: string,
  key: ItemKey,
): Stored | undefined {
  const packed = reader.get(itemKey(app, table, key));
  return packed === undefined ? undefined : unpackStored(packed);
}

/** The keys of all entries that go with a value. */
function entryKeys(
  app: string,
  table: TableDefinition,
  key: ItemKey,
  stored: Stored | undefined,
): string[] {
  if (stored === undefined || stored.value === null) return [];
  const { value } = stored;
  const keys: string[] = [];
  for (const { index, partition, sort } of table.indexEntries(value)) {
    keys.push(tuple("x", app, table.name, index, partition, sort, key.partition, key.sort));
  }
  const expiry = expiryKey(app, table, key, stored);
  if (expiry !== undefined) keys.push(expiry);
  return keys;
}

/** Where it is noted when an item expires; undefined where it does not. */
export function expiryKey(
  app: string,
  table: TableDefinition,
  key: ItemKey,
  { value, clock }: Stored,
): string | undefined {
  const second = value === null ? undefined : table.expiresAt(value, clock);
  if (second === undefined) return undefined;
  return tuple("e", app, second, table.name, key.partition, key.sort);
}

/** Puts `stored` in the place of what is there, whatever that is, and returns the latter. */
export function writeItem(
  writer: EngineWriter,
  app: string,
  table: TableDefinition,
  key: ItemKey,
  stored: Stored,
): Stored | undefined {
  const at = itemKey(app, table.name, key);
  const packed = writer.get(at);
  const old = packed === undefined ? undefined : unpackStored(packed);
  const before = entryKeys(app, table, key, old);
  const after = entryKeys(app, table, key, stored);
  for (const entry of before) if (!after.includes(entry)) writer.remove(entry);
  for (const entry of after) if (!before.includes(entry)) writer.put(entry, true);
  writer.put(at, packStored(stored));
  return old;
}

/** Takes an item or its tombstone away without a trace, with its entries. */
export function removeItem(
  writer: EngineWriter,
  app: string,
  table: TableDefinition,
  key: ItemKey,
): Stored | undefined {
  const at = itemKey(app, table.name, key);
  const packed = writer.get(at);
  if (packed === undefined) return undefined;
  const old = unpackStored(packed);
  for (const entry of entryKeys(app, table, key, old)) writer.remove(entry);
  writer.remove(at);
  return old;
}

/** Puts the index entries of a value, whichever of them are there already. */
export function putIndexEntries(
  writer: EngineWriter,
  app: string,
  table: TableDefinition,
  key: ItemKey,
  value: JsonObject,
): void {
  for (const { index, partition, sort } of table.indexEntries(value)) {
    writer.put(tuple("x", app, table.name, index, partition, sort, key.partition, key.sort), true);
  }
}

/** Takes entries of one index away, or of all of a table, whatever they say; how many there were. */
export function removeIndexEntries(
  writer: EngineWriter,
  app: string,
  table: string,
  { index, limit }: { readonly index: string | undefined; readonly limit: number },
): number {
  const range = tupleRange("x", app, table, ...(index === undefined ? [] : [index]));
  const keys = Array.from(writer.range({ ...range, limit }), ([at]) => at);
  for (const at of keys) writer.remove(at);
  return keys.length;
}

/** All items and tombstones of an app, or of one table of it, in key order; after `after` if given. */
export function* itemsOf(
  reader: EngineReader,
  app: string,
  table?: string,
  after?: { readonly table: string; readonly key: ItemKey },
): IterableIterator<StoredItem> {
  const range = table === undefined ? tupleRange("i", app) : tupleRange("i", app, table);
  // Above the key itself and every tuple that extends it, below any other.
  const from = after === undefined ? range.from : `${itemKey(app, after.table, after.key)}\u0000`;
  for (const [at, packed] of reader.range({ from, to: range.to })) {
    const [, , name, partition, sort] = parseTuple(at) as string[];
    yield {
      table: name as string,
      key: { partition: partition as string, sort: sort as string },
      stored: unpackStored(packed),
    };
  }
}

export interface Piece {
  readonly items: readonly StoredItem[];
  /** None follow. */
  readonly isLast: boolean;
}

const PIECE_ITEMS = 512;
const PIECE_BYTES = 512 * 1024;

/** The next items of a walk over a table: so many, and so large, that one turn can hold them. */
export function pieceOf(
  reader: EngineReader,
  app: string,
  table: string,
  after: ItemKey | undefined,
): Piece {
  const items: StoredItem[] = [];
  let bytes = 0;
  const from = after === undefined ? undefined : { table, key: after };
  for (const item of itemsOf(reader, app, table, from)) {
    items.push(item);
    bytes += item.stored.value === null ? 0 : jsonBytesAtMost(item.stored.value);
    if (items.length === PIECE_ITEMS || bytes > PIECE_BYTES) return { items, isLast: false };
  }
  return { items, isLast: true };
}

export interface Expired {
  /** The entry that says so, in the engine. */
  readonly at: string;
  readonly table: string;
  readonly key: ItemKey;
}

/** Items whose `expires` lies before `second`, at most `limit`, the earliest first. */
export function expiredItems(
  reader: EngineReader,
  app: string,
  second: number,
  limit: number,
): Expired[] {
  const { from } = tupleRange("e", app);
  const range = { from, to: tuple("e", app, Math.max(0, Math.floor(second))), limit };
  return Array.from(reader.range(range), ([at]) => {
    const [, , , table, partition, sort] = parseTuple(at) as string[];
    const key = { partition: partition as string, sort: sort as string };
    return { at, table: table as string, key };
  });
}
