/**
 * What an app's region knows of the bytes of its objects: rows in its own store. *pure over the
 * engine*
 *
 *   ("b", app, digest)                       size; the file is whole, verified and on disk here
 *   ("bx", app, digest, lineage, position)   wanted: an entry named it, and it is not here
 *   ("bw", app, lineage, position, digest)   the same, while acknowledgements wait for it
 *   ("bg", app, digest)                      perhaps named by no row any more
 *   ("bt", app, digest)                      given up; the file is still to be removed
 *
 * They change in the transaction that changes the object's row, so that a kill leaves no bytes
 * that are neither named nor to be collected, and no name whose bytes nobody looks for.
 *
 * Invariants
 *  Y1 bytes that a row names are here or wanted                        (renamed, arrived, drop)
 *  Y2 bytes that are here are named or marked                                    (renamed, arrived)
 */
import type { EngineReader, EngineWriter } from "../key-value/engine.ts";
import { parseTuple, tuple, tupleRange } from "../key-value/key.ts";
import type { JsonObject } from "../key-value/table.ts";
import { OBJECTS } from "../objects/names.ts";

const BY_DIGEST = "by-digest";

/** The place of an item that came by a repair or a rebuild, not by an entry of a log. */
export const NO_ENTRY = { lineage: "*", position: 0 } as const;

export interface EntryPlace {
  readonly lineage: string;
  readonly position: number;
}

export const digestOf = (value: JsonObject | null | undefined): string | undefined => {
  const digest = value?.["digest"];
  return typeof digest === "string" ? digest : undefined;
};

export class ByteLedger {
  readonly app: string;

  constructor(app: string) {
    this.app = app;
  }

  sizeOf(reader: EngineReader, digest: string): number | undefined {
    return reader.get(tuple("b", this.app, digest)) as number | undefined;
  }

  isNamed(reader: EngineReader, digest: string): boolean {
    const range = { ...tupleRange("x", this.app, OBJECTS, BY_DIGEST, digest), limit: 1 };
    for (const _ of reader.range(range)) return true;
    return false;
  }

  /** A row changed: what it named and what it names. After the row and its index entries. */
  renamed(
    writer: EngineWriter,
    before: string | undefined,
    after: string | undefined,
    at: EntryPlace,
  ): void {
    if (after !== undefined && this.sizeOf(writer, after) === undefined) {
      const { lineage, position } = at;
      writer.put(tuple("bw", this.app, lineage, position, after), true);
      writer.put(tuple("bx", this.app, after, lineage, position), true);
    }
    if (before === undefined || before === after || this.isNamed(writer, before)) return;
    this.#unwant(writer, before);
    if (this.sizeOf(writer, before) !== undefined) {
      writer.put(tuple("bg", this.app, before), true);
    }
  }

  #unwant(writer: EngineWriter, digest: string): void {
    for (const [key] of [...writer.range(tupleRange("bx", this.app, digest))]) {
      const [, , , lineage, position] = parseTuple(key) as [string, string, string, string, number];
      writer.remove(key);
      writer.remove(tuple("bw", this.app, lineage, position, digest));
    }
  }

  /** Still wanted, but no acknowledgement waits for it any more. */
  unblock(writer: EngineWriter, digest: string): void {
    for (const [key] of [...writer.range(tupleRange("bx", this.app, digest))]) {
      const [, , , lineage, position] = parseTuple(key) as [string, string, string, string, number];
      writer.remove(tuple("bw", this.app, lineage, position, digest));
    }
  }

  /** The file is in its place. */
  arrived(writer: EngineWriter, digest: string, sizeBytes: number): void {
    writer.put(tuple("b", this.app, digest), sizeBytes);
    writer.remove(tuple("bt", this.app, digest));
    this.#unwant(writer, digest);
    if (!this.isNamed(writer, digest)) writer.put(tuple("bg", this.app, digest), true);
  }

  /** The file is gone: whoever names it wants it. */
  lost(writer: EngineWriter, digest: string): void {
    if (this.sizeOf(writer, digest) === undefined) return;
    writer.remove(tuple("b", this.app, digest));
    writer.remove(tuple("bg", this.app, digest));
    if (!this.isNamed(writer, digest)) return;
    const { lineage, position } = NO_ENTRY;
    writer.put(tuple("bw", this.app, lineage, position, digest), true);
    writer.put(tuple("bx", this.app, digest, lineage, position), true);
  }

  /** Wanted bytes, in order of digests, after one of them. */
  wanted(reader: EngineReader, after: string | undefined, limit: number): string[] {
    const { from, to } = tupleRange("bx", this.app);
    const start = after === undefined ? from : tupleRange("bx", this.app, after).to;
    const digests = new Set<string>();
    for (const [key] of reader.range({ from: start, to, limit })) {
      digests.add(parseTuple(key)[2] as string);
    }
    return [...digests];
  }

  /** Through which entry of a log everything that is named is here. */
  through(reader: EngineReader, lineage: string, end: number): number {
    for (const one of [NO_ENTRY.lineage, lineage]) {
      const range = { ...tupleRange("bw", this.app, one), limit: 1 };
      for (const [key] of reader.range(range)) {
        const position = parseTuple(key)[3] as number;
        return Math.max(0, Math.min(end, position - 1));
      }
    }
    return end;
  }

  /** Bytes that perhaps nobody names, after one of them. */
  marked(reader: EngineReader, after: string | undefined, limit: number): string[] {
    const { from, to } = tupleRange("bg", this.app);
    const start = after === undefined ? from : tupleRange("bg", this.app, after).to;
    return Array.from(reader.range({ from: start, to, limit }), ([key]) => {
      return parseTuple(key)[2] as string;
    });
  }

  unmark(writer: EngineWriter, digest: string): void {
    writer.remove(tuple("bg", this.app, digest));
  }

  /** Gives up bytes that no row names; false where one does. */
  drop(writer: EngineWriter, digest: string): boolean {
    this.unmark(writer, digest);
    if (this.isNamed(writer, digest)) return false;
    writer.remove(tuple("b", this.app, digest));
    writer.put(tuple("bt", this.app, digest), true);
    return true;
  }

  isDropped(reader: EngineReader, digest: string): boolean {
    return reader.get(tuple("bt", this.app, digest)) !== undefined;
  }

  /** Files still to be removed. */
  dropped(reader: EngineReader, limit: number): string[] {
    const range = { ...tupleRange("bt", this.app), limit };
    return Array.from(reader.range(range), ([key]) => parseTuple(key)[2] as string);
  }

  removed(writer: EngineWriter, digest: string): void {
    writer.remove(tuple("bt", this.app, digest));
  }

  /** All that is here, in order of digests, after one of them. */
  here(reader: EngineReader, after: string | undefined, limit: number): [string, number][] {
    const { from, to } = tupleRange("b", this.app);
    const start = after === undefined ? from : tupleRange("b", this.app, after).to;
    return Array.from(reader.range({ from: start, to, limit }), ([key, size]) => {
      return [parseTuple(key)[2] as string, size as number];
    });
  }
}
