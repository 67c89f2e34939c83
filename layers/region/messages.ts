/** What regions say to each other about one app. *types* */
import type { Entry, EpochStart, LogEnd } from "../key-value/log.ts";
import type { Stored } from "../key-value/items.ts";
import type { ItemKey } from "../key-value/table.ts";
import type { Ballot } from "../routing/ballot.ts";
import type { Holder, RoutingRecord } from "../routing/record.ts";

interface ForApp {
  readonly app: string;
  readonly from: Holder;
}

export interface KeyedItem {
  readonly table: string;
  readonly key: ItemKey;
  /** Absent: the holder has nothing there, not even a tombstone. */
  readonly stored?: Stored;
}

export type RegionMessage = ForApp &
  (
    | {
        readonly type: "append";
        readonly lineage: string;
        readonly epoch: number;
        /** The entry before the first of `entries`: the receiver must have exactly that. */
        readonly previous: LogEnd;
        readonly entries: readonly Entry[];
        /** The end of the sender's log. */
        readonly end: LogEnd;
      }
    | {
        readonly type: "appended";
        readonly lineage: string;
        readonly epoch: number;
        /**
         * `through`: everything up to here is on disk there and equal to the sender's log. It
         * counts for acknowledgements when `ok`, not yet when `catching-up` after a repair.
         */
        readonly status: "ok" | "catching-up" | "repairing" | "mismatch";
        readonly through: number;
        readonly end: LogEnd;
        readonly starts?: readonly EpochStart[];
      }
    /** An append came from an epoch that the receiver is already beyond. */
    | { readonly type: "superseded"; readonly epoch: number }
    | {
        readonly type: "repair";
        readonly epoch: number;
        readonly common: number;
        readonly keys: readonly { readonly table: string; readonly key: ItemKey }[];
      }
    | {
        readonly type: "repaired";
        readonly epoch: number;
        readonly common: number;
        readonly items: readonly KeyedItem[];
        readonly until: number;
        readonly lossless: boolean;
      }
    | { readonly type: "stranded"; readonly entries: readonly StrandedEntry[] }
    | { readonly type: "judged"; readonly keys: readonly string[] }
    | { readonly type: "confirm"; readonly epoch: number; readonly id: number }
    | { readonly type: "confirmed"; readonly epoch: number; readonly id: number }
    | { readonly type: "record"; readonly record: RoutingRecord; readonly ballot: Ballot }
    /** How far the sender's logs go, by lineage (active-active: anti-entropy). */
    | { readonly type: "vector"; readonly ends: Readonly<Record<string, LogEnd>> }
    | {
        readonly type: "snapshot";
        readonly lineage: string;
        readonly epoch: number;
        readonly page: number;
        readonly items: readonly KeyedItem[];
        /** On the last page: what the snapshot stands for. */
        readonly last?: { readonly end: LogEnd; readonly starts: readonly EpochStart[] };
      }
    | {
        readonly type: "snapshot-next";
        readonly lineage: string;
        readonly epoch: number;
        readonly page: number;
      }
  );

export interface StrandedEntry {
  readonly entry: Entry;
  /** True when the cut lost nothing acknowledged, so the entry never was. */
  readonly lossless: boolean;
}

type WithoutSender<Message> = Message extends unknown ? Omit<Message, "app" | "from"> : never;
export type RegionBody = WithoutSender<RegionMessage>;
