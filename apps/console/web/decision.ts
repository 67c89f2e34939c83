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
 *  3 where the target that was chosen has come to serve the app meanwhile, no other one takes its
 *    place unasked                                                                    (stillChosen)
 *
 * It does not promise: numbers are those of the last event; the server decides, and refuses with
 * `would-lose-data` where acceptance is missing.
 */
import type { LiveApp, LiveRegion } from "../../../layers/presentation/live/live-state.ts";

export const ACTIONS = ["fence", "unfence", "switchover", "failover", "failback"] as const;
export type Action = (typeof ACTIONS)[number];

export type Drift =
  /** `writes`: undefined where nobody can tell how far. */
  | { readonly kind: "behind"; readonly writes: number | undefined }
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
  | { readonly kind: "wait"; readonly ms: number }
  /** Nobody can tell how much the target has to catch up with. */
  | { readonly kind: "unknown" };

export interface Assessment {
  /** Acknowledged writes; undefined when nobody can tell. */
  readonly lossWrites: number | undefined;
  readonly duration: Duration;
  readonly drifts: readonly Drift[];
  readonly needsAcceptance: boolean;
  readonly blocked: boolean;
  /** Whether there is a target that can have drifted. */
  readonly hasTarget: boolean;
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

/** The target that was chosen, while it is one. */
export const stillChosen = (
  targets: readonly string[],
  chosen: string | undefined,
): string | undefined => targets.find((target) => target === chosen);

const NO_MOVE: Omit<Assessment, "duration" | "drifts"> = {
  lossWrites: 0,
  needsAcceptance: false,
  blocked: false,
  hasTarget: false,
};

/** Every acknowledged write waited for this region. */
const isInStep = (app: LiveApp, region: string): boolean =>
  app.durability === "replicated" && app.inSyncRegions.includes(region);

function driftsOf(
  app: LiveApp,
  action: Action,
  target: LiveRegion | undefined,
  to: string,
  holderWell: boolean,
): readonly Drift[] {
  const isSafe = isInStep(app, to);
  const behind = app.lag[to]?.writes ?? (isSafe ? 0 : undefined);
  const drifts: Drift[] = [];
  if (target?.up === false) drifts.push({ kind: "targetDown" });
  else if (target?.healthy === false) drifts.push({ kind: "targetUnhealthy" });
  if (!app.inSyncRegions.includes(to)) drifts.push({ kind: "outOfSync" });
  if (behind !== 0) drifts.push({ kind: "behind", writes: behind });
  // A region that tells nothing cannot be asked to hand over, however well it is.
  const tells = app.unknown !== "holder-silent";
  if (action === "failover" && holderWell && tells) drifts.push({ kind: "holderWell" });
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
    return { ...NO_MOVE, hasTarget: true, blocked, duration: catchUpOf(app, to), drifts };
  }
  const safe = isInStep(app, to);
  const lossWrites = safe ? 0 : mostOf(lag?.writes ?? undefined, app.writesAtRisk ?? undefined);
  return {
    lossWrites,
    hasTarget: true,
    blocked,
    drifts,
    needsAcceptance: lossWrites !== 0,
    duration: { kind: "pause", ms: safe ? FAST_TAKEOVER_MS : LEASED_TAKEOVER_MS },
  };
}

/** How long a target takes that is to have everything before it serves. */
function catchUpOf(app: LiveApp, to: string): Duration {
  const ms = app.lag[to]?.ms ?? (isInStep(app, to) ? 0 : undefined);
  if (ms === undefined) return { kind: "unknown" };
  return ms > 1_000 ? { kind: "wait", ms } : { kind: "pause", ms: TRANSFER_MS };
}

const mostOf = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);

export interface LinkRow {
  readonly from: string;
  readonly to: string;
  readonly app: string;
  /** Null where nobody can tell. */
  readonly writes: number | null;
  readonly ms: number | null;
}

/** What is unknown may be any number: it is the worst. */
const worth = (value: number | null): number => value ?? Number.POSITIVE_INFINITY;

/** One row per pair of regions: the app that is furthest behind on it, or may be. */
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
          worth(lag.writes) > worth(known.writes) ||
          (lag.writes === known.writes && worth(lag.ms) > worth(known.ms));
        if (isWorse) worst.set(key, { from, to, app: app.app, ...lag });
      }
    }
  }
  return [...worst.values()];
}
