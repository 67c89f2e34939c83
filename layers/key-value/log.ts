/**
 * The log of one lineage of one app in one region: every write, in commit order, without gaps.
 * *pure over the engine*
 *
 * An active-passive app has one lineage, continued by each holder in its epoch; an active-active
 * app has one per region. An epoch's entries are written by one process only, after its `begin`, so
 * two regions that both have that `begin` agree on everything before it and on the common part of
 * the epoch (the log matching of Raft 5.3, with epochs for terms).
 *
 *   position   1      2   3     4      5   6
 *   epoch      1b     1   1     2b     2   2        b = begin
 *
 * Invariants
 *  G1 positions are dense: entry n+1 is never there without entry n     (append)
 *  G2 epochs never fall along a log                                     (append)
 */
import { assert } from "../../base/assert.ts";
import type { Engine, EngineReader, EngineWriter } from "./engine.ts";
import type { Place, Stamp } from "./items.ts";
import { parseTuple, tuple, tupleAfter, tupleRange } from "./key.ts";
import type { ItemKey, JsonObject } from "./table.ts";

export interface Change {
  readonly table: string;
  readonly key: ItemKey;
  /** null: deleted. */
  readonly value: JsonObject | null;
  /** Of the deletion of what had expired, and of a recovered write: which one it is of (merge.ts). */
  readonly of?: Place;
}

export interface Entry {
  readonly position: number;
  readonly epoch: number;
  readonly region: string;
  readonly clock: number;
  /** Empty for a `begin`. */
  readonly changes: readonly Change[];
  readonly begin?: Begin;
}

export interface Begin {
  /** The last position of the lineage before this epoch that the taker held. */
  readonly cut: number;
  /** Whether everything acknowledged before is below the cut: the taker was in the in-sync set. */
  readonly lossless: boolean;
}

/** Where an epoch begins, and who wrote it. */
export interface EpochStart {
  readonly epoch: number;
  readonly position: number;
  readonly region: string;
  readonly lossless: boolean;
}

/** Whether nothing that was acknowledged in `epoch` is beyond the cut of the one that followed it. */
export const wasLossless = (starts: readonly EpochStart[], epoch: number): boolean =>
  starts.find((start) => start.epoch > epoch)?.lossless ?? false;

export interface LogEnd {
  readonly epoch: number;
  readonly position: number;
}

export const stampOf = (entry: Entry): Stamp => ({
  epoch: entry.epoch,
  region: entry.region,
  sequence: entry.position,
});

type Packed = readonly [number, string, number, readonly Change[], Begin?];

export class Log {
  readonly app: string;
  readonly lineage: string;
  /** What the keys of all entries begin with. */
  readonly #prefix: string;
  #end: LogEnd = { epoch: 0, position: 0 };
  /** The first position that is still there; those before were trimmed. */
  #first = 1;
  #starts: readonly EpochStart[] = [];

  constructor(reader: EngineReader, app: string, lineage: string) {
    this.app = app;
    this.lineage = lineage;
    this.#prefix = tuple("l", app, lineage);
    this.#reload(reader);
  }

  /** A transaction that changes this log: where it is undone, so are the ends in memory. */
  transact<Result>(engine: Engine, body: (writer: EngineWriter) => Result): Result {
    try {
      return engine.transact(body);
    } catch (error) {
      this.#reload(engine);
      throw error;
    }
  }

  #reload(reader: EngineReader): void {
    const { app, lineage } = this;
    const meta = reader.get(tuple("g", app, lineage)) as
      | { first: number; base: LogEnd; starts: EpochStart[] }
      | undefined;
    this.#first = meta?.first ?? 1;
    this.#starts = meta?.starts ?? [];
    this.#end = meta?.base ?? { epoch: 0, position: 0 };
    const range = tupleRange("l", app, lineage);
    for (const [key, value] of reader.range({ ...range, reverse: true, limit: 1 })) {
      this.#end = { epoch: (value as Packed)[0], position: positionOf(key) };
    }
  }

  get end(): LogEnd {
    return this.#end;
  }
  get first(): number {
    return this.#first;
  }
  get starts(): readonly EpochStart[] {
    return this.#starts;
  }

  append(writer: EngineWriter, entry: Entry): void {
    assert(entry.position === this.#end.position + 1, "log: a gap");
    assert(entry.epoch >= this.#end.epoch, "log: an epoch that falls");
    const { epoch, region, clock, changes, begin } = entry;
    const packed: Packed =
      begin === undefined
        ? [epoch, region, clock, changes]
        : [epoch, region, clock, changes, begin];
    writer.put(this.#key(entry.position), packed);
    this.#end = { epoch, position: entry.position };
    if (begin !== undefined) {
      const start = { epoch, position: entry.position, region, lossless: begin.lossless };
      this.#starts = [...this.#starts, start];
      this.#writeMeta(writer);
    }
  }

  entry(reader: EngineReader, position: number): Entry | undefined {
    const packed = reader.get(this.#key(position));
    return packed === undefined ? undefined : unpack(position, packed as Packed);
  }

  /** Entries from `position` on, at most `limit`. */
  entries(reader: EngineReader, position: number, limit: number): Entry[] {
    const { to } = tupleRange("l", this.app, this.lineage);
    const found: Entry[] = [];
    for (const [key, value] of reader.range({ from: this.#key(position), to, limit })) {
      found.push(unpack(positionOf(key), value as Packed));
    }
    return found;
  }

  /** The epoch of the entry at a position, from the epoch starts alone; 0 before the first. */
  epochAt(position: number): number {
    for (let at = this.#starts.length - 1; at >= 0; at--) {
      const start = this.#starts[at] as EpochStart;
      if (start.position <= position) return start.epoch;
    }
    return 0;
  }

  /** The last position of an epoch in this log, or undefined when its begin is not here. */
  endOfEpoch(epoch: number): number | undefined {
    const at = this.#starts.findIndex((start) => start.epoch === epoch);
    if (at < 0) return undefined;
    const following = this.#starts[at + 1];
    return following === undefined ? this.#end.position : following.position - 1;
  }

  /** The last position that this log and another, told by its epoch starts and end, share. */
  commonWith(starts: readonly EpochStart[], end: LogEnd): number {
    for (let at = starts.length - 1; at >= 0; at--) {
      const theirs = starts[at] as EpochStart;
      const ours = this.endOfEpoch(theirs.epoch);
      if (ours === undefined) continue;
      const following = starts[at + 1];
      const theirEnd = following === undefined ? end.position : following.position - 1;
      return Math.min(ours, theirEnd);
    }
    return 0;
  }

  /** Takes away everything after `position`, and returns it. */
  cutAfter(writer: EngineWriter, position: number): Entry[] {
    const removed = this.entries(writer, position + 1, Number.MAX_SAFE_INTEGER);
    for (const entry of removed) writer.remove(this.#key(entry.position));
    this.#starts = this.#starts.filter((start) => start.position <= position);
    this.#end = { epoch: this.epochAt(position), position };
    this.#writeMeta(writer);
    return removed;
  }

  /** Forgets entries before `position`; who needs them is rebuilt from a snapshot. */
  trimBefore(writer: EngineWriter, position: number, atMost: number): void {
    const upTo = Math.min(position, this.#end.position + 1, this.#first + atMost);
    for (let at = this.#first; at < upTo; at++) writer.remove(this.#key(at));
    if (upTo <= this.#first) return;
    this.#first = upTo;
    this.#writeMeta(writer);
  }

  /** Begins anew behind a snapshot that holds everything through `end`. */
  startAt(writer: EngineWriter, end: LogEnd, starts: readonly EpochStart[]): void {
    for (const [key] of [...writer.range(tupleRange("l", this.app, this.lineage))])
      writer.remove(key);
    this.#end = end;
    this.#first = end.position + 1;
    this.#starts = starts;
    this.#writeMeta(writer);
  }

  #writeMeta(writer: EngineWriter): void {
    const base = { epoch: this.epochAt(this.#first - 1), position: this.#first - 1 };
    writer.put(tuple("g", this.app, this.lineage), {
      first: this.#first,
      base,
      starts: this.#starts,
    });
  }

  #key(position: number): string {
    return tupleAfter(this.#prefix, position);
  }
}

/** The lineages of an app that this region holds. */
export function lineagesOf(reader: EngineReader, app: string): string[] {
  const found: string[] = [];
  for (const [key] of reader.range(tupleRange("g", app))) {
    found.push(parseTuple(key)[2] as string);
  }
  return found;
}

const positionOf = (key: string): number => Number.parseInt(key.slice(-11), 36);

function unpack(position: number, [epoch, region, clock, changes, begin]: Packed): Entry {
  const entry = { position, epoch, region, clock, changes };
  return begin === undefined ? entry : { ...entry, begin };
}
