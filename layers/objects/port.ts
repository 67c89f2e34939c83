/**
 * Port: bytes that are too large for a table, in every region of an app. *port*
 *
 *   body --stage--> bytes, named by their SHA-256, here and wherever the app's durability asks
 *                     |            inert: nobody can ask for them
 *          a gated row (bucket, key) -> digest    in a transaction, with the app's own rows
 *                     |
 *                   object: read, listed, and on its way to every other region
 *
 * Two ports, because they fail differently. `ByteStore` is what a target adapts: bytes by digest,
 * in each region. `ObjectStore` is what an app uses: names for bytes, which are rows like any other
 * (`ObjectRows`), under the same gate, epoch and merge as the app's tables.
 *
 * Laws (contract.ts)
 *  B1 bytes are what their digest says, or they are not there: in a put, on their way, on the disk
 *  B2 a put that ends in the middle (error, kill) leaves nothing that can be read
 *  B3 when `stage` says ok, every region that must have the bytes has them on disk; a row that
 *     names bytes which this region lacks is refused
 *  B4 what was acknowledged is read back in every region after healing, in either direction
 *  B5 a row may be seen before its bytes are here: then reading goes through to a region that has
 *     them, or fails with `travelling`; it never gives other bytes, fewer, or none
 *  B6 bytes that no row names are collected, not before `graceMs`; bytes that a row names never are
 *  B7 a listing is in code-point order of keys, sees each key at most once, and nothing of another
 *     bucket or beyond the prefix
 *  B8 `ifAbsent` and `ifVersion` are judged in the transaction of the row
 *
 * Not promised: that two objects of one transaction are seen at once elsewhere; that bytes are
 * gone at the moment their last row is. Bytes of one app are never another app's.
 *
 * Limits, the same in every target: `objectLimits`.
 */
import type { Outcome } from "../../base/outcome.ts";

export const objectLimits = {
  /** What one put to S3 takes. */
  objectBytes: 5 * 1024 ** 3,
  /** In UTF-8. */
  keyBytes: 1024,
  contentTypeLength: 127,
  /** Entries of a listing. */
  listed: 1000,
  /** Objects in one question for their whereabouts. */
  asked: 1000,
} as const;

/** SHA-256 of the bytes, 64 small hexadecimal digits. */
export type Digest = string;

/** Chunks of any size. One that throws ends the put: nothing is kept. */
export type Body = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Both included, from 0, as in an HTTP range; without `last` to the end. */
export interface ByteRange {
  readonly first: number;
  readonly last?: number;
}

export interface StageOptions {
  /** What the digest has to be; where the bytes are here already, the body is not kept twice. */
  readonly digest?: Digest;
  /** What the size has to be. */
  readonly sizeBytes?: number;
  /** Larger bodies are refused while they arrive; default and most `objectLimits.objectBytes`. */
  readonly limitBytes?: number;
}

/** Bytes that are where they must be, and that no row names yet. */
export interface Staged {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export type StageCode =
  /** The bytes are not those of the digest or size that was given. */
  | "digest-mismatch"
  | "too-large"
  /** The body ended with an error: its sender is gone. */
  | "interrupted"
  | "invalid"
  /** Bytes are taken in where the app is served. */
  | "not-serving"
  /** Disk full, or the region is going down. Nothing was kept; safe to try again. */
  | "unavailable";

export type StageOutcome = Outcome<Staged, StageCode>;

export type OpenCode =
  /** Nobody has such bytes, or nobody that can be reached says so. */
  "travelling" | "range-not-satisfiable" | "unavailable" | "invalid";

export interface Opened {
  /** Of the whole. */
  readonly sizeBytes: number;
  /** What the body holds. */
  readonly first: number;
  readonly last: number;
  /** The region whose copy this is: this one's, or another's while the bytes travel. */
  readonly from: string;
  /** Throws when the bytes cannot be had to the end; never ends early without throwing. */
  readonly body: AsyncIterable<Uint8Array>;
}

export type OpenOutcome =
  | { readonly kind: "ok"; readonly value: Opened }
  | { readonly kind: "failed"; readonly code: OpenCode; readonly reason: string };

export type Whereabout = "here" | "travelling" | "unknown";

/** Region by region; `unknown` where the region could not be asked in time. */
export type Whereabouts = Readonly<Record<string, Whereabout>>;

/** Bytes of one app in one region: what a target adapts. */
export interface ByteStore {
  readonly region: string;

  /** Takes bytes in. Bytes that are here already are `ok` again, and get a new `graceMs`. */
  stage(body: Body, options?: StageOptions): Promise<StageOutcome>;

  /** From here, or through another region that has them; `sizeBytes` is what the row says. */
  open(digest: Digest, sizeBytes: number, range?: ByteRange): Promise<OpenOutcome>;

  /** Where the bytes are, as the regions say now; bounded in time. */
  whereabouts(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Whereabouts>>;
}

/** What a row says of an object. */
export interface ObjectRow {
  readonly bucket: string;
  readonly key: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Milliseconds since 1970, by the clock of the region that wrote the row. */
  readonly createdOnMs: number;
  /** The second since 1970 after which the object may be collected by itself. */
  readonly expires?: number;
}

/** `version` names the row's last write: opaque, compared for equality only. */
export type ObjectInfo = ObjectRow & { readonly version: string };

export interface Conditions {
  readonly ifAbsent?: boolean;
  readonly ifVersion?: string;
}

export interface NameOptions extends Conditions {
  readonly contentType: string;
  readonly expires?: number;
}

export interface PutOptions extends NameOptions, StageOptions {}

export interface ListOptions {
  readonly prefix?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Listing {
  readonly objects: readonly ObjectInfo[];
  /** Opaque; absent on the last page. */
  readonly cursor?: string;
}

/** As those of a table's write, which a row's write is. */
export type RowWriteCode =
  | "condition-failed"
  | "fenced"
  | "not-serving"
  | "too-few-in-sync"
  | "idempotency-mismatch"
  | "too-large"
  | "invalid"
  | "unavailable";
export type RowReadCode = "not-serving" | "unavailable" | "invalid";

export type ObjectWriteCode = StageCode | RowWriteCode;
export type ObjectWriteOutcome<Value> = Outcome<Value, ObjectWriteCode>;

export type ObjectReadOutcome<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "failed"; readonly code: RowReadCode | OpenCode; readonly reason: string };

/** `stale` may be asked in any region; a `leased` answer sees each acknowledged write. */
export interface ObjectReading {
  readonly consistency?: "current" | "leased" | "stale";
  readonly session?: readonly string[];
}

export interface RowWritten {
  readonly version: string;
  readonly receipt: string;
}

/** The rows under an `ObjectStore`: what it needs of a table. */
export interface ObjectRows {
  get(
    bucket: string,
    key: string,
    reading?: ObjectReading,
  ): Promise<ObjectReadOutcome<ObjectInfo | undefined>>;
  put(row: ObjectRow, conditions: Conditions): Promise<Outcome<RowWritten, RowWriteCode>>;
  remove(
    bucket: string,
    key: string,
    conditions: Conditions,
  ): Promise<Outcome<RowWritten, RowWriteCode>>;
  list(
    bucket: string,
    options: ListOptions,
    reading?: ObjectReading,
  ): Promise<ObjectReadOutcome<Listing>>;
}

export interface ObjectContent {
  readonly info: ObjectInfo;
  readonly content: Opened;
}

/** `complete`: every region of the app has the bytes. */
export interface ReplicationStatus {
  readonly status: "complete" | "travelling";
  readonly regions: Whereabouts;
}

/** Named objects of one app in one region: what an app uses. */
export interface ObjectStore {
  /** Only the bytes; name them in a transaction of your own, or with `name`. */
  stage(body: Body, options?: StageOptions): Promise<StageOutcome>;

  /** Names staged bytes, or those of another object (a copy travels no bytes). */
  name(
    bucket: string,
    key: string,
    staged: Staged,
    options: NameOptions,
  ): Promise<ObjectWriteOutcome<ObjectInfo & RowWritten>>;

  /** `stage`, then `name`: replaces what has the key, unless a condition says otherwise. */
  put(
    bucket: string,
    key: string,
    body: Body,
    options: PutOptions,
  ): Promise<ObjectWriteOutcome<ObjectInfo & RowWritten>>;

  head(
    bucket: string,
    key: string,
    reading?: ObjectReading,
  ): Promise<ObjectReadOutcome<ObjectInfo | undefined>>;

  /** The object and its bytes; `travelling` where its row is here and its bytes are nowhere near. */
  get(
    bucket: string,
    key: string,
    range?: ByteRange,
    reading?: ObjectReading,
  ): Promise<ObjectReadOutcome<ObjectContent | undefined>>;

  /** The bytes of an object whose row was read before. */
  open(object: Staged, range?: ByteRange): Promise<OpenOutcome>;

  /** What is not there is deleted already: ok, unless `ifVersion` asks for it. */
  remove(
    bucket: string,
    key: string,
    conditions?: Conditions,
  ): Promise<ObjectWriteOutcome<RowWritten>>;

  list(
    bucket: string,
    options?: ListOptions,
    reading?: ObjectReading,
  ): Promise<ObjectReadOutcome<Listing>>;

  /** One answer per object, in their order. */
  replication(objects: readonly Staged[]): Promise<readonly ReplicationStatus[]>;
}
