/**
 * Port: what an application stores its data in. *port*
 *
 * It promises what the weakest target keeps (DynamoDB global tables): see each method. Writes have
 * three ends (base/outcome.ts). Items are plain JSON that the table's schema has accepted.
 *
 * Limits, the same in every target: item 400 KB, partition key 2,048 bytes, sort key 1,024 bytes
 * (both together at most 1,200 bytes in encoded form), page 1 MB, transaction 96 writes.
 */
import type { Outcome } from "../../base/outcome.ts";
import type { ItemOf, KeyOf, TableDefinition } from "./table.ts";

/** How fresh a read must be. `leased` is the default where the app serves, `stale` elsewhere. */
export type Consistency = "current" | "leased" | "stale";

/** Names an item's last write: opaque, compared for equality only; doubles as its ETag. */
export type Version = string;

/** What a client gets with an acknowledged write; opaque outside the key-value layer. */
export type Receipt = string;

export interface ReadInfo {
  readonly consistency: Consistency;
  readonly region: string;
  readonly epoch: number;
  /** How old the data may be, when stale; absent where the region cannot tell. */
  readonly dataAgeMs?: number;
  /** Receipts of the session that had not arrived within the bounded wait. */
  readonly missing?: readonly Receipt[];
}

export interface ReadOptions {
  readonly consistency?: Consistency;
  /** Receipts of the caller's own earlier writes: the read waits for them, bounded. */
  readonly session?: readonly Receipt[];
}

export interface Found<Item> {
  readonly item: Item;
  readonly version: Version;
}

export interface Page<Item> {
  readonly items: readonly Found<Item>[];
  /** Opaque; absent on the last page. */
  readonly cursor?: string;
}

export type ReadCode = "not-serving" | "unavailable" | "invalid";
export type ReadOutcome<Value> =
  | { readonly kind: "ok"; readonly value: Value; readonly info: ReadInfo }
  | { readonly kind: "failed"; readonly code: ReadCode; readonly reason: string };

export interface Query {
  /** A secondary index of the table; without it the table itself. */
  readonly index?: string;
  readonly partition: string;
  /** Bounds on the sort key: one of a prefix or a half-open range. */
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  readonly order?: "ascending" | "descending";
  /** 1 to 1,000; default 20. */
  readonly limit?: number;
  readonly cursor?: string;
}

export type Write =
  | {
      readonly kind: "put";
      readonly table: TableDefinition;
      readonly item: unknown;
      readonly ifAbsent?: boolean;
      readonly ifVersion?: Version;
    }
  | {
      readonly kind: "delete";
      readonly table: TableDefinition;
      readonly key: unknown;
      readonly ifVersion?: Version;
    }
  | {
      readonly kind: "check";
      readonly table: TableDefinition;
      readonly key: unknown;
      readonly ifVersion?: Version;
      readonly ifAbsent?: boolean;
    };

export type WriteCode =
  | "condition-failed"
  | "fenced"
  | "not-serving"
  | "elsewhere"
  | "too-few-in-sync"
  | "idempotency-mismatch"
  | "too-large"
  | "invalid"
  | "unavailable";

/** A response stored with the effect, so that a retry gets the same answer and no second effect. */
export interface IdempotencyRecord {
  /** Scope of the key, e.g. the user's id; two users' equal keys never meet. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: string;
  readonly response: unknown;
}

/**
 * A name of the app's `homes`, in the term in which the writes were decided: only the region that
 * is its home in that term writes (`elsewhere` otherwise, and nothing happened).
 */
export interface HomeClaim {
  readonly name: string;
  readonly term: number;
}

export interface TransactOptions {
  readonly idempotency?: IdempotencyRecord;
  readonly home?: HomeClaim;
}

export interface Acknowledged {
  readonly receipt: Receipt;
  readonly version: Version;
  readonly epoch: number;
  /** Set when the idempotency key had been used: the stored response, and nothing was written. */
  readonly replayed?: unknown;
}

export type WriteOutcome = Outcome<Acknowledged, WriteCode>;

export interface KeyValueStore {
  /** One item. Sees every acknowledged write of this region (leased, current). */
  get<Table extends TableDefinition>(
    table: Table,
    key: KeyOf<Table>,
    options?: ReadOptions,
  ): Promise<ReadOutcome<Found<ItemOf<Table>> | undefined>>;

  /** A page in sort-key order. An index may lag behind its table. */
  query<Table extends TableDefinition>(
    table: Table,
    query: Query,
    options?: ReadOptions,
  ): Promise<ReadOutcome<Page<ItemOf<Table>>>>;

  /**
   * All or nothing within this region; elsewhere items may arrive one by one. A condition that does
   * not hold fails the whole with `condition-failed`. With `idempotency`, a second call with the
   * same key writes nothing and answers what the first did, for KEY_KEPT_MS after the first; later
   * the key is new. With `home`, only the home of that name writes.
   */
  transact(writes: readonly Write[], options?: TransactOptions): Promise<WriteOutcome>;

  /** Whether a key was used in the last KEY_KEPT_MS: the stored response, before any work. */
  recall(scope: string, key: string): Promise<ReadOutcome<IdempotencyRecord | undefined>>;

  /**
   * Calls back after each committed change of an app's own tables that is seen in this region,
   * made here or in another. Tables of the platform (`platform-...`) are never reported.
   */
  subscribe(
    listener: (change: { readonly table: string; readonly partition: string }) => void,
  ): () => void;
}
