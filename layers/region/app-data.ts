/**
 * The items of one app in one region: what a transaction does to them, what an entry of another
 * region does to them. *pure over the engine*
 *
 *   ("a", app)                     AppState: fence, begun epoch, repair
 *   ("s", app, epoch, position)    stranded entries, until a holder has judged them
 *   ("sc", app)                    how many of them there are
 *
 * Invariants
 *  D1 a transaction's conditions are all checked before its first change      (evaluating.ts)
 *  D2 item, index, log entry and idempotency record are of one transaction    (its callers)
 *  D3 entries applied twice, or late, change nothing that is newer            (apply, merge)
 */
import type { WallMs } from "../../base/clock.ts";
import type { CheckedWrite } from "../key-value/checked-writes.ts";
import type { Engine, EngineReader, EngineWriter } from "../key-value/engine.ts";
import {
  itemKey,
  itemsOf,
  readItem,
  removeItem,
  type Stored,
  type StoredItem,
  versionOf,
  writeItem,
} from "../key-value/items.ts";
import { compareKeys, type KeyRange, tuple, tupleRange } from "../key-value/key.ts";
import { type Entry, type EpochStart, stampOf, wasLossless } from "../key-value/log.ts";
import type { Merge } from "../key-value/merge.ts";
import { isPlatformName } from "../key-value/platform-names.ts";
import type { IdempotencyRecord } from "../key-value/port.ts";
import type { ItemKey, TableDefinition } from "../key-value/table.ts";
import { OBJECTS } from "../objects/names.ts";
import type { Position } from "../routing/messages.ts";
import { ByteLedger, digestOf, type EntryPlace, NO_ENTRY } from "./byte-ledger.ts";
import { type Evaluated, evaluate, rankOf } from "./evaluating.ts";
import { type ExpiryRules, expiryRulesOf, type NotedExpiries } from "./expiry-marks.ts";
import { IndexBuilding } from "./index-building.ts";
import type { KeyedItem, StrandedEntry } from "./messages.ts";
import { platformTable } from "./platform-tables.ts";
import type { RegionRules } from "./rules.ts";
import { marksThrough, markTombstone } from "./tombstones.ts";

type StoredPlace = { readonly table: string; readonly key: ItemKey };
/** After the first through the second; open where one is absent. */
type Span = readonly [after: StoredPlace | undefined, upTo: StoredPlace | undefined];

export interface AppState {
  /** Appends of a lower epoch are refused. */
  readonly fenceBelow: number;
  readonly begunEpoch: number;
  /**
   * Items are as another region had them at this end of its log, which this one has yet to reach;
   * it acknowledges nothing and takes nothing before. There is nothing to reach at position 0.
   */
  readonly repairUntil: Position;
  /** A log end that was told before this store was rolled back; no taker before it is reached. */
  readonly mustReach?: Position;
  /** Names this store; another one after a loss. */
  readonly logId: string;
  /** The store may lack what the app has elsewhere (arriving.ts). */
  readonly isPartial?: boolean;
  /** The highest moment of the hybrid clock through which tombstones were collected. */
  readonly floor?: number;
  /** For which tables it is noted when their items expire (expiry-marks.ts). */
  readonly expiries?: NotedExpiries;
}

export const NOTHING_TO_REACH: Position = { epoch: 0, position: 0 };
/** No log gets that far: the store is not whole before the last page of a snapshot. */
export const NOT_WHOLE: number = Number.MAX_SAFE_INTEGER;
const NO_STATE: AppState = {
  fenceBelow: 0,
  begunEpoch: 0,
  repairUntil: NOTHING_TO_REACH,
  logId: "",
};

export class AppData {
  readonly app: string;
  readonly merge: Merge;
  /** What its rows name in bytes, and which of those are here. */
  readonly bytes: ByteLedger;
  readonly building: IndexBuilding;
  readonly expiryRules: ExpiryRules;
  readonly #tables: ReadonlyMap<string, TableDefinition>;
  readonly #rules: RegionRules;
  readonly #stateKey: string;
  readonly #strandedRange: KeyRange;
  readonly #strandedCountKey: string;

  constructor(app: string, merge: Merge, tables: readonly TableDefinition[], rules: RegionRules) {
    this.app = app;
    this.#stateKey = tuple("a", app);
    this.#strandedRange = tupleRange("s", app);
    this.#strandedCountKey = tuple("sc", app);
    this.merge = merge;
    this.bytes = new ByteLedger(app);
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.building = new IndexBuilding(app, this.#tables);
    this.#rules = rules;
    this.expiryRules = expiryRulesOf(tables);
  }

  table(name: string): TableDefinition {
    return this.#tables.get(name) ?? platformTable(name);
  }

  /** Of a table that this version of the app does not know, nobody can say that it is no secret. */
  isConfidential(table: string): boolean {
    return isPlatformName(table) || this.#tables.get(table)?.confidential !== false;
  }

  state(reader: EngineReader): AppState {
    return (reader.get(this.#stateKey) as AppState | undefined) ?? NO_STATE;
  }

  setState(writer: EngineWriter, state: AppState): void {
    writer.put(this.#stateKey, state);
  }

  get(reader: EngineReader, table: string, key: ItemKey): Stored | undefined {
    return readItem(reader, this.app, table, key);
  }

  /** Checks every condition; gives the changes, and writes nothing (evaluating.ts). */
  evaluate(
    reader: EngineReader,
    writes: readonly CheckedWrite[],
    idempotency: IdempotencyRecord | undefined,
    wall: WallMs,
  ): Evaluated {
    const { app, merge, bytes } = this;
    return evaluate({ app, merge, bytes, rules: this.#rules }, reader, writes, idempotency, wall);
  }

  /** Whether a write stays where another one is: by rank, and then by time. */
  wins(table: TableDefinition, next: Stored, old: Stored): boolean {
    const [a, b] = [next, old].map(({ value }) => rankOf(table, value, this.merge));
    const order = this.#rules.compareRanks(a ?? 0, b ?? 0);
    return (order === 0 ? this.#rules.compareWrites(next, old, this.merge) : order) > 0;
  }

  /** An entry's changes, where nothing newer is there. */
  apply(writer: EngineWriter, entry: Entry, lineage: string): void {
    const isActive = this.merge === "active-active";
    const floor = isActive ? this.#rules.floorOf(this.state(writer).floor) : 0;
    for (const change of entry.changes) {
      const { value, of } = change;
      const at = { stamp: stampOf(entry), clock: entry.clock };
      const next = { ...at, value, ...(of === undefined ? {} : { of }) };
      const table = this.table(change.table);
      const old = readItem(writer, this.app, change.table, change.key);
      if (old === undefined ? entry.clock <= floor : !this.wins(table, next, old)) continue;
      this.#store(writer, table, change.key, next, { lineage, position: entry.position });
    }
  }

  #store(
    writer: EngineWriter,
    table: TableDefinition,
    key: ItemKey,
    next: Stored,
    at: EntryPlace = NO_ENTRY,
  ): void {
    const old = writeItem(writer, this.app, table, key, next);
    if (table.name === OBJECTS) {
      this.bytes.renamed(writer, digestOf(old?.value), digestOf(next.value), at);
    }
    if (next.value === null) markTombstone(writer, this.app, next.clock, table.name, key);
  }

  /** Sets items to what the holder has, whatever is here. */
  overwrite(writer: EngineWriter, items: readonly KeyedItem[]): void {
    for (const { table, key, stored } of items) {
      if (stored === undefined) this.#remove(writer, table, key);
      else this.#store(writer, this.table(table), key, stored);
    }
  }

  #remove(writer: EngineWriter, table: string, key: ItemKey): void {
    const old = removeItem(writer, this.app, this.table(table), key);
    if (table !== OBJECTS) return;
    this.bytes.renamed(writer, digestOf(old?.value), undefined, NO_ENTRY);
  }

  /**
   * A page of another region's store beside what is here between two items: the newer one stays,
   * and what is not there was deleted where it is older than that region's `floor`.
   */
  mergeRange(
    writer: EngineWriter,
    items: readonly KeyedItem[],
    [after, upTo]: Span,
    floor: number,
  ): void {
    const there = new Set(items.map(({ table, key }) => itemKey(this.app, table, key)));
    const gone = this.#between(writer, after, upTo).filter(
      ({ at, stored }) => !there.has(at) && stored.clock <= floor,
    );
    const newer = items.filter(({ table, key, stored }) => {
      const old = readItem(writer, this.app, table, key);
      return (
        stored !== undefined && (old === undefined || this.wins(this.table(table), stored, old))
      );
    });
    this.overwrite(writer, [...gone.map(({ table, key }) => ({ table, key })), ...newer]);
  }

  /**
   * A page of another region's store in the place of what is here between two items; the items
   * that `isOnlyHere` says of, as they were.
   */
  replaceRange(
    writer: EngineWriter,
    items: readonly KeyedItem[],
    [after, upTo]: Span,
    isOnlyHere: (stored: Stored) => boolean,
  ): StoredItem[] {
    const kept = new Map(
      items.map(({ table, key, stored }) => [
        itemKey(this.app, table, key),
        stored && versionOf(stored.stamp),
      ]),
    );
    const here = this.#between(writer, after, upTo);
    const gone = here.filter(({ at }) => !kept.has(at)).map(({ table, key }) => ({ table, key }));
    this.overwrite(writer, [...gone, ...items]);
    return here.filter(
      ({ at, stored }) => kept.get(at) !== versionOf(stored.stamp) && isOnlyHere(stored),
    );
  }

  #between(
    reader: EngineReader,
    after: StoredPlace | undefined,
    upTo: StoredPlace | undefined,
  ): (StoredItem & { readonly at: string })[] {
    const end = upTo && itemKey(this.app, upTo.table, upTo.key);
    const found: (StoredItem & { readonly at: string })[] = [];
    for (const item of itemsOf(reader, this.app, undefined, after)) {
      const at = itemKey(this.app, item.table, item.key);
      if (end !== undefined && compareKeys(at, end) > 0) break;
      found.push({ ...item, at });
    }
    return found;
  }

  /** Strands items whose entries are no longer in the log; `starts` are of the log that lacks them. */
  strandItems(
    writer: EngineWriter,
    items: readonly StoredItem[],
    starts: readonly EpochStart[],
  ): void {
    for (const { table, key, stored } of items) {
      const { epoch, region, sequence } = stored.stamp;
      const of = stored.of === undefined ? {} : { of: stored.of };
      const change = { table, key, value: stored.value, ...of };
      const entry = { position: sequence, epoch, region, clock: stored.clock, changes: [change] };
      const lossless = wasLossless(starts, epoch);
      const at = this.strandedKey({ entry, lossless });
      const before = writer.get(at) as StrandedEntry | undefined;
      const isKnown = before?.entry.changes.some(
        (known) =>
          known.table === table &&
          itemKey(this.app, table, known.key) === itemKey(this.app, table, key),
      );
      if (isKnown) continue;
      const changes = [...(before?.entry.changes ?? []), change];
      this.#putStranded(writer, at, { entry: { ...entry, changes }, lossless });
    }
  }

  /** Forgets tombstones through a moment that every region is beyond; how many. */
  collectTombstones(engine: Engine, stable: number, limit: number): number {
    const marks = marksThrough(engine, this.app, stable, limit);
    const last = marks.at(-1);
    if (last === undefined) return 0;
    engine.transact((writer) => {
      for (const { at, clock, table, key } of marks) {
        const stored = readItem(writer, this.app, table, key);
        const isSame = stored?.value === null && stored.clock === clock;
        if (isSame) removeItem(writer, this.app, this.table(table), key);
        writer.remove(at);
      }
      const state = this.state(writer);
      this.setState(writer, { ...state, floor: Math.max(state.floor ?? 0, last.clock) });
    });
    return marks.length;
  }

  strand(writer: EngineWriter, entries: readonly Entry[], starts: readonly EpochStart[]): void {
    for (const entry of entries) {
      // What only collects is nobody's write: whoever serves collects it again.
      if (entry.changes.every(({ of }) => of !== undefined)) continue;
      const lossless = wasLossless(starts, entry.epoch);
      this.#putStranded(writer, this.strandedKey({ entry, lossless }), { entry, lossless });
    }
  }

  #putStranded(writer: EngineWriter, at: string, stranded: StrandedEntry): void {
    const more = writer.get(at) === undefined ? 1 : 0;
    writer.put(this.#strandedCountKey, this.strandedCount(writer) + more);
    writer.put(at, stranded);
  }

  /** A holder has judged these. */
  forgetStranded(writer: EngineWriter, keys: readonly string[]): void {
    const gone = keys.filter((key) => writer.get(key) !== undefined);
    writer.put(this.#strandedCountKey, this.strandedCount(writer) - gone.length);
    for (const key of gone) writer.remove(key);
  }

  /** How many entries no holder has judged yet. A store of before they were counted counts once. */
  strandedCount(reader: EngineReader): number {
    const known = reader.get(this.#strandedCountKey) as number | undefined;
    return known ?? Array.from(reader.range(this.#strandedRange)).length;
  }

  strandedKey({ entry }: StrandedEntry): string {
    return tuple("s", this.app, entry.epoch, entry.position);
  }

  /** Entries that no holder has judged yet, oldest first. */
  stranded(reader: EngineReader, limit: number): StrandedEntry[] {
    const range = { ...this.#strandedRange, limit };
    return Array.from(reader.range(range), ([, value]) => value as StrandedEntry);
  }
}
