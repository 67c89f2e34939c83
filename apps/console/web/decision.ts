/**
 * What an operator should know before an app is fenced or moved. *pure*
 *
 *   expected loss      what the target does not have: its lag, or every write at risk
 *   expected duration  the lease that has to run out, or the catching up plus a round trip
 *   drift              whatever makes the target a worse place than it should be
 *
 * Invariants
 *  1 only a failover can lose anything; it asks for acceptance unless the loss is known to be none
 *  2 a move to a region that is down is blocked, whatever the action
 *
 * It does not promise: numbers are those of the last event; the server decides, and refuses with
 * `would-lose-data` where acceptance is missing.
 */
import type { LiveApp, LiveRegion } from "../../../layers/presentation/live/live-state.ts";

export const ACTIONS = ["fence", "unfence", "switchover", "failover", "failback"] as const;
export type Action = (typeof ACTIONS)[number];

export type Drift =
  | { readonly kind: "behind"; readonly writes: number }
  | {
      readonly kind:
        | "outOfSync"
        | "targetDown"
        | "targetUnhealthy"
        | "holderWell"
        | "manual"
        | "alone";
    };

export type Duration =
  | { readonly kind: "instant" }
  | { readonly kind: "pause"; readonly ms: number }
  | { readonly kind: "wait"; readonly ms: number };

export interface Assessment {
  /** Acknowledged writes; undefined when nobody can tell. */
  readonly lossWrites: number | undefined;
  readonly duration: Duration;
  readonly drifts: readonly Drift[];
  readonly needsAcceptance: boolean;
  readonly blocked: boolean;
}

/** A taker in sync begins at once; any other waits for the lease, by default 600 ms. */
const FAST_TAKEOVER_MS = 100;
const LEASED_TAKEOVER_MS = 750;
const TRANSFER_MS = 100;

/** The actions that the app's present state allows. */
export function actionsOf(app: LiveApp): readonly Action[] {
  if (app.phase === "fenced") return ["unfence"];
  const away = !app.servingRegions.includes(app.primary);
  return ["fence", "switchover", "failover", ...(away ? (["failback"] as const) : [])];
}

/** Where the app can be moved to, best first; empty for fence and unfence. */
export function targetsOf(app: LiveApp, action: Action): readonly string[] {
  if (action === "fence" || action === "unfence") return [];
  if (action === "failback") return [app.primary];
  const others = app.regions.filter((region) => !app.servingRegions.includes(region));
  const inSync = others.filter((region) => app.inSyncRegions.includes(region));
  return [...inSync, ...others.filter((region) => !inSync.includes(region))];
}

const NO_MOVE: Omit<Assessment, "duration" | "drifts"> = {
  lossWrites: 0,
  needsAcceptance: false,
  blocked: false,
};

function driftsOf(
  app: LiveApp,
  action: Action,
  target: LiveRegion | undefined,
  to: string,
  holderWell: boolean,
): readonly Drift[] {
  const behind = app.lag[to]?.writes ?? 0;
  const drifts: Drift[] = [];
  if (target?.up === false) drifts.push({ kind: "targetDown" });
  else if (target?.healthy === false) drifts.push({ kind: "targetUnhealthy" });
  if (!app.inSyncRegions.includes(to)) drifts.push({ kind: "outOfSync" });
  if (behind > 0) drifts.push({ kind: "behind", writes: behind });
  if (action === "failover" && holderWell) drifts.push({ kind: "holderWell" });
  if (app.inSyncRegions.length < 2 && app.durability === "replicated") {
    drifts.push({ kind: "alone" });
  }
  if (app.policy === "manual") drifts.push({ kind: "manual" });
  return drifts;
}

export function assess(
  app: LiveApp,
  regions: readonly LiveRegion[],
  action: Action,
  to: string | undefined,
): Assessment {
  if (action === "fence") return { ...NO_MOVE, duration: { kind: "instant" }, drifts: [] };
  if (action === "unfence") {
    return { ...NO_MOVE, duration: { kind: "pause", ms: TRANSFER_MS }, drifts: [] };
  }
  if (to === undefined) {
    return { ...NO_MOVE, blocked: true, duration: { kind: "instant" }, drifts: [] };
  }
  const find = (id: string) => regions.find((region) => region.id === id);
  const target = find(to);
  const holderWell = app.servingRegions.every((id) => {
    const region = find(id);
    return region?.up === true && region.healthy;
  });
  const drifts = driftsOf(app, action, target, to, holderWell);
  const blocked = target?.up === false;
  const lag = app.lag[to];
  if (action !== "failover") {
    const duration: Duration =
      lag !== undefined && lag.ms > 1_000
        ? { kind: "wait", ms: lag.ms }
        : { kind: "pause", ms: TRANSFER_MS };
    return { ...NO_MOVE, blocked, duration, drifts };
  }
  const safe = app.durability === "replicated" && app.inSyncRegions.includes(to);
  const lossWrites = safe
    ? 0
    : lag === undefined
      ? undefined
      : Math.max(lag.writes, app.writesAtRisk);
  return {
    lossWrites,
    blocked,
    drifts,
    needsAcceptance: lossWrites !== 0,
    duration: { kind: "pause", ms: safe ? FAST_TAKEOVER_MS : LEASED_TAKEOVER_MS },
  };
}

export interface LinkRow {
  readonly from: string;
  readonly to: string;
  readonly app: string;
  readonly writes: number;
  readonly ms: number;
}

/** One row per pair of regions: the app that is furthest behind on it. */
export function linksOf(apps: readonly LiveApp[]): readonly LinkRow[] {
  const worst = new Map<string, LinkRow>();
  for (const app of apps) {
    for (const from of app.servingRegions) {
      for (const [to, lag] of Object.entries(app.lag)) {
        if (to === from) continue;
        const key = `${from} ${to}`;
        const known = worst.get(key);
        const isWorse =
          known === undefined ||
          lag.writes > known.writes ||
          (lag.writes === known.writes && lag.ms > known.ms);
        if (isWorse) worst.set(key, { from, to, app: app.app, ...lag });
      }
    }
  }
  return [...worst.values()];
}
