/**
 * A health check as DNS services have them: asked from several places, judged by all. *pure*
 *
 *   each voter that checks:  ask every intervalMs --> judge the answer --> hysteresis (health.ts)
 *   together:                well while at least `neededVoters` of those that report find it well
 *
 * It says whether a name should lead to a region (dns-selection.ts). It never moves an app: that is
 * decided from leases (failover.ts).
 *
 *  K1 one bad answer changes nothing, nor one voter's while others report (health.ts, isWell)
 *  K2 a voter that has fallen silent does not count, either way       (isFresh)
 *  K3 while no voter reports, the last that was known stays           (isWell)
 *  K4 the history is bounded, and holds changes, not results          (HISTORY_KEPT, withChange)
 *  K5 a result older than the last of its voter changes nothing       (learnResult)
 */
import { ConfigurationError } from "../../base/errors.ts";
import {
  DEFAULT_HEALTH_TERMS,
  HEALTHY,
  type Health,
  type HealthTerms,
  nextHealth,
} from "./health.ts";

export interface HealthCheck {
  /** tcp: it is enough that a connection is taken. */
  readonly protocol: "http" | "https" | "tcp";
  readonly path: string;
  /** First and last status that are good. */
  readonly expectedStatus: readonly [number, number];
  /** Must be in the first SEARCHED_CHARACTERS of the body. */
  readonly find: string | undefined;
  readonly intervalMs: number;
  /** No answer within it is a bad one. */
  readonly limitMs: number;
  readonly terms: HealthTerms;
  readonly voters: readonly string[];
  readonly neededVoters: number;
}

export interface HealthCheckOptions extends Partial<Omit<HealthCheck, "voters">> {
  readonly voters: readonly string[];
}

/** What one voter met. */
export type Found =
  | { readonly kind: "connected"; readonly tookMs: number }
  | {
      readonly kind: "answered";
      readonly tookMs: number;
      readonly status: number;
      /** At least the first SEARCHED_CHARACTERS of it; only looked at where there is a `find`. */
      readonly body: string;
    }
  | { readonly kind: "nothing"; readonly reason: string };

export interface Verdict {
  readonly isGood: boolean;
  /** For people; of a good one how long it took. */
  readonly reason: string;
}

interface VoterView {
  readonly health: Health;
  readonly atMs: number;
  readonly reason: string;
}

export interface HealthChange {
  readonly atMs: number;
  /** Absent: of all together. */
  readonly voter?: string;
  readonly healthy: boolean;
  readonly reason: string;
}

export interface CheckState {
  readonly healthy: boolean;
  readonly voters: ReadonlyMap<string, VoterView>;
  /** Oldest first. */
  readonly history: readonly HealthChange[];
  /** The last bad result, whoever had it. */
  readonly lastError?: { readonly voter: string; readonly atMs: number; readonly reason: string };
}

/** As much of a body as is searched. */
export const SEARCHED_CHARACTERS = 5_120;
const FIND_MOST = 255;
const HISTORY_KEPT = 50;
const REASON_MOST = 200;
/** Intervals without a result after which a voter does not count. */
const SILENT_INTERVALS = 3;

/** Until somebody says otherwise, well. */
export const UNCHECKED: CheckState = { healthy: true, voters: new Map(), history: [] };

export function defineHealthCheck(options: HealthCheckOptions): HealthCheck {
  const { voters } = options;
  const check: HealthCheck = {
    protocol: "http",
    path: "/health",
    expectedStatus: [200, 399],
    find: undefined,
    intervalMs: 1_000,
    limitMs: 500,
    terms: DEFAULT_HEALTH_TERMS,
    neededVoters: Math.floor(voters.length / 2) + 1,
    ...options,
  };
  const [first, last] = check.expectedStatus;
  const { find, terms } = check;
  const counts = [terms.failures, terms.successes];
  demand(check.path.startsWith("/"), "path of a health check", check.path, "Begin it with /.");
  demand(
    Number.isInteger(first) &&
      Number.isInteger(last) &&
      first >= 100 &&
      last <= 599 &&
      first <= last,
    "expected status of a health check",
    check.expectedStatus,
    "Give the first and last good one, as [200, 399].",
  );
  demand(
    find === undefined || (find.length > 0 && find.length <= FIND_MOST && check.protocol !== "tcp"),
    "text to find in a health check",
    find,
    `Give 1 to ${FIND_MOST} characters, and a protocol that has a body.`,
  );
  demand(
    check.intervalMs >= 100 && check.limitMs > 0 && check.limitMs <= check.intervalMs,
    "interval or limit of a health check",
    { intervalMs: check.intervalMs, limitMs: check.limitMs },
    "Ask every 100 ms at most often, and wait no longer than until the next time.",
  );
  demand(
    counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 10),
    "thresholds of a health check",
    terms,
    "Take 1 to 10 results in a row.",
  );
  demand(
    voters.length > 0 && new Set(voters).size === voters.length,
    "voters of a health check",
    voters,
    "Name at least one, and each once.",
  );
  demand(
    Number.isInteger(check.neededVoters) &&
      check.neededVoters >= 1 &&
      check.neededVoters <= voters.length,
    "needed voters of a health check",
    check.neededVoters,
    `Take 1 to ${voters.length}, as many as check.`,
  );
  return check;
}

function demand(isRight: boolean, subject: string, got: unknown, fix: string): void {
  if (!isRight) throw new ConfigurationError({ what: `the ${subject} cannot be used`, got, fix });
}

export function judge(check: HealthCheck, found: Found): Verdict {
  const bad = (reason: string): Verdict => ({
    isGood: false,
    reason: reason.slice(0, REASON_MOST),
  });
  if (found.kind === "nothing") return bad(found.reason);
  const { tookMs } = found;
  if (tookMs > check.limitMs) return bad(`took ${Math.round(tookMs)} ms of ${check.limitMs}`);
  const good: Verdict = { isGood: true, reason: `took ${Math.round(tookMs)} ms` };
  if (check.protocol === "tcp") return good;
  if (found.kind === "connected") return bad("connected, but gave no answer");
  const [first, last] = check.expectedStatus;
  if (found.status < first || found.status > last) {
    return bad(`answered ${found.status}, not ${first} to ${last}`);
  }
  if (check.find === undefined) return good;
  const isFound = found.body.slice(0, SEARCHED_CHARACTERS).includes(check.find);
  return isFound
    ? good
    : bad(`"${check.find}" is not in the first ${SEARCHED_CHARACTERS} characters`);
}

/** When this voter should ask again; undefined: it does not check. */
export function nextCheckMs(check: HealthCheck, state: CheckState, voter: string, nowMs: number) {
  if (!check.voters.includes(voter)) return undefined;
  const last = state.voters.get(voter);
  return last === undefined ? nowMs : Math.max(nowMs, last.atMs + check.intervalMs);
}

/** One voter's result. Times are on one clock: the one of whoever keeps the state. */
export function learnResult(
  check: HealthCheck,
  state: CheckState,
  result: Verdict & { readonly voter: string; readonly atMs: number },
): CheckState {
  const { voter, atMs, isGood, reason } = result;
  const old = state.voters.get(voter);
  if (!check.voters.includes(voter) || (old !== undefined && atMs < old.atMs)) return state;
  const health = nextHealth(old?.health ?? HEALTHY, isGood, check.terms);
  const voters = new Map(state.voters).set(voter, { health, atMs, reason });
  const hasTurned = (old?.health ?? HEALTHY).healthy !== health.healthy;
  const seen = { ...state, voters, ...(isGood ? {} : { lastError: { voter, atMs, reason } }) };
  const told = hasTurned
    ? withChange(seen, { atMs, voter, healthy: health.healthy, reason })
    : seen;
  return judgeTogether(check, told, atMs);
}

/** As time passes, voters fall silent: call it at least once an interval. */
export function judgeTogether(check: HealthCheck, state: CheckState, nowMs: number): CheckState {
  const fresh = [...state.voters.values()].filter((view) => isFresh(check, view, nowMs));
  const healthy = isWell(check, state, fresh);
  if (healthy === state.healthy) return state;
  const good = fresh.filter((view) => view.health.healthy).length;
  const ill = fresh.find((view) => !view.health.healthy);
  const reason = `${good} of ${fresh.length} find it well${ill ? `: ${ill.reason}` : ""}`;
  return withChange({ ...state, healthy }, { atMs: nowMs, healthy, reason });
}

export const isFresh = (check: HealthCheck, view: VoterView, nowMs: number): boolean =>
  nowMs - view.atMs <= SILENT_INTERVALS * check.intervalMs;

/** Where fewer report than are needed, all of those must agree. */
function isWell(check: HealthCheck, state: CheckState, fresh: readonly VoterView[]): boolean {
  if (fresh.length === 0) return state.healthy;
  const good = fresh.filter((view) => view.health.healthy).length;
  return good >= Math.min(check.neededVoters, fresh.length);
}

const withChange = (state: CheckState, change: HealthChange): CheckState => ({
  ...state,
  history: [...state.history.slice(1 - HISTORY_KEPT), change],
});
