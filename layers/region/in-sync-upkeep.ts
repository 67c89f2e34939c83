/**
 * When a holder shrinks and grows the in-sync set of its app. *pure core*
 *
 *   shrink  a region in the set has something outstanding and has been silent for SYNC_TIMEOUT_MS
 *           (or the own voter suspects it): writes wait for it, so it goes
 *   grow    a region outside is within GROW_WITHIN entries: it counts from now on, is proposed once
 *           it has all that was acknowledged, and is dropped again if it falls silent before
 *   leave   a region that is being removed goes once another one is in its place, or none can be
 *
 * Both change what is acknowledged only as InSync says.
 */
import type { Instant } from "../../base/clock.ts";
import { contains, setInSync } from "../routing/changes.ts";
import { isLeaving, type RoutingRecord } from "../routing/record.ts";
import type { AppParts } from "./app-parts.ts";
import type { Holding } from "./holding.ts";
import type { Site } from "./site.ts";

const SYNC_TIMEOUT_MS = 500;
const GROW_WITHIN = 64;
/** After a proposal that the register refused. */
const PAUSE_MS = 300;

interface Upkeep {
  readonly app: AppParts;
  readonly holding: Holding;
  readonly record: RoutingRecord;
  readonly site: Site;
  readonly suspected: readonly string[];
  /** The target of a switchover: it must be in sync, whatever the wanted size of the set. */
  readonly wanted: string | undefined;
  readonly now: Instant;
}

export function maintainInSync(app: AppParts, wanted: string | undefined, now: Instant): void {
  const { holding, record, site, suspected } = app;
  if (holding === undefined || record === undefined) return;
  // One holder keeps the in-sync set; where there are several, the first.
  const isFirst = record.serving[0]?.region === site.self.region;
  if (record.durability !== "replicated" || !isFirst) return;
  maintain({ app, holding, record, site, suspected, wanted, now });
}

function maintain(upkeep: Upkeep): void {
  const { holding } = upkeep;
  if (holding.inSync.isProposed || upkeep.now.mono < holding.inSync.pausedUntil) return;
  const { known } = holding.inSync;
  const lost = known.find((region) => mustGo(upkeep, region));
  const gone = lost ?? known.find((region) => mayGo(upkeep, region));
  if (gone !== undefined) {
    holding.inSync.unconsider();
    const next = holding.inSync.known.filter((region) => region !== gone);
    const why = lost === undefined ? "is being removed" : "does not keep up";
    propose(upkeep, next, `${gone} ${why}`);
    return;
  }
  const { growing } = holding.inSync;
  if (growing === undefined) considerGrowing(upkeep);
  else finishGrowing(upkeep, growing);
}

function mustGo({ holding, site, suspected, now }: Upkeep, region: string): boolean {
  if (region === site.self.region) return false;
  const peer = holding.shipping.peers.get(region);
  if (peer === undefined) return true;
  if (peer.match >= holding.log.end.position) return false;
  const silentMs = now.mono - Math.max(peer.progressAt, holding.beganMono);
  return silentMs > SYNC_TIMEOUT_MS || suspected.includes(region);
}

/** A region that is being removed, and whose place is taken or cannot be. */
function mayGo(upkeep: Upkeep, region: string): boolean {
  const { holding, record, site, now } = upkeep;
  if (region === site.self.region || !isLeaving(record, region)) return false;
  if (staying(upkeep).length >= record.inSyncTarget) return true;
  const answers = outsideOf(upkeep).some((other) => {
    const heardAt = holding.shipping.peers.get(other)?.heardAt ?? Number.NEGATIVE_INFINITY;
    return now.mono - heardAt < SYNC_TIMEOUT_MS;
  });
  return !answers && holding.inSync.growing === undefined;
}

const staying = ({ holding, record }: Upkeep): readonly string[] =>
  holding.inSync.known.filter((region) => !isLeaving(record, region));

const outsideOf = ({ holding, record, site }: Upkeep): readonly string[] =>
  record.regions.filter(
    (region) =>
      region !== site.self.region &&
      !holding.inSync.known.includes(region) &&
      !isLeaving(record, region),
  );

function considerGrowing(upkeep: Upkeep): void {
  const { holding, record, suspected, wanted, now } = upkeep;
  const outside = outsideOf(upkeep);
  const order = wanted !== undefined && outside.includes(wanted) ? [wanted] : outside;
  if (staying(upkeep).length >= record.inSyncTarget && wanted === undefined) return;
  if (wanted !== undefined && holding.inSync.known.includes(wanted)) return;
  const next = order.find((region) => {
    const peer = holding.shipping.peers.get(region);
    return (
      peer?.status === "ok" &&
      !suspected.includes(region) &&
      now.mono - peer.heardAt < SYNC_TIMEOUT_MS &&
      holding.log.end.position - peer.match <= GROW_WITHIN
    );
  });
  if (next !== undefined) holding.inSync.consider(next);
}

function finishGrowing(upkeep: Upkeep, growing: string): void {
  const { holding, site, now } = upkeep;
  const peer = holding.shipping.peers.get(growing);
  const isBehind = peer !== undefined && peer.match < holding.log.end.position;
  if (peer === undefined || (isBehind && now.mono - peer.progressAt > SYNC_TIMEOUT_MS)) {
    holding.inSync.unconsider();
    holding.advance(now);
    return;
  }
  const committed = Math.max(holding.committed, holding.beganAt);
  if (!site.rules.mayProposeGrow(peer.match, committed)) return;
  propose(upkeep, [...holding.inSync.known, growing], `${growing} has caught up`);
}

function propose(upkeep: Upkeep, wanted: readonly string[], reason: string): void {
  const { app, holding, site, now } = upkeep;
  const next = wanted.includes(site.self.region) ? wanted : [site.self.region, ...wanted];
  const change = app.change(site.self.region, reason, now);
  holding.inSync.propose(next);
  app.registrar.propose(
    {
      change: ({ value }) => {
        const record = value as RoutingRecord | undefined;
        if (record === undefined || contains(record, change.changeId)) return undefined;
        if (record.epoch !== holding.epoch) return undefined;
        const changed = setInSync(record, site.self, next, change);
        return changed.ok ? changed.record : undefined;
      },
      done: (end, at) => {
        const record = end.value as RoutingRecord | undefined;
        if (record === undefined) return;
        if (!contains(record, change.changeId)) holding.inSync.pausedUntil = at.mono + PAUSE_MS;
        if (record.epoch === holding.epoch) holding.inSync.settle(record.inSyncRegions);
        app.learn(record, end.ballot, at);
        holding.advance(at);
      },
    },
    now,
  );
  holding.advance(now);
}
