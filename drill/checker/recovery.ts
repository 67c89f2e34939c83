/**
 * How long an app was away, as its users saw it. *pure*
 *
 *   ok ok ok |fault ......... ok ok  x  ok ok ok
 *          |<----- pause ---->|      |
 *            |<------ sustained ---->|
 *
 * `pause` is the longest time without a success that reaches beyond the fault: from the last
 * success before to the first one after. `sustained` counts from the fault to the end of the last
 * failure or pause in it: from then on everything went well. Latency is told from when an operation
 * was due, so that one which could not even start counts as slow.
 *
 * Not promised: a pause shorter than the distance between two operations of the kind shows nothing;
 * `quietPauseMs`, the longest pause before any fault, says how long that distance gets.
 */
import { isWrite, type Mark, type Operation, type PathName } from "../history.ts";

/** "write", "read" (of any kind but view-current), or one kind. */
export type Group = "write" | "read" | Operation["kind"];

export interface Recovery {
  readonly round: number;
  readonly mark: string;
  readonly path: PathName;
  readonly group: Group;
  /** Infinity when nothing succeeded any more. */
  readonly pauseMs: number;
  readonly sustainedMs: number;
  readonly operations: number;
  readonly failed: number;
  readonly unknown: number;
  /** What the failures said, and how often. */
  readonly codes: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly most: number };
}

/** A pause counts as one in `sustained` when it is this long, or longer than any quiet one. */
const PAUSE_LEAST_MS = 100;

export const inGroup = (operation: Operation, group: Group): boolean => {
  if (group === "write") return isWrite(operation);
  if (group === "read") return !isWrite(operation) && operation.kind !== "view-current";
  return operation.kind === group;
};

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The operations of one path and group over a whole drill, and when its successes came back. */
export interface Track {
  readonly path: PathName;
  readonly group: Group;
  readonly operations: readonly Operation[];
  readonly ends: readonly number[];
}

export function trackOf(operations: readonly Operation[], path: PathName, group: Group): Track {
  const mine = operations.filter((o) => o.path === path && inGroup(o, group));
  const ends = mine
    .filter((o) => o.outcome === "ok")
    .map((o) => o.endMs)
    .sort((a, b) => a - b);
  return { path, group, operations: mine, ends };
}

export function measureRecovery(
  { path, group, operations, ends }: Track,
  mark: Mark,
  span: Span,
  quietPauseMs: number,
): Recovery {
  const within = operations.filter((o) => o.dueMs >= span.fromMs && o.dueMs < span.untilMs);
  const bad = within.filter((o) => o.outcome !== "ok");
  // Nothing of the kind was tried: no pause can be told, and none is claimed.
  const pauses = within.length === 0 ? [] : pausesIn(ends, span);
  const longest = pauses.reduce((most, p) => Math.max(most, p.untilMs - p.fromMs), 0);
  const noticed = Math.max(PAUSE_LEAST_MS, quietPauseMs * 1.5);
  const troubles = [
    ...bad.map((o) => o.endMs),
    ...pauses.filter((p) => p.untilMs - p.fromMs > noticed).map((p) => p.untilMs),
  ];
  return {
    round: mark.round,
    mark: mark.what,
    path,
    group,
    pauseMs: longest,
    sustainedMs: troubles.reduce((most, at) => Math.max(most, at - mark.atMs), 0),
    operations: within.length,
    failed: bad.filter((o) => o.outcome === "failed").length,
    unknown: bad.filter((o) => o.outcome === "unknown").length,
    codes: countBy(bad.map((o) => o.code ?? "unnamed")),
    latencyMs: latencyOf(within),
  };
}

/**
 * From one success to the next, as far as they reach into the span. What was away when the span
 * began has been so since its last success; what never came back is away for ever.
 */
function pausesIn(ends: readonly number[], span: Span): readonly Span[] {
  const before = ends.findLastIndex((at) => at <= span.fromMs);
  const after = ends.findIndex((at) => at >= span.untilMs);
  const first = before < 0 ? span.fromMs : (ends[before] ?? span.fromMs);
  const inside = ends.slice(before + 1, after < 0 ? ends.length : after + 1);
  const isDown = inside.length === 0;
  const stops = [first, ...inside, ...(isDown ? [Number.POSITIVE_INFINITY] : [])];
  return stops.slice(1).map((untilMs, index) => ({ fromMs: stops[index] ?? untilMs, untilMs }));
}

export const longestPauseMs = ({ ends }: Track, span: Span): number => {
  const inside = ends.filter((at) => at >= span.fromMs && at <= span.untilMs);
  return inside.slice(1).reduce((most, at, n) => Math.max(most, at - (inside[n] ?? at)), 0);
};

export function latencyOf(operations: readonly Operation[]): Recovery["latencyMs"] {
  const sorted = operations
    .filter((o) => o.outcome === "ok")
    .map((o) => o.endMs - o.dueMs)
    .sort((a, b) => a - b);
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99), most: sorted.at(-1) ?? 0 };
}

/** Of sorted values; the upper of two middle ones. */
export const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

export function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
