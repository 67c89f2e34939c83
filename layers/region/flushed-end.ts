/** How far a log is on disk, told by what its end was after each transaction. *pure core* */
import type { LogEnd } from "../key-value/log.ts";

export class FlushedEnd {
  end: LogEnd;
  #notes: { readonly sequence: number; readonly end: LogEnd }[] = [];

  constructor(end: LogEnd) {
    this.end = end;
  }

  note(sequence: number, end: LogEnd): void {
    if (this.#notes.at(-1)?.sequence === sequence) return;
    this.#notes.push({ sequence, end });
  }

  /** Transactions through `sequence` are on disk. */
  flushed(sequence: number): void {
    const first = this.#notes.findIndex((note) => note.sequence > sequence);
    const flushed = this.#notes.splice(0, first < 0 ? this.#notes.length : first);
    this.end = flushed.at(-1)?.end ?? this.end;
  }
}
