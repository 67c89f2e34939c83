/**
 * All health checks of a deployment and what the voters have found, as one process sees it.
 * *pure* *public*
 *
 *   voter: result --> every region and the DNS server, each with a board of its own
 *   board: result --> hysteresis per voter, judged together (health-check.ts) --> ill, views
 *
 * No board asks another: what a process sees is what has reached it over the network, and where it
 * is cut off, what was last known stays.
 *
 *  B1 a check is made for every region that it names, or for all     (resolveChecks)
 *  B2 when regions or voters come and go, what is known of the others stays    (withChecks)
 *  B3 a result for something that is not checked changes nothing     (learnResults)
 *  B4 a board that did not change is the same object                 (learnResults, passTime)
 */
import {
  type CheckState,
  defineHealthCheck,
  type HealthChange,
  type HealthCheck,
  isFresh,
  judgeTogether,
  learnResult,
  UNCHECKED,
  type Verdict,
} from "./health-check.ts";
import type { HealthCheckSet } from "./naming.ts";

/** One check of one region. */
export interface Target {
  readonly check: string;
  readonly region: string;
  /** Absent: it speaks for the region as a whole. */
  readonly app?: string;
  readonly terms: HealthCheck;
}

interface Watched extends Target {
  readonly state: CheckState;
}

export type HealthBoard = ReadonlyMap<string, Watched>;

/** What a voter says of one target. */
export interface CheckResult extends Verdict {
  readonly check: string;
  readonly region: string;
}

/** For people and machines: status, console, /routing/health-checks. */
export interface HealthCheckView {
  readonly check: string;
  readonly region: string;
  readonly app?: string;
  readonly protocol: HealthCheck["protocol"];
  readonly path: string;
  readonly intervalMs: number;
  readonly healthy: boolean;
  readonly voters: readonly {
    readonly voter: string;
    readonly healthy: boolean;
    /** It has not reported for some intervals, and does not count. */
    readonly silent: boolean;
    /** Since its last result. */
    readonly ageMs: number;
    /** Of its last result, good or bad. */
    readonly reason: string;
  }[];
  /** The last bad result of whoever had one last; absent where there was none. */
  readonly lastError?: { readonly voter: string; readonly ageMs: number; readonly reason: string };
  /** Changes, newest first. */
  readonly history: readonly (Omit<HealthChange, "atMs"> & { readonly ageMs: number })[];
}

export interface Ill {
  readonly regions: readonly string[];
  /** By app, where its own checks fail. */
  readonly apps: Readonly<Record<string, readonly string[]>>;
}

const keyOf = (check: string, region: string): string => `${check}/${region}`;

/** Voters and regions as there are now; a check whose voters are all unknown is nobody's. */
export function resolveChecks(
  set: HealthCheckSet,
  regions: readonly string[],
  voters: readonly string[],
): readonly Target[] {
  const targets: Target[] = [];
  for (const [check, settings] of Object.entries(set)) {
    const { app, regions: named, voters: wanted, neededVoters, ...terms } = settings;
    const asked = voters.filter((voter) => wanted?.includes(voter) ?? true);
    if (asked.length === 0) continue;
    const full = defineHealthCheck({
      ...terms,
      voters: asked,
      ...(neededVoters === undefined ? {} : { neededVoters: Math.min(neededVoters, asked.length) }),
    });
    for (const region of regions) {
      if (named !== undefined && !named.includes(region)) continue;
      targets.push({ check, region, terms: full, ...(app === undefined ? {} : { app }) });
    }
  }
  return targets;
}

export const NO_CHECKS: HealthBoard = new Map();

export function withChecks(board: HealthBoard, targets: readonly Target[]): HealthBoard {
  return new Map(
    targets.map((target) => {
      const key = keyOf(target.check, target.region);
      return [key, { ...target, state: board.get(key)?.state ?? UNCHECKED }];
    }),
  );
}

export function learnResults(
  board: HealthBoard,
  voter: string,
  results: readonly CheckResult[],
  atMs: number,
): HealthBoard {
  let next: Map<string, Watched> | undefined;
  for (const { check, region, isGood, reason } of results) {
    const key = keyOf(check, region);
    const watched = (next ?? board).get(key);
    if (watched === undefined) continue;
    const state = learnResult(watched.terms, watched.state, { voter, atMs, isGood, reason });
    if (state === watched.state) continue;
    next ??= new Map(board);
    next.set(key, { ...watched, state });
  }
  return next ?? board;
}

/** Voters fall silent as time passes: call it about once a second. */
export function passTime(board: HealthBoard, nowMs: number): HealthBoard {
  let next: Map<string, Watched> | undefined;
  for (const [key, watched] of board) {
    const state = judgeTogether(watched.terms, watched.state, nowMs);
    if (state === watched.state) continue;
    next ??= new Map(board);
    next.set(key, { ...watched, state });
  }
  return next ?? board;
}

export function illOf(board: HealthBoard): Ill {
  const regions = new Set<string>();
  const apps: Record<string, string[]> = {};
  for (const { app, region, state } of board.values()) {
    if (state.healthy) continue;
    if (app === undefined) regions.add(region);
    else apps[app] = [...(apps[app] ?? []), region];
  }
  return { regions: [...regions], apps };
}

export function viewsOf(board: HealthBoard, nowMs: number): readonly HealthCheckView[] {
  const ageOf = (atMs: number): number => Math.max(0, Math.round(nowMs - atMs));
  return [...board.values()].map(({ check, region, app, terms, state }) => {
    const { lastError } = state;
    return {
      check,
      region,
      ...(app === undefined ? {} : { app }),
      protocol: terms.protocol,
      path: terms.path,
      intervalMs: terms.intervalMs,
      healthy: state.healthy,
      voters: [...state.voters].map(([voter, view]) => ({
        voter,
        healthy: view.health.healthy,
        silent: !isFresh(terms, view, nowMs),
        ageMs: ageOf(view.atMs),
        reason: view.reason,
      })),
      ...(lastError === undefined
        ? {}
        : {
            lastError: {
              voter: lastError.voter,
              ageMs: ageOf(lastError.atMs),
              reason: lastError.reason,
            },
          }),
      history: [...state.history]
        .reverse()
        .map(({ atMs, ...change }) => ({ ...change, ageMs: ageOf(atMs) })),
    };
  });
}
