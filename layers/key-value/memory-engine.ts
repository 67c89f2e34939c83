/**
 * The engine in memory, for simulations and tests. *adapter*
 *
 * Values are kept by reference in one sorted map that shows every transaction at once. What is not
 * flushed yet has its undo list; a crash plays those back, newest first, and so does a body that
 * throws.
 *
 * The "disk" is what was flushed. `reopen` starts a second process on it: the older engine goes on
 * as a zombie that reads and writes its own view, can flush no more, and is told so.
 *
 * Invariants (engine-contract.ts runs E1-E3 of the port on it)
 *  M1 flushed state = map with all undo lists played back
 *  M2 at most one engine per disk can flush: the one opened last
 */
import { assert } from "../../base/assert.ts";
import type { Engine, EngineReader, EngineWriter } from "./engine.ts";
import { EngineFullError } from "./engine-errors.ts";
import { SortedMap } from "./memory-engine-map.ts";

/** A copy of a disk. */
export interface MemorySnapshot {
  readonly entries: SortedMap;
  readonly incarnation: number;
}

export interface MemoryEngine extends Engine {
  /** How often the disk has been opened, this time included. */
  readonly incarnation: number;
  readonly flushedSequence: number;
  /** Puts transactions up to `sequence` (default: all) on disk, and tells the listeners. */
  flush(sequence?: number): void;
  /** Loses what was not flushed, and all listeners: they belonged to the process that ended. */
  crash(): void;
  /** A copy of what is on disk. */
  snapshot(): MemorySnapshot;
  /** Puts an old copy in the place of the disk; what was not flushed is lost, and all counting. */
  restore(snapshot: MemorySnapshot): void;
  /** The next process on this disk is above `incarnation`, unless one has opened it already. */
  countFrom(incarnation: number): void;
  /** Most entries the disk may hold; `transact` throws EngineFullError where there would be more. */
  setCapacity(entries: number | undefined): void;
  /** A second process on this disk. This one can flush no more. */
  reopen(): MemoryEngine;
  onSuperseded(listener: () => void): void;
  readonly size: number;
  /** Entries that may be added before the disk is full. */
  readonly room: number;
}

export interface MemoryEngineOptions {
  /** Most entries on disk. */
  readonly capacity?: number;
}

/** What undoes a transaction: keys with the values they had, in the order of the changes. */
interface Undo {
  readonly sequence: number;
  readonly changes: (readonly [key: string, before: unknown])[];
}

interface Disk {
  incarnation: number;
  capacity: number | undefined;
}

export function createMemoryEngine(options: MemoryEngineOptions = {}): MemoryEngine {
  return openOn({ incarnation: 0, capacity: options.capacity }, new SortedMap(), 0);
}

function playBack(map: SortedMap, changes: Undo["changes"]): void {
  for (let at = changes.length - 1; at >= 0; at--) {
    const [key, before] = changes[at] as readonly [string, unknown];
    if (before === undefined) map.delete(key);
    else map.set(key, before);
  }
}

const allKeys = Number.POSITIVE_INFINITY;
const firstPortion = 32;

function readerOf(map: () => SortedMap): EngineReader {
  return {
    get: (key) => map().get(key),
    range: ({ from, to, reverse, limit }) => {
      // In portions, so that reading the first of many costs little; each is a consistent copy.
      const most = Math.min(limit ?? allKeys, firstPortion);
      const first = map().slice(from, to, most, reverse ?? false);
      if (first.length < firstPortion || limit === firstPortion) return first;
      return portions(map, first, { from, to, reverse: reverse ?? false, limit: limit ?? allKeys });
    },
  };
}

function* portions(
  map: () => SortedMap,
  first: readonly (readonly [string, unknown])[],
  range: { from: string; to: string; reverse: boolean; limit: number },
): IterableIterator<readonly [string, unknown]> {
  const { reverse } = range;
  let { from, to, limit } = range;
  let portion = first;
  for (let asked = firstPortion; ; asked *= 2) {
    yield* portion;
    limit -= portion.length;
    const last = portion.at(-1);
    if (portion.length < asked || last === undefined || limit <= 0) return;
    if (reverse) to = last[0];
    else from = `${last[0]}\u0000`;
    portion = map().slice(from, to, Math.min(limit, 2 * asked), reverse);
  }
}

function openOn(disk: Disk, initial: SortedMap, initialSequence: number): MemoryEngine {
  disk.incarnation += 1;
  const incarnation = disk.incarnation;
  let map = initial;
  let undos: Undo[] = [];
  let sequence = initialSequence;
  let flushedSequence = initialSequence;
  let isInside = false;
  let flushedListeners: ((sequence: number) => void)[] = [];
  let supersededListeners: (() => void)[] = [];
  const reader = readerOf(() => map);

  const transact = <Result>(body: (writer: EngineWriter) => Result): Result => {
    assert(!isInside, "transact: a transaction cannot begin inside another");
    const changes: (readonly [string, unknown])[] = [];
    let isOpen = true;
    const writer: EngineWriter = {
      ...reader,
      put: (key, value) => {
        assert(isOpen, "put: the transaction has ended");
        assert(value !== undefined, "put: undefined is no value; use remove");
        changes.push([key, map.set(key, value)]);
      },
      remove: (key) => {
        assert(isOpen, "remove: the transaction has ended");
        const before = map.delete(key);
        if (before !== undefined) changes.push([key, before]);
      },
    };
    isInside = true;
    try {
      const sizeBefore = map.size;
      const result = body(writer);
      const { capacity } = disk;
      if (
        capacity !== undefined &&
        map.size > capacity &&
        map.size >= sizeBefore &&
        changes.length > 0
      ) {
        throw new EngineFullError(`the disk holds at most ${capacity} entries, not ${map.size}`);
      }
      sequence += 1;
      undos.push({ sequence, changes });
      return result;
    } catch (error) {
      playBack(map, changes);
      throw error;
    } finally {
      isOpen = false;
      isInside = false;
    }
  };

  const flushedMap = (): SortedMap => {
    const copy = map.copy();
    for (let at = undos.length - 1; at >= 0; at--) playBack(copy, (undos[at] as Undo).changes);
    return copy;
  };

  const engine: MemoryEngine = {
    ...reader,
    incarnation,
    transact,
    get sequence() {
      return sequence;
    },
    get flushedSequence() {
      return flushedSequence;
    },
    get size() {
      return map.size;
    },
    get room() {
      return (disk.capacity ?? Number.POSITIVE_INFINITY) - map.size;
    },
    onFlushed: (listener) => {
      flushedListeners.push(listener);
    },
    onSuperseded: (listener) => {
      supersededListeners.push(listener);
    },
    flush: (upTo = sequence) => {
      if (disk.incarnation !== incarnation) {
        for (const listener of supersededListeners) listener();
        return;
      }
      const target = Math.min(upTo, sequence);
      if (target <= flushedSequence) return;
      flushedSequence = target;
      undos = undos.filter((undo) => undo.sequence > target);
      for (const listener of flushedListeners) listener(target);
    },
    crash: () => {
      map = flushedMap();
      undos = [];
      sequence = flushedSequence;
      flushedListeners = [];
      supersededListeners = [];
    },
    snapshot: () => ({ entries: flushedMap(), incarnation }),
    restore: (snapshot) => {
      map = snapshot.entries.copy();
      disk.incarnation = snapshot.incarnation;
      undos = [];
      sequence = flushedSequence;
    },
    countFrom: (above) => {
      if (disk.incarnation === incarnation) disk.incarnation = Math.max(above, incarnation);
    },
    setCapacity: (entries) => {
      disk.capacity = entries;
    },
    reopen: () => openOn(disk, flushedMap(), flushedSequence),
  };
  return engine;
}
