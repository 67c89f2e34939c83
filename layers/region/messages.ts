/** What regions say to each other about one app. *types* */

import type { Stored } from "../key-value/items.ts";
import type { Entry, EpochStart, LogEnd } from "../key-value/log.ts";
import type { ItemKey } from "../key-value/table.ts";
import type { Ballot } from "../routing/ballot.ts";
import type { Holder, RoutingRecord } from "../routing/record.ts";
import type { Standing } from "../routing/standing.ts";

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
        /** Every region of the app has the lineage on disk through here. */
        readonly everywhere: number;
        /** No takeover that loses nothing can cut before this: logs may be trimmed to here. */
        readonly settled: number;
        /** Now and then: what the sender knows of how far the regions are behind. */
        readonly standing?: Standing;
        /** The sender admits no writes now: it has no lease, or is about to hand over. */
        readonly isClosed?: true;
      }
    | {
        readonly type: "appended";
        readonly lineage: string;
        readonly epoch: number;
        /**
         * `through`: everything up to here is on disk there and equal to the sender's log. It
         * counts for acknowledgements when `ok`, not yet when `catching-up` after a repair.
         * `rebuild`: only a snapshot of everything makes its items those of a log again.
         */
        readonly status: "ok" | "catching-up" | "repairing" | "rebuild" | "mismatch";
        readonly through: number;
        /** Through here the bytes that entries name are on disk there, too; absent: `through`. */
        readonly bytes?: number;
        readonly end: LogEnd;
        readonly starts?: readonly EpochStart[];
        /** Whether it still holds entries beyond a cut that nobody has judged. */
        readonly isStranded?: boolean;
        /** It builds indexes, and does not serve the app before they are there. */
        readonly isBuilding?: boolean;
        /** How many. */
        readonly stranded?: number;
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
        readonly starts: readonly EpochStart[];
      }
    | { readonly type: "stranded"; readonly entries: readonly StrandedEntry[] }
    | { readonly type: "judged"; readonly keys: readonly string[] }
    | { readonly type: "confirm"; readonly epoch: number; readonly id: number }
    | { readonly type: "confirmed"; readonly epoch: number; readonly id: number }
    /** The sender is leaving the app, and has nothing but bytes that the receiver may lack. */
    | { readonly type: "going"; readonly id: string }
    | { readonly type: "may-go"; readonly id: string; readonly isWhole: boolean }
    | { readonly type: "record"; readonly record: RoutingRecord; readonly ballot: Ballot }
    /**
     * How far the sender's logs go, by lineage, which is its own, and a moment of the hybrid clock
     * that its later writes will be after (active-active: anti-entropy, tombstones).
     */
    | {
        readonly type: "vector";
        readonly own: string;
        readonly clock: number;
        readonly ends: Readonly<Record<string, LogEnd>>;
      }
    /** What the receiver needs is no longer in the log: it has to be rebuilt. */
    | {
        readonly type: "trimmed";
        readonly lineage: string;
        readonly epoch: number;
        /** The first position that is still there. */
        readonly first: number;
        readonly end: LogEnd;
        readonly starts: readonly EpochStart[];
        readonly standing?: Standing;
      }
    | {
        readonly type: "snapshot-next";
        /** Of this one rebuild: a page of an earlier one is older than what this one needs. */
        readonly rebuild: string;
        readonly lineage: string;
        readonly epoch: number;
        /** The last item of the page before. */
        readonly after?: Place;
      }
    | {
        readonly type: "snapshot";
        readonly rebuild: string;
        readonly lineage: string;
        readonly epoch: number;
        readonly after?: Place;
        /** The last item of this page; absent on the last page. */
        readonly upTo?: Place;
        readonly items: readonly KeyedItem[];
        /** The end of the sender's log when it read the page, and its floor (tombstones.ts). */
        readonly at: number;
        readonly floor: number;
      }
  );

interface Place {
  readonly table: string;
  readonly key: ItemKey;
}

export interface StrandedEntry {
  readonly entry: Entry;
  /** True when the cut of its epoch lost nothing acknowledged, so the entry never was. */
  readonly lossless: boolean;
}

type WithoutSender<Message> = Message extends unknown ? Omit<Message, "app" | "from"> : never;
export type RegionBody = WithoutSender<RegionMessage>;
