/**
 * How a region sees one of its apps: what its record says, and what only this region knows. *pure*
 *
 * The same in every target, whose routing adapters keep, send and forward what is made here.
 */
import type { Instant } from "../../base/clock.ts";
import { type JournalRow, MOVES, withPause } from "../routing/pause.ts";
import type { AppView, TakeoverView } from "../routing/port.ts";
import { type RoutingRecord, type RoutingView, viewOf } from "../routing/record.ts";
import type { AppRegion } from "./app-region.ts";
import { lateCountsOf } from "./late-list.ts";

export type LiveView = Omit<AppView, keyof RoutingView>;

/** What changes without the record. */
export function liveViewOf(app: AppRegion, now: Instant): LiveView {
  const { holding, options } = app;
  const { minInSync, rtoMs, rpoMs, title = options.app } = options;
  return {
    ...app.standings.shown(now),
    title,
    takeover: takeoverOf(app, now),
    holdsLease: holding?.mayWrite(now) === true,
    lateWrites: lateCountsOf(app, now),
    lastMove: lastMoveOf(app),
    homes: app.homes.views(now),
    minInSync,
    objectives: { rtoMs, rpoMs },
  };
}

function lastMoveOf({ record, pauses }: AppRegion): JournalRow | null {
  const moved = record?.journal.findLast(({ cause }) => MOVES.has(cause));
  return moved === undefined ? null : withPause(moved, (epoch) => pauses.of(epoch));
}

/** The region that runs the steps knows which; the others know from the record that they are due. */
export function takeoverOf({ options, preparing, record }: AppRegion, now: Instant): TakeoverView {
  const [first] = options.takeover ?? [];
  const due = record?.takeover;
  if (first === undefined || record === undefined || due === undefined) return null;
  const running = preparing.now;
  if (running !== undefined) {
    const { step, state, sinceMono } = running;
    const shown = record.phase === "fenced" && state !== "failed" ? "waiting" : state;
    return { step, state: shown, sinceMs: Math.round(now.mono - sinceMono), ...reasonOf(due) };
  }
  const since = record.journal.findLast(({ cause }) => CAUSES.has(cause))?.at ?? now.wall;
  const sinceMs = Math.max(0, Math.round(now.wall - since));
  if (due.state === "failed") return { ...due, sinceMs };
  const state = record.phase === "fenced" ? "waiting" : "running";
  return { step: first.name, state, sinceMs };
}

const CAUSES: ReadonlySet<string> = new Set([
  "takeover",
  "restart",
  "switchover",
  "failover",
  "failback",
  "fence",
  "unfence",
]);

const reasonOf = (due: NonNullable<RoutingRecord["takeover"]>): { reason?: string } =>
  due.state === "failed" ? { reason: due.reason } : {};

/** Before the first record is known, too. */
export function recordViewOf({ record, options }: AppRegion): RoutingView {
  if (record !== undefined) return viewOf(record);
  return {
    app: options.app,
    mode: options.mode,
    durability: options.durability,
    state: "failover",
    phase: "serving",
    policy: options.policy,
    epoch: 0,
    version: 0,
    primary: options.regions[0] ?? "",
    regions: options.regions,
    servingRegions: [],
    inSyncRegions: [],
  };
}
