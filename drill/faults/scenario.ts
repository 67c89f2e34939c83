/**
 * A scenario: what is done to a deployment under load, and what counts as good enough. *pure*
 *
 * Steps name roles, not regions: who serves is looked up when a round begins, so that the same
 * scenario can be repeated and hits whoever serves then. To add one, add a row to table.ts.
 */
export type Role = "serving" | "standby" | "witness";

export type FaultName =
  | "kill"
  | "freeze"
  | "thaw"
  | "restart"
  | "partition"
  | "slow"
  | "break-health"
  | "heal";

export interface FaultStep {
  readonly do: FaultName;
  readonly on: readonly Role[];
  readonly options?: {
    readonly direction?: "in" | "out" | "both";
    readonly delayMs?: number;
    readonly jitterMs?: number;
    readonly loss?: number;
  };
}

export type Step =
  | FaultStep
  /** A planned move, by the operator's route. */
  | { readonly do: "switchover"; readonly to: Role }
  /** So many times as many operations as the drill was asked for, until it is 1 again. */
  | { readonly do: "overload"; readonly factor: number }
  /** Under load, as long as the drill's duration gives each of these. */
  | { readonly do: "observe" }
  /** Until every region is healthy and in sync, or the drill cannot go on. */
  | { readonly do: "in-sync" };

export interface Objectives {
  /** Longest pause of writes, on either path. */
  readonly writePauseMs: number;
  /** Longest pause of reads that do not insist on being current. */
  readonly readPauseMs: number;
  /** No operation may be refused or end unknown: for what is planned, or should not be noticed. */
  readonly noFailures: boolean;
  /** Acknowledged writes that may be late, and lost. */
  readonly late: number;
  readonly lost: number;
  /** No acknowledged write that is older than this at the fault may be late or lost. */
  readonly rpoMs?: number;
  /** A fresh read sees what was acknowledged before it: where nothing is acknowledged too early. */
  readonly freshReads: boolean;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Measured: each starts a span that ends with the next. */
  readonly steps: readonly Step[];
  readonly heal: readonly Step[];
  /** Whether another region has to serve after the steps; undefined where both are right. */
  readonly moves?: boolean;
  readonly objectives: Objectives;
}

/** What the drill knows of the app that it is run against. */
export interface Judged {
  readonly durability: string;
  readonly objectives?: { readonly rtoMs: number; readonly rpoMs: number };
}

/**
 * A `local` app acknowledges before other regions have it: a takeover waits for the lease, and what
 * had not arrived is late, never lost. Where the app itself wants more than the scenario, its own
 * objectives count.
 */
export function scenarioFor(scenario: Scenario, app: Judged): Scenario {
  const { rtoMs = Number.POSITIVE_INFINITY, rpoMs } = app.objectives ?? {};
  const isLocal = app.durability === "local";
  const { objectives } = scenario;
  const pauseMs = isLocal
    ? Math.max(objectives.writePauseMs, LOCAL_PAUSE_MS)
    : objectives.writePauseMs;
  return {
    ...scenario,
    objectives: {
      ...objectives,
      writePauseMs: Math.min(pauseMs, rtoMs),
      ...(rpoMs === undefined ? {} : { rpoMs }),
      ...(isLocal ? { late: Number.POSITIVE_INFINITY, freshReads: false } : {}),
    },
  };
}

const LOCAL_PAUSE_MS = 1_500;
