/**
 * Port: what the rest of a region sees of routing. *port*
 *
 * Reads are synchronous and local (they may be behind the register); commands go through the
 * register, so their outcome can be unknown.
 */
import type { Outcome } from "../../base/outcome.ts";
import type { JournalEntry, RoutingView } from "./record.ts";

export type Command = "fence" | "unfence" | "switchover" | "failover" | "failback";

export interface CommandOptions {
  readonly to?: string;
  readonly reason?: string;
  /** Who asked, for the journal. */
  readonly by: string;
  readonly acceptDataLoss?: boolean;
  readonly waitMs?: number;
}

export type CommandCode =
  | "not-allowed"
  | "no-candidate"
  | "would-lose-data"
  | "no-majority"
  | "not-serving"
  | "unknown-app"
  | "unknown-region";

export interface AppView extends RoutingView {
  /** What this region knows of how far the others are behind its log, by region. */
  readonly lag: Readonly<Record<string, { readonly writes: number; readonly ms: number }>>;
  /** Acknowledged writes that only one region holds, as far as this region can tell. */
  readonly writesAtRisk: number;
  /** Whether this region may write for the app right now. */
  readonly holdsLease: boolean;
}

export interface RegionView {
  readonly id: string;
  readonly url: string;
  readonly up: boolean;
  readonly healthy: boolean;
  readonly incarnation: number;
}

export type RoutingEvent =
  | { readonly type: "record"; readonly app: RoutingView }
  | { readonly type: "region"; readonly region: RegionView }
  /** One is there no more: the whole list. */
  | { readonly type: "regions"; readonly regions: readonly RegionView[] }
  | {
      readonly type: "lag";
      readonly app: string;
      readonly lag: AppView["lag"];
      readonly writesAtRisk: number;
    };

export interface Routing {
  readonly region: string;
  apps(): readonly AppView[];
  app(id: string): AppView | undefined;
  regions(): readonly RegionView[];
  /** Newest first; of one app or of all. */
  journal(app?: string): readonly (JournalEntry & { readonly app: string })[];
  command(
    app: string,
    command: Command,
    options: CommandOptions,
  ): Promise<Outcome<RoutingView, CommandCode>>;
  subscribe(listener: (event: RoutingEvent) => void): () => void;
}
