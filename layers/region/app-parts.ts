/** What the parts of one app in one region share. *types* */
import type { Instant } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Log } from "../key-value/log.ts";
import type { TableDefinition } from "../key-value/table.ts";
import type { Ballot } from "../routing/ballot.ts";
import type { AppTerms, Change } from "../routing/changes.ts";
import type { CommandCode } from "../routing/port.ts";
import type { RoutingRecord } from "../routing/record.ts";
import type { IntentEnd, Registrar } from "../routing/registrar.ts";
import type { AppData } from "./app-data.ts";
import type { Holding } from "./holding.ts";
import type { Homes } from "./homes.ts";
import type { RegionBody } from "./messages.ts";
import type { Pauses } from "./pauses.ts";
import type { Site } from "./site.ts";
import type { Standings } from "./standings.ts";

export interface AppOptions extends AppTerms {
  /** What people call the app; only shown. Default its id. */
  readonly title?: string;
  readonly tables: readonly TableDefinition[];
  /** Fewer regions in sync than this refuse writes (`replicated`). */
  readonly minInSync: number;
  /** How much acknowledged data a `local` app may lose in an automatic failover, in time. */
  readonly rpoMs: number;
  /** No automatic failover to a region that lost the app less than this ago. */
  readonly coolDownMs: number;
  /** Regions that may decide for a name, in order of preference; by name (homes.ts). */
  readonly homes?: Readonly<Record<string, readonly string[]>>;
  /** A region has to serve for so long before it is handed a name. Default SETTLED_MS. */
  readonly homeSettledMs?: number;
  /** Run, in order, by a region that begins to serve where another one did (preparing.ts). */
  readonly takeover?: readonly { readonly name: string; readonly timeoutMs: number }[];
  /** What the app wants to be judged by; only shown. */
  readonly rtoMs: number;
  /** Entries that a log keeps at least; who needs older ones is rebuilt. Default LOG_KEPT. */
  readonly logKept?: number;
  /** Late writes that are kept, judged last. Default LATE_KEPT (late-ledger.ts). */
  readonly lateKept?: number;
}

export const LOG_KEPT = 100_000;

export interface AppParts {
  readonly site: Site;
  readonly options: AppOptions;
  readonly data: AppData;
  readonly registrar: Registrar;
  readonly log: Log;
  readonly logs: ReadonlyMap<string, Log>;
  readonly record: RoutingRecord | undefined;
  readonly holding: Holding | undefined;
  readonly homes: Homes;
  readonly standings: Standings;
  readonly pauses: Pauses;
  /** Serving regions that this region's own voter suspects. */
  readonly suspected: readonly string[];
  /** Those of them that do not answer at all. */
  readonly silent: readonly string[];
  /** What the region's own journey says. */
  readonly healthy: boolean;
  /** When this region last had all that a holder said it has; when it last lost the app. */
  readonly caughtUpAt: number;
  readonly lostAt: number;
  /** The last moment of the hybrid clock that was given or seen here. */
  readonly clockNow: number;
  /** Active-passive: every region has the log through here, as far as this one knows. */
  readonly everywhere: number;
  /** Active-passive: the log may be trimmed through here. */
  readonly settled: number;
  /** Takes over a record that is known to be chosen. */
  learn(record: RoutingRecord, ballot: Ballot, now: Instant): void;
  /** Tells the other regions at once what was just chosen here. */
  push(end: IntentEnd): void;
  send(region: string, body: RegionBody): void;
  change(by: string, reason: string, now: Instant): Change;
  /** The wait before the begin of an epoch that was won just now. */
  won(epoch: number, waitMs: number): void;
}

export type CommandAnswer = (
  end:
    | Outcome<RoutingRecord, CommandCode>
    | { readonly kind: "elsewhere"; readonly region: string },
) => void;
