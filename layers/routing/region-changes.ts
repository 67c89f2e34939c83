/**
 * How the regions of one app change; everything else is refused with the reason. *pure*
 *
 *   (not there) --addRegion--> of the app --retire--> leaving --depart--> (not there)
 *                                  ^                     |
 *                                  +--------keep---------+
 *
 * A region that is leaving keeps what it has until others have it as well: the holder takes another
 * one into the in-sync set before it drops this one (in-sync-upkeep.ts), and the region goes when
 * nothing is left that only it has (departing.ts).
 *
 * Invariants
 *  G1 a region that serves an active-passive app does not leave it       (retire, depart)
 *  G2 a region leaves only when it is out of the in-sync set, or by an operator's word (depart)
 *  G3 enough regions are left for the app's `minInSync`                   (retire)
 */
import { type Change, type Changed, next, refuse, withLoss } from "./changes.ts";
import { isLeaving, type RoutingRecord, servingRegionsOf } from "./record.ts";

/** `inSyncTarget`: what the app wants now; a deployment that began alone may have wanted less. */
export function addRegion(
  record: RoutingRecord,
  region: string,
  inSyncTarget: number,
  change: Change,
): Changed {
  if (record.regions.includes(region)) {
    return isLeaving(record, region)
      ? keep(record, region, change)
      : refuse(`${region} is a region of ${record.app} already`);
  }
  return next(record, "region-added", change, {
    regions: [...record.regions, region],
    inSyncTarget: Math.max(record.inSyncTarget, inSyncTarget),
  });
}

/** Why a region cannot leave an app, as far as the record tells. */
export function whyNotLeave(
  record: RoutingRecord,
  region: string,
  minInSync: number,
): string | undefined {
  const serving = servingRegionsOf(record);
  const isServing = serving.includes(region);
  if (isServing && record.mode === "active-passive") {
    return `${region} serves ${record.app}: switch it over to another region first`;
  }
  if (isServing && serving.length === 1) {
    return `${region} is the only region that serves ${record.app} now`;
  }
  const left = record.regions.filter((one) => one !== region && !isLeaving(record, one));
  if (left.length === 0) return `${region} is the last region of ${record.app}`;
  if (record.durability === "replicated" && left.length < minInSync) {
    return `${record.app} needs ${minInSync} regions in sync, and ${left.length} would be left`;
  }
  return undefined;
}

export function retire(
  record: RoutingRecord,
  region: string,
  minInSync: number,
  change: Change,
): Changed {
  if (!record.regions.includes(region)) return refuse(`${region} is no region of ${record.app}`);
  if (isLeaving(record, region)) return refuse(`${region} is leaving already`);
  const reason = whyNotLeave(record, region, minInSync);
  if (reason !== undefined) return refuse(reason);
  const leaving = [...(record.leaving ?? []), region];
  return next(record, "region-leaving", change, { leaving });
}

/** It stays after all. */
export function keep(record: RoutingRecord, region: string, change: Change): Changed {
  if (!isLeaving(record, region)) return refuse(`${region} is not leaving`);
  const leaving = record.leaving?.filter((one) => one !== region) ?? [];
  return next(record, "region-kept", change, { leaving });
}

/** `forced`: although it may have what no other region has. */
export function depart(
  record: RoutingRecord,
  region: string,
  forced: boolean,
  change: Change,
): Changed {
  if (!record.regions.includes(region)) return refuse(`${region} is no region of ${record.app}`);
  if (!isLeaving(record, region)) return refuse(`${region} is not leaving ${record.app}`);
  const reason = whyNotLeave(record, region, 1);
  if (reason !== undefined) return refuse(reason);
  const without = (regions: readonly string[]): string[] => regions.filter((r) => r !== region);
  const isPassive = record.mode === "active-passive";
  const isInSync = record.inSyncRegions.includes(region);
  if (isPassive && isInSync && record.durability === "replicated" && !forced) {
    return refuse(`${region} is in sync: writes wait for it`);
  }
  const isServing = record.serving.some((holder) => holder.region === region);
  const serving = record.serving.filter((holder) => holder.region !== region);
  const inSyncRegions = without(record.inSyncRegions);
  const regions = without(record.regions);
  const primary = record.primary === region ? (serving[0]?.region ?? regions[0]) : record.primary;
  // What was its home is nobody's: all that it had is elsewhere, or an operator gave it up.
  const homes = Object.entries(record.homes ?? {}).filter(([, home]) => home.region !== region);
  return next(record, "region-removed", forced ? withLoss(change) : change, {
    ...(record.homes === undefined ? {} : { homes: Object.fromEntries(homes) }),
    regions,
    leaving: without(record.leaving ?? []),
    inSyncRegions: inSyncRegions.length > 0 ? inSyncRegions : serving.map((h) => h.region),
    ...(primary === undefined ? {} : { primary }),
    ...(isServing ? { serving } : {}),
  });
}
