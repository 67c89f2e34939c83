/**
 * Port: what the rest of a region sees of routing. *port*
 *
 * Reads are synchronous and local (they may be behind the register); commands go through the
 * register, so their outcome can be unknown.
 */
import type { Outcome } from "../../base/outcome.ts";
import type { LateAsked, LateCounts, LatePage } from "./late.ts";
import type { JournalRow } from "./pause.ts";
import type { RoutingView } from "./record.ts";
import type { ShownStanding, Standing, UnknownReason } from "./standing.ts";
import type { VotersView } from "./voters.ts";

export type Command = "fence" | "unfence" | "switchover" | "failover" | "failback";

export interface CommandOptions {
  readonly to?: string;
  readonly reason?: string;
  /** Who asked, for the journal. */
  readonly by: string;
  readonly acceptDataLoss?: boolean;
  readonly waitMs?: number;
  /** A repeat with the same id is not carried out again (repeats.ts). */
  readonly commandId?: string;
}

/** A region that hands a command on, with the operator's token, names who asked (URI-encoded). */
export const OPERATOR_NAME = "understudy-operator";

export type CommandCode =
  | "not-allowed"
  | "no-candidate"
  | "would-lose-data"
  | "no-majority"
  | "not-serving"
  | "key-reused"
  | "unknown-app"
  | "unknown-region";

/**
 * The step of a takeover that the serving region runs, or is to run next. Null: nothing is due, and
 * writes are admitted. `waiting`: for the lease, or for an operator to unfence the app. `failed`:
 * the app is fenced, `reason` says why, and `unfence` repeats the steps.
 */
export type TakeoverView = {
  readonly step: string;
  readonly state: "waiting" | "running" | "failed";
  /** How long it has been so, in milliseconds. */
  readonly sinceMs: number;
  readonly reason?: string;
} | null;

/**
 * `opening`: leases of the region before may run. `moving`: it is being handed over. `closed`: the
 * region is gone, and none may claim the name yet; or none has.
 */
export type HomeState = "open" | "opening" | "moving" | "closed";

/** Which region decides for a name, as this region knows; `region` null where none ever did. */
export interface HomeView {
  readonly region: string | null;
  /** Grows with every change of the region; a write names it (key-value/port.ts, HomeClaim). */
  readonly term: number;
  readonly state: HomeState;
}

/** Lag and writes at risk are the serving regions' word, relayed to the others; or unknown. */
export interface AppView extends RoutingView, ShownStanding {
  /** What people call the app. */
  readonly title: string;
  /** Whether this region may write for the app right now. */
  readonly holdsLease: boolean;
  /** Only of an app with takeover steps anything but null. */
  readonly takeover: TakeoverView;
  /** What was beyond cuts. */
  readonly lateWrites: LateCounts;
  /** Null where the record's own journal has none any more. */
  readonly lastMove: JournalRow | null;
  /** By name; empty where the app has none. */
  readonly homes: Readonly<Record<string, HomeView>>;
  /** With fewer regions in sync than this, writes are refused (`replicated`). */
  readonly minInSync: number;
  /** What the app is to be judged by (drill), in milliseconds. */
  readonly objectives: { readonly rtoMs: number; readonly rpoMs: number };
}

export interface RegionView {
  readonly id: string;
  readonly url: string;
  readonly up: boolean;
  readonly healthy: boolean;
  readonly incarnation: number;
}

/** A record that changed, or the step of a takeover under it. */
export interface AppNews extends RoutingView {
  readonly takeover: TakeoverView;
}

export type RoutingEvent =
  | { readonly type: "record"; readonly app: AppNews }
  | { readonly type: "region"; readonly region: RegionView }
  | { readonly type: "voters"; readonly voters: VotersView }
  /** One is there no more: the whole list. */
  | { readonly type: "regions"; readonly regions: readonly RegionView[] }
  | {
      readonly type: "lag";
      readonly app: string;
      readonly lag: Standing["lag"];
      readonly writesAtRisk: number | undefined;
      readonly unknown?: UnknownReason;
    };

export interface Routing {
  readonly region: string;
  apps(): readonly AppView[];
  app(id: string): AppView | undefined;
  regions(): readonly RegionView[];
  /** Which voters answer this region. */
  voters(): VotersView;
  /** Newest first; of one app or of all. */
  journal(app?: string): readonly (JournalRow & { readonly app: string })[];
  /** Late writes with their values, from this region's copy; of one app or of all. */
  lateWrites(asked: LateAsked): Outcome<LatePage, "invalid">;
  command(
    app: string,
    command: Command,
    options: CommandOptions,
  ): Promise<Outcome<RoutingView, CommandCode>>;
  subscribe(listener: (event: RoutingEvent) => void): () => void;
}
