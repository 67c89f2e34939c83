/**
 * Where a region keeps bytes: what is being taken in, partial transfers, whole files by digest.
 * *port*
 *
 * Calls answer once, later, or never when the process ends. What `finish` and `take` call back with
 * is on disk. What is done to one place is done one after the other, and the call-back of one runs
 * before the next begins: a file that comes back is never removed by a removal that was decided
 * before. Its adapters are judged by the laws of objects, which run on them.
 */
import type { Taken } from "./body.ts";
import type { Place } from "./messages.ts";
import type { Body, Staged, StageOptions } from "./port.ts";

export interface ByteDisk {
  /** How many bytes of an earlier transfer are there to go on from; 0 for a new one. */
  resume(place: Place, done: (sizeBytes: number) => void): void;
  /** Behind what is there and what was asked for before. */
  append(place: Place, data: Uint8Array, done: (isWritten: boolean) => void): void;
  /** Verifies, flushes, and moves to its place; what does not fit its digest is thrown away. */
  finish(place: Place, sizeBytes: number, done: (end: "ok" | "mismatch" | "failed") => void): void;
  /** Throws away what a transfer has brought so far. */
  abandon(place: Place): void;
  read(
    place: Place,
    first: number,
    length: number,
    done: (data: Uint8Array | undefined) => void,
  ): void;
  /** The size of the whole file as it is now, undefined where there is none; in its turn. */
  inspect(place: Place, done: (sizeBytes: number | undefined) => void): void;
  /** Asked again at the last moment: the same bytes may have come back meanwhile. */
  remove(place: Place, isStillUnwanted: () => boolean, done: () => void): void;
}

/** A disk that takes bodies in and reads whole files. */
export interface BodyDisk extends ByteDisk {
  /** Verified, flushed, in its place; `inPlace` is called in the turn in which it gets there. */
  take(
    app: string,
    body: Body,
    options: StageOptions,
    inPlace: (staged: Staged) => void,
  ): Promise<Taken<Staged>>;
  /** Goes on to the end once it has begun, whatever is removed meanwhile; throws where it cannot. */
  stream(place: Place, first: number, last: number): AsyncIterable<Uint8Array>;
}
