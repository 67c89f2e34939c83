/**
 * The routing record of one app: who may serve it, in which epoch. *pure*
 *
 * It lives in a compare-and-swap register kept by the voters (register.ts), and changes only by the
 * transitions below; anything else is refused with the reason. `epoch` is the fencing token: it
 * grows by one whenever the serving regions (or their incarnations) change.
 *
 *            switchover, takeover, restart: epoch + 1
 *                  +---------------+
 *                  v               |
 *   (create) --> serving ----------+
 *                  |  ^
 *            fence |  | unfence: epoch + 1
 *                  v  |
 *                fenced
 *
 * Invariants
 *  R1 version grows by exactly one per change                       (propose functions here)
 *  R2 epoch never falls, and grows with every change of holders     (propose functions here)
 *  R3 a region out of inSyncRegions is never made holder by itself  (failover.ts)
 */
import type { WallMs } from "../../base/clock.ts";

export type Mode = "active-passive" | "active-active";
export type Durability = "local" | "replicated";
export type Phase = "serving" | "fenced";
export type Policy = "automatic" | "manual";
/** What the routing layer tells of an app; derived, never stored. */
export type State = "active" | "fenced" | "failover";

/** One start of a region's process; a process never writes in an epoch that names another. */
export interface Holder {
  readonly region: string;
  readonly incarnation: number;
}

export type Cause =
  | "create"
  | "takeover"
  | "restart"
  | "switchover"
  | "failover"
  | "failback"
  | "reopen"
  | "fence"
  | "unfence"
  | "in-sync"
  | "join"
  | "leave"
  | "policy"
  | "home-claimed"
  | "home-given"
  | "prepared"
  | "region-added"
  | "region-leaving"
  | "region-kept"
  | "region-removed";

export interface JournalEntry {
  readonly version: number;
  readonly changeId: string;
  readonly at: WallMs;
  readonly cause: Cause;
  /** The region or operator who did it. */
  readonly by: string;
  readonly reason: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly epoch: number;
  /** `by` has accepted, for this `reason`, that acknowledged writes may be missing after it. */
  readonly acceptedDataLoss?: true;
}

/**
 * What is to be done in the serving region before it may write: the takeover steps of the app, if
 * it has any. `failed`: one of them failed, and the app is fenced.
 */
export type TakeoverDue =
  | { readonly state: "due" }
  | { readonly state: "failed"; readonly step: string; readonly reason: string };

/**
 * Which region decides for a name, such as a warehouse, while several serve the app. `term`: the
 * version of the record that said so first; it grows with every change of the region.
 */
export interface Home {
  readonly region: string;
  readonly term: number;
}

export interface RoutingRecord {
  readonly app: string;
  readonly version: number;
  readonly epoch: number;
  readonly mode: Mode;
  readonly durability: Durability;
  readonly primary: string;
  /** Every region of the app, in order of preference. */
  readonly regions: readonly string[];
  readonly serving: readonly Holder[];
  readonly phase: Phase;
  readonly policy: Policy;
  /** Regions that must hold a write before it is acknowledged (`replicated`), and the candidates. */
  readonly inSyncRegions: readonly string[];
  /** How many regions the set should have, where there are so many. */
  readonly inSyncTarget: number;
  /** Regions that are about to be removed: no destination, and out of the in-sync set soon. */
  readonly leaving?: readonly string[];
  /** Whether data acknowledged in an earlier epoch may be missing in this one (a forced takeover). */
  readonly forced: boolean;
  /** Absent: the region that serves has been prepared, or served before. */
  readonly takeover?: TakeoverDue;
  /** By name, of an active-active app; a name that no region has claimed yet is absent. */
  readonly homes?: Readonly<Record<string, Home>>;
  /** Unique per change: lets a proposer recognise its own change. */
  readonly changeId: string;
  /** The last JOURNAL_KEPT changes, oldest first. */
  readonly journal: readonly JournalEntry[];
}

export const JOURNAL_KEPT = 30;

export const servingRegionsOf = (record: RoutingRecord): readonly string[] =>
  record.serving.map((holder) => holder.region);

export function stateOf(record: RoutingRecord): State {
  if (record.phase === "fenced") return "fenced";
  return record.serving.some((holder) => holder.region === record.primary) ? "active" : "failover";
}

export const isLeaving = (record: RoutingRecord, region: string): boolean =>
  record.leaving?.includes(region) === true;

export const holds = (record: RoutingRecord, self: Holder): boolean =>
  record.serving.some((h) => h.region === self.region && h.incarnation === self.incarnation);

/** What a routing record says to the outside (`GET /routing/apps/{app}`). */
export interface RoutingView {
  readonly app: string;
  readonly mode: Mode;
  readonly durability: Durability;
  readonly state: State;
  readonly phase: Phase;
  readonly policy: Policy;
  readonly epoch: number;
  readonly version: number;
  readonly primary: string;
  readonly regions: readonly string[];
  readonly servingRegions: readonly string[];
  readonly inSyncRegions: readonly string[];
}

export const viewOf = (record: RoutingRecord): RoutingView => ({
  app: record.app,
  mode: record.mode,
  durability: record.durability,
  state: stateOf(record),
  phase: record.phase,
  policy: record.policy,
  epoch: record.epoch,
  version: record.version,
  primary: record.primary,
  regions: record.regions,
  servingRegions: servingRegionsOf(record),
  inSyncRegions: record.inSyncRegions,
});
