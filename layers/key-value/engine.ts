/**
 * Port: the ordered map under a region's store. *port*
 *
 * One process owns it. Transactions are synchronous and serial: what a transaction wrote is visible
 * to the next read at once, and is on disk when `flushed` says so. That order is what lets the same
 * storage code run on a real disk and in a world where a crash loses what was not flushed.
 *
 * Keys are strings ordered by code point (as UTF-8 bytes are), at most 1,900 bytes; build them with
 * `tuple` of key.ts. Values are plain data (JSON, plus Uint8Array), never mutated after `put`.
 *
 * Guarantees
 *  E1 A transaction that throws leaves nothing behind.
 *  E2 Transactions are flushed in order: after a crash a prefix of them is there.
 *  E3 `flushed(n)` is called only when transactions 1..n are on disk.
 * Not promised: that a transaction is on disk when `transact` returns.
 */
export interface EngineReader {
  get(key: string): unknown;
  /** Entries with from <= key < to, in key order (or the reverse of it). */
  range(range: {
    readonly from: string;
    readonly to: string;
    readonly reverse?: boolean;
    readonly limit?: number;
  }): Iterable<readonly [key: string, value: unknown]>;
}

export interface EngineWriter extends EngineReader {
  put(key: string, value: unknown): void;
  remove(key: string): void;
}

export interface Engine extends EngineReader {
  /** Runs `body` as one atomic transaction; number of the transaction is `sequence` afterwards. */
  transact<Result>(body: (writer: EngineWriter) => Result): Result;
  /** The number of the last transaction, 0 before the first. */
  readonly sequence: number;
  /** The shell's call-back: transactions up to and including `sequence` are on disk. */
  onFlushed(listener: (sequence: number) => void): void;
}
