/**
 * The engine on a real disk: LMDB, with a write-ahead log in front of it. *adapter*
 *
 *   transact --> overlay (visible at once) --> frame --> log, on disk --> onFlushed
 *                      ^                                  |
 *                      +---- leaves when LMDB has it <----+  (large commits, conditional)
 *
 * Transactions run synchronously on this thread; all that ended within one turn of the event loop,
 * or while the frame before was being written, share one frame and one flush.
 *
 * Invariants (engine-contract.ts for E1-E3 of the port; lmdb-engine.test.ts)
 *  N1 reads see overlay over LMDB = all transactions, in order    (an entry leaves after `apply`)
 *  N2 a process that is not the stored incarnation gets nothing flushed: its listener is called
 *     only when the incarnation was read, unchanged, after the frame was on disk; who opens the
 *     store writes the incarnation first and reads the log after, so one of the two sees the other
 *  N3 the overlay is bounded: `transact` throws EngineFullError beyond `overlayEntries`, and while
 *     the disk refuses writes; what was taken before is kept and retried
 */
import { assert } from "../../base/assert.ts";
import type { Engine, EngineReader, EngineWriter } from "../../layers/key-value/engine.ts";
import {
  EngineClosedError,
  EngineFullError,
  EngineSupersededError,
} from "../../layers/key-value/engine-errors.ts";
import { utf8Bytes } from "../../layers/key-value/key.ts";
import { ByteWriter } from "./lmdb-engine-codec.ts";
import {
  type EngineLog,
  frameHeaderBytes,
  type Operation,
  openLog,
  sealFrame,
  writeOperation,
} from "./lmdb-engine-log.ts";
import { Overlay, type OverlayEntry } from "./lmdb-engine-overlay.ts";
import { type LmdbStore, openLmdbStore } from "./lmdb-engine-store.ts";

export interface LmdbEngineOptions {
  /** A folder of its own; made when absent. */
  readonly path: string;
  /** Entries that may wait for LMDB; default 200,000. */
  readonly overlayEntries?: number;
}

export interface LmdbEngine extends Engine {
  /** How often the store has been opened, this time included. */
  readonly incarnation: number;
  readonly flushedSequence: number;
  /** 0 to 1: how full the overlay is. Callers should slow down from about one half. */
  readonly pressure: number;
  /** Another process has opened the store: this one can flush no more, and must end. */
  onSuperseded(listener: () => void): void;
  readonly countFrom: LmdbStore["countFrom"];
  /** Why the disk takes no writes now, or has no room for LMDB; it is tried again and again. */
  readonly trouble: Error | undefined;
  /** `trouble` has changed. */
  onTrouble(listener: (error: Error | undefined) => void): void;
  /** Resolves when everything so far is on disk and in LMDB; nothing is accepted afterwards. */
  close(): Promise<void>;
}

const maxKeyBytes = 1900;
const applyOperations = 16_384;
const applyDelayMs = 50;
const turnOperations = 2048;
const applyRetryMs = 500;
const portionEntries = 32;
const frameBytes = 64 * 1024;

interface Placed {
  readonly key: string;
  readonly valueAt: number;
  readonly end: number;
}

interface Batch {
  readonly writer: ByteWriter;
  readonly placed: Placed[];
  readonly first: number;
  last: number;
}

export async function openLmdbEngine(options: LmdbEngineOptions): Promise<LmdbEngine> {
  const store = await openLmdbStore(options.path);
  const troubled: { report: (error: Error | undefined) => void } = { report: () => {} };
  const log = await openLog(options.path, store.incarnation, (error) =>
    troubled.report(error),
  ).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const engine = new QueuedEngine(store, log, options.overlayEntries ?? 200_000);
  troubled.report = (error) => engine.noteTrouble(error);
  return engine;
}

class QueuedEngine implements LmdbEngine {
  readonly incarnation: number;
  readonly countFrom: LmdbStore["countFrom"];
  readonly #store: LmdbStore;
  readonly #log: EngineLog;
  readonly #overlayEntries: number;
  readonly #overlay = new Overlay();
  #sequence: number;
  #flushedSequence: number;
  #batch: Batch;
  #unapplied: Batch[] = [];
  #isInside = false;
  #isSuperseded = false;
  #isClosed = false;
  #trouble: Error | undefined;
  /** The log takes writes, and LMDB cannot: that goes well until the log is full. */
  #applyTrouble: Error | undefined;
  #toldTrouble: string | undefined;
  #flushing: Promise<void> | undefined;
  #applying: Promise<void> | undefined;
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #flushedListeners: ((sequence: number) => void)[] = [];
  readonly #supersededListeners: (() => void)[] = [];
  readonly #troubleListeners: ((error: Error | undefined) => void)[] = [];

  constructor(store: LmdbStore, log: EngineLog, overlayEntries: number) {
    this.#store = store;
    this.#log = log;
    this.#overlayEntries = overlayEntries;
    this.incarnation = store.incarnation;
    this.countFrom = store.countFrom;
    this.#sequence = store.recovered;
    this.#flushedSequence = store.recovered;
    this.#batch = this.#newBatch();
  }

  get sequence(): number {
    return this.#sequence;
  }
  get flushedSequence(): number {
    return this.#flushedSequence;
  }
  get trouble(): Error | undefined {
    return this.#trouble ?? this.#applyTrouble;
  }
  get pressure(): number {
    return Math.min(1, this.#overlay.size / this.#overlayEntries);
  }

  onFlushed(listener: (sequence: number) => void): void {
    this.#flushedListeners.push(listener);
  }
  onSuperseded(listener: () => void): void {
    this.#supersededListeners.push(listener);
  }
  onTrouble(listener: (error: Error | undefined) => void): void {
    this.#troubleListeners.push(listener);
  }

  get(key: string): unknown {
    const entry = this.#overlay.get(key);
    return entry === undefined ? this.#store.get(key) : entry.value;
  }

  /** In portions: each is consistent, and the store may change between two. */
  *range(
    options: Parameters<EngineReader["range"]>[0],
  ): IterableIterator<readonly [string, unknown]> {
    const { reverse = false, limit = Number.POSITIVE_INFINITY } = options;
    let { from, to } = options;
    let left = limit;
    for (let ask = portionEntries; left > 0; ask *= 2) {
      const most = Math.min(left, ask);
      const portion = this.#overlay.merge(this.#store.range, { from, to }, most, reverse);
      yield* portion;
      const last = portion.at(-1);
      if (portion.length < most || last === undefined) return;
      left -= most;
      if (reverse) to = last[0];
      else from = `${last[0]}\u0000`;
    }
  }

  transact<Result>(body: (writer: EngineWriter) => Result): Result {
    this.#mustAccept();
    const changes: [key: string, before: OverlayEntry | undefined, value: unknown][] = [];
    const sequence = this.#sequence + 1;
    let isOpen = true;
    const change = (key: string, value: unknown): void => {
      assert(isOpen, "the transaction has ended");
      changes.push([key, this.#overlay.get(key), value]);
      this.#overlay.set(key, { value, sequence });
    };
    const writer: EngineWriter = {
      get: (key) => this.get(key),
      range: (options) => this.range(options),
      put: (key, value) => {
        assert(value !== undefined, "put: undefined is no value; use remove");
        assert(fitsKey(key), `put: a key has 1 to ${maxKeyBytes} bytes`);
        change(key, value);
      },
      remove: (key) => change(key, undefined),
    };
    const batch = this.#batch;
    const start = batch.writer.length;
    const placed = batch.placed.length;
    this.#isInside = true;
    try {
      const result = body(writer);
      for (const [key, , value] of changes) {
        const valueAt = writeOperation(batch.writer, key, value);
        batch.placed.push({ key, valueAt, end: batch.writer.length });
      }
      this.#sequence = sequence;
      batch.last = sequence;
      this.#flushing ??= this.#flushLoop();
      return result;
    } catch (error) {
      batch.writer.length = start;
      batch.placed.length = placed;
      for (const [key, before] of changes.reverse()) {
        if (before === undefined) this.#overlay.delete(key);
        else this.#overlay.set(key, before);
      }
      throw error;
    } finally {
      isOpen = false;
      this.#isInside = false;
    }
  }

  #mustAccept(): void {
    assert(!this.#isInside, "transact: a transaction cannot begin inside another");
    if (this.#isClosed) throw new EngineClosedError("the store is closed");
    if (this.#isSuperseded) throw new EngineSupersededError("another process has opened the store");
    if (this.#trouble !== undefined) {
      throw new EngineFullError(`the disk refuses writes: ${this.#trouble.message}`, {
        cause: this.#trouble,
      });
    }
    if (this.#overlay.size >= this.#overlayEntries) {
      throw new EngineFullError(`${this.#overlay.size} entries wait for the disk; try again later`);
    }
  }

  #newBatch(): Batch {
    const writer = new ByteWriter(frameBytes);
    writer.length = frameHeaderBytes;
    return { writer, placed: [], first: this.#sequence + 1, last: this.#sequence };
  }

  async #flushLoop(): Promise<void> {
    try {
      // One turn, so that the transactions of all callers that are ready share the frame.
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.#batch.last >= this.#batch.first && !this.#isSuperseded) {
        const batch = this.#batch;
        this.#batch = this.#newBatch();
        const { incarnation } = this;
        const frame = sealFrame(batch.writer, {
          incarnation,
          first: batch.first,
          last: batch.last,
        });
        if (!(await this.#log.append(frame, batch.last))) return;
        if (!this.#store.isCurrent()) return this.#supersede();
        this.#flushedSequence = batch.last;
        this.#unapplied.push(batch);
        this.#scheduleApply();
        for (const listener of this.#flushedListeners) listener(batch.last);
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  #supersede(): void {
    if (this.#isSuperseded) return;
    this.#isSuperseded = true;
    clearTimeout(this.#applyTimer);
    for (const listener of this.#supersededListeners) listener();
  }

  noteTrouble(error: Error | undefined): void {
    this.#trouble = error;
    this.#tellTrouble();
  }

  #noteApplyTrouble(error: Error | undefined): void {
    this.#applyTrouble = error;
    this.#tellTrouble();
  }

  #tellTrouble(): void {
    const { trouble } = this;
    if (trouble?.message === this.#toldTrouble) return;
    this.#toldTrouble = trouble?.message;
    for (const listener of this.#troubleListeners) listener(trouble);
  }

  #scheduleApply(): void {
    if (this.#applying !== undefined || this.#unapplied.length === 0 || this.#isSuperseded) return;
    const waiting = this.#unapplied.reduce((sum, { placed }) => sum + placed.length, 0);
    if (waiting < applyOperations && !this.#isClosed) {
      this.#applyTimer ??= setTimeout(() => this.#startApply(), applyDelayMs);
      return;
    }
    this.#startApply();
  }

  #startApply(): void {
    clearTimeout(this.#applyTimer);
    this.#applyTimer = undefined;
    this.#applying ??= this.#apply().finally(() => {
      this.#applying = undefined;
      this.#scheduleApply();
    });
  }

  async #apply(): Promise<void> {
    const latest = new Map<string, Operation>();
    let count = 0;
    let taken = 0;
    for (const { writer, placed } of this.#unapplied) {
      if (count > 0 && count + placed.length > applyOperations) break;
      for (const { key, valueAt, end } of placed) {
        const value = valueAt < 0 ? undefined : writer.bytes.subarray(valueAt, end);
        latest.set(key, { key, value });
      }
      count += placed.length;
      taken += 1;
    }
    const last = this.#unapplied[taken - 1]?.last;
    if (last === undefined) return;
    try {
      await this.#store.mustHaveRoom();
      if (!(await this.#applyInTurns([...latest.values()], last))) return this.#supersede();
    } catch (error) {
      // The log still has it all, so nothing is lost; only the overlay cannot shrink meanwhile.
      this.#noteApplyTrouble(error as Error);
      await new Promise<void>((resolve) => setTimeout(resolve, applyRetryMs));
      return;
    }
    this.#noteApplyTrouble(undefined);
    this.#unapplied.splice(0, taken);
    for (const key of latest.keys()) {
      const entry = this.#overlay.get(key);
      if (entry !== undefined && entry.sequence <= last) this.#overlay.delete(key);
    }
    this.#release(last);
  }

  /**
   * In pieces, so that handing over many operations does not hold up everything else; LMDB takes
   * what arrives while it works into the same commit. Only the last piece moves `applied`: until
   * then, the log is read again after a crash.
   */
  async #applyInTurns(operations: readonly Operation[], last: number): Promise<boolean> {
    const pieces: Promise<boolean>[] = [];
    for (let at = 0; at < operations.length; at += turnOperations) {
      const piece = operations.slice(at, at + turnOperations);
      const isLast = at + turnOperations >= operations.length;
      pieces.push(this.#store.apply(piece, isLast ? last : undefined));
      if (!isLast) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    // All are awaited, so that none that fails goes unheard.
    const ends = await Promise.allSettled(pieces);
    return ends.every((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
  }

  #release(sequence: number): void {
    // Not awaited: the next commit need not wait until the last one has reached the disk.
    this.#store
      .flushed()
      .then(() => this.#log.release(sequence))
      .catch((error: unknown) => {
        for (const listener of this.#troubleListeners) listener(error as Error);
      });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // With a disk that refuses writes there is nothing to wait for: end the retry.
    if (this.#trouble !== undefined) await this.#log.close();
    await this.#flushing;
    for (let left = this.#unapplied.length + 1; left > 0 && this.#unapplied.length > 0; left--) {
      if (this.#isSuperseded) break;
      this.#startApply();
      await this.#applying;
    }
    clearTimeout(this.#applyTimer);
    await this.#applying;
    await this.#log.close();
    await this.#store.close();
  }
}

const fitsKey = (key: string): boolean =>
  key.length > 0 && (key.length * 3 <= maxKeyBytes || utf8Bytes(key) <= maxKeyBytes);
