/** What regions say to each other about bytes, and the disk under them. *types* */
import type { Taken } from "./body.ts";
import type { Body, Digest, Staged, StageOptions } from "./port.ts";

export type ByteBody =
  /** I have taken these in and wait: please take them too, and tell me when they are on disk. */
  | { readonly type: "bytes-offer"; readonly offers: readonly Offered[] }
  /** On disk here, verified. */
  | { readonly type: "bytes-has"; readonly digests: readonly Digest[] }
  | { readonly type: "bytes-ask"; readonly id: number; readonly digests: readonly Digest[] }
  /** Those of the asked that are on disk here. */
  | { readonly type: "bytes-told"; readonly id: number; readonly digests: readonly Digest[] }
  | {
      readonly type: "bytes-fetch";
      readonly id: number;
      readonly digest: Digest;
      readonly first: number;
      readonly length: number;
    }
  | {
      readonly type: "bytes-chunk";
      readonly id: number;
      readonly digest: Digest;
      readonly first: number;
      /** Size of the whole. */
      readonly total: number;
      readonly data: Uint8Array;
    }
  | { readonly type: "bytes-none"; readonly id: number; readonly digest: Digest };

export interface Offered {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export type ByteMessage = ByteBody & {
  readonly app: string;
  readonly from: { readonly region: string; readonly incarnation: number };
};

/** Bytes of one app under one digest. */
export interface Place {
  readonly app: string;
  readonly digest: Digest;
}

export const placeKey = ({ app, digest }: Place): string => `${app} ${digest}`;

/**
 * Where a region keeps bytes: staging, partial transfers, and whole files by digest. Calls answer
 * once, later, or never when the process ends. What `finish` and `take` call back with is on disk.
 */
export interface ByteDisk {
  /** How many bytes of an earlier transfer are there to go on from; 0 for a new one. */
  resume(place: Place, done: (sizeBytes: number) => void): void;
  /** Behind what is there. One at a time. */
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

/** What a region knows of the bytes it has and wants: rows of its store. */
export interface Holdings {
  /** Undefined where the bytes are not here, on disk. */
  sizeOf(place: Place): number | undefined;
  /** Bytes that a row names and that are not here, after a place, in some order. */
  wanted(after: Place | undefined, limit: number): readonly Place[];
  /**
   * The bytes are in their place; calls back when that is certain to be known after a kill, or
   * with false when it could not be noted.
   */
  arrived(place: Place, sizeBytes: number, done: (isKept: boolean) => void): void;
  /** Somebody else relies on them: they are not collected for another while. */
  touch(place: Place): void;
  /** The file is gone, or cannot be read. */
  lost(place: Place): void;
  /** Other regions of the app, those that are likely to have everything first. */
  others(app: string): readonly string[];
}
