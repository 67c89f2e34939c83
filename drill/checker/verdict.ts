/**
 * From a history to a verdict: within the objectives, not, or cannot tell. *pure*
 *
 * Invariants
 *  V1 what could not be read back is never a pass: it is `cannot-tell`, unless something else is
 *     known to be wrong                                                              (decide)
 *  V2 a drill with too few operations to show a pause proves nothing: `cannot-tell`   (doubts)
 *  V3 a machine that is too busy to serve well before any fault measures no recovery: pauses beyond
 *     the objective are doubts then, and findings about data stay findings       (tooBusy)
 *  V4 every finding says what was expected and what was got                      (findings)
 */
import type { Scenario } from "../faults/scenario.ts";
import { type History, isWrite, type Mark, PATHS } from "../history.ts";
import { checkEpochs, type Epochs } from "./epochs.ts";
import { compareRegions, type Difference } from "./equality.ts";
import { type Fates, fateOfWrites } from "./fate.ts";
import { checkReads, type Reads } from "./reads.ts";
import {
  at,
  type Group,
  latencyOf,
  longestPauseMs,
  measureRecovery,
  type Recovery,
  type Track,
  trackOf,
} from "./recovery.ts";

export type Conclusion = "within-objectives" | "not-within-objectives" | "cannot-tell";

export interface Finding {
  readonly check: string;
  readonly what: string;
}

export interface Quiet {
  readonly path: string;
  readonly group: Group;
  readonly operations: number;
  readonly pauseMs: number;
  readonly latencyMs: Recovery["latencyMs"];
}

export interface Verdict {
  readonly scenario: string;
  readonly conclusion: Conclusion;
  readonly exitStatus: 0 | 1 | 2;
  readonly findings: readonly Finding[];
  /** Why it may not be possible to tell. */
  readonly doubts: readonly string[];
  readonly recoveries: readonly Recovery[];
  /** Before the first fault. */
  readonly quiet: readonly Quiet[];
  readonly fates: Fates;
  readonly epochs: Epochs;
  readonly reads: Reads;
  readonly differences: readonly Difference[];
  readonly operations: number;
  /** How late the load generator was, at its latest and at the 99th percentile. */
  readonly generatorLateMs: { readonly p99: number; readonly most: number };
}

/** What the run itself saw beside the operations. */
export interface Observed {
  /** Rounds that went as the scenario expects, or how they did not. */
  readonly moves: readonly { readonly round: number; readonly from: string; readonly to: string }[];
  readonly problems: readonly string[];
  readonly doubts: readonly string[];
}

export const MEASURED: readonly Group[] = [
  "write",
  "read",
  "view",
  "view-current",
  "list",
  "comments",
];
const LEAST_OPERATIONS = 20;
const OF_FRESHNESS: readonly string[] = ["older-than-acknowledged", "older-than-seen"];
/** Of the pause that is wanted at most, what a busy machine may add by itself. */
const NOISE_SHARE = 0.3;

export function decideVerdict(scenario: Scenario, history: History, observed: Observed): Verdict {
  const { operations, marks, readback } = history;
  const firstMs = marks[0]?.atMs ?? history.untilMs;
  const tracks = PATHS.flatMap((path) => MEASURED.map((g) => trackOf(operations, path, g)));
  const quiet = quietOf(tracks, history, firstMs);
  const recoveries = recoveriesOf(tracks, history, quiet);
  const fates = fateOfWrites(operations, readback);
  const epochs = checkEpochs(operations, marks);
  const reads = checkReads(operations, marks);
  const differences = compareRegions(readback);
  const late = operations
    .filter((o) => o.dueMs >= history.fromMs)
    .map((o) => o.startMs - o.dueMs)
    .sort((a, b) => a - b);
  const generatorLateMs = { p99: at(late, 0.99), most: late.at(-1) ?? 0 };
  const busy = tooBusy(scenario, quiet, generatorLateMs.most);
  const times = [...movesFound(scenario, observed), ...pausesFound(scenario, recoveries)];
  const findings = [
    ...observed.problems.map((what) => ({ check: "run", what })),
    ...(busy.length > 0 ? [] : times),
    ...lossesFound(scenario, fates),
    ...agesFound(scenario, fates, marks),
    ...fates.refused.map((o) => ({
      check: "refused",
      what: `operation ${o.number} was refused (${o.code}), and is there: ${o.marker}`,
    })),
    ...fates.twice.map(({ marker, ids, where }) => ({
      check: "twice",
      what: `${marker} has ${ids.length} ids (${where}): ${ids.join(", ")}`,
    })),
    ...epochs.faults.map(({ rule, what }) => ({ check: rule, what })),
    ...reads.faults
      .filter(({ rule }) => scenario.objectives.freshReads || !OF_FRESHNESS.includes(rule))
      .map(({ rule, what }) => ({ check: rule, what })),
    ...differences.map(({ id, versions }) => ({
      check: "regions-differ",
      what: `${id}: ${JSON.stringify(versions)}`,
    })),
  ];
  const doubts = [
    ...observed.doubts,
    ...readback.unread,
    ...doubtsOf(history, firstMs),
    ...busy,
    ...(busy.length > 0 ? times.map(({ what }) => what) : []),
  ];
  const conclusion = decide(findings.length > 0, doubts.length > 0);
  return {
    scenario: scenario.id,
    conclusion,
    exitStatus: EXIT[conclusion],
    findings,
    doubts,
    recoveries,
    quiet,
    fates,
    epochs,
    reads,
    differences,
    operations: operations.length,
    generatorLateMs,
  };
}

/** Why this machine could not have measured the objectives, fault or no fault. */
function tooBusy(
  { objectives }: Scenario,
  quiet: readonly Quiet[],
  generatorLateMs: number,
): string[] {
  const why: string[] = [];
  const share = objectives.writePauseMs * NOISE_SHARE;
  if (generatorLateMs > share) {
    why.push(
      `the load generator itself stood still for ${shownMs(generatorLateMs)}: ` +
        "the machine is too busy to measure a pause",
    );
  }
  for (const { path, group, pauseMs, latencyMs } of quiet) {
    if (group !== "write" || (pauseMs <= share && latencyMs.p50 <= share)) continue;
    why.push(
      `before any fault, writes through the ${path} paused ${shownMs(pauseMs)} and took ` +
        `${shownMs(latencyMs.p50)} (median): the machine is too busy for this load (--rate)`,
    );
  }
  return why;
}

const EXIT = { "within-objectives": 0, "not-within-objectives": 1, "cannot-tell": 2 } as const;

function decide(isWrong: boolean, isDoubtful: boolean): Conclusion {
  if (isWrong) return "not-within-objectives";
  return isDoubtful ? "cannot-tell" : "within-objectives";
}

function quietOf(tracks: readonly Track[], { fromMs }: History, untilMs: number): Quiet[] {
  return tracks.map((track) => {
    const of = track.operations.filter((o) => o.dueMs >= fromMs && o.dueMs < untilMs);
    return {
      path: track.path,
      group: track.group,
      operations: of.length,
      pauseMs: longestPauseMs(track, { fromMs, untilMs }),
      latencyMs: latencyOf(of.filter((o) => o.endMs < untilMs)),
    };
  });
}

/** Each mark is measured until the next one, the last until the load ended. */
function recoveriesOf(
  tracks: readonly Track[],
  { marks, untilMs }: History,
  quiet: readonly Quiet[],
): Recovery[] {
  return marks.flatMap((mark, index) => {
    const span = { fromMs: mark.atMs, untilMs: marks[index + 1]?.atMs ?? untilMs };
    return tracks.map((track, n) => measureRecovery(track, mark, span, quiet[n]?.pauseMs ?? 0));
  });
}

function doubtsOf({ operations, marks, fromMs, untilMs }: History, firstMs: number): string[] {
  const doubts: string[] = [];
  if (marks.length === 0) doubts.push("no fault was made");
  for (const path of PATHS) {
    const before = operations.filter(
      (o) => o.path === path && isWrite(o) && o.outcome === "ok" && o.endMs < firstMs,
    ).length;
    if (before < LEAST_OPERATIONS) {
      const seconds = ((Math.min(firstMs, untilMs) - fromMs) / 1000).toFixed(1);
      doubts.push(
        `only ${before} writes succeeded through the ${path} in the ${seconds} s before the ` +
          `first fault; ${LEAST_OPERATIONS} are needed to tell a pause (--rate, --duration)`,
      );
    }
  }
  return doubts;
}

function movesFound({ moves }: Scenario, observed: Observed): Finding[] {
  if (moves === undefined) return [];
  return observed.moves
    .filter(({ from, to }) => (from !== to) !== moves)
    .map(({ round, from, to }) => ({
      check: "moves",
      what: moves
        ? `round ${round}: ${from} served before, and ${to} after; another region was expected`
        : `round ${round}: the app moved from ${from} to ${to}, and nothing called for it`,
    }));
}

function pausesFound({ objectives }: Scenario, recoveries: readonly Recovery[]): Finding[] {
  const limits = { write: objectives.writePauseMs, read: objectives.readPauseMs } as const;
  return recoveries.flatMap((recovery): Finding[] => {
    const { group, path, mark, round, pauseMs, failed, unknown, codes } = recovery;
    if (group !== "write" && group !== "read") return [];
    const found: Finding[] = [];
    const where = `round ${round}, ${mark}, ${group}s through the ${path}`;
    if (pauseMs > limits[group]) {
      const what = `${where}: paused ${shownMs(pauseMs)}, at most ${shownMs(limits[group])} wanted`;
      found.push({ check: `${group}-pause`, what });
    }
    if (objectives.noFailures && failed + unknown > 0) {
      const what =
        `${where}: ${failed} failed and ${unknown} ended unknown, none wanted ` +
        JSON.stringify(codes);
      found.push({ check: "failures", what });
    }
    return found;
  });
}

function lossesFound({ objectives }: Scenario, { missing }: Fates): Finding[] {
  return (["lost", "late"] as const).flatMap((fate): Finding[] => {
    const count = missing.filter((one) => one.fate === fate).length;
    if (count <= objectives[fate]) return [];
    const what = `${count} acknowledged writes are ${fate}, at most ${objectives[fate]} wanted`;
    return [{ check: fate, what }];
  });
}

/** Missing writes that were acknowledged longer before the fault than the app allows (`rpoMs`). */
function agesFound(
  { objectives }: Scenario,
  { missing }: Fates,
  marks: readonly Mark[],
): Finding[] {
  const { rpoMs } = objectives;
  if (rpoMs === undefined) return [];
  const faults = marks.filter(({ role }) => role === "fault");
  const ages = missing.flatMap(({ operation }) => {
    const fault = faults.find(({ atMs }) => atMs >= operation.endMs);
    return fault === undefined ? [] : [fault.atMs - operation.endMs];
  });
  const oldest = Math.max(0, ...ages);
  if (oldest <= rpoMs) return [];
  const what =
    `a write acknowledged ${shownMs(oldest)} before the fault is missing after it, ` +
    `at most ${shownMs(rpoMs)} wanted (objectives.rpoMs)`;
  return [{ check: "rpo", what }];
}

export const shownMs = (ms: number): string => {
  if (!Number.isFinite(ms)) return "for ever";
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(0)} ms`;
};
