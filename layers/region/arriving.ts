/**
 * Whether a region has the data of an app, or is still getting it. *pure core*
 *
 * A new store (of a region that was added, on a disk that was lost) is partial until it has every
 * log as far as each serving region had it at one moment, or the register has told that the app is
 * not served anywhere yet. For an active-active app it matters who serves: a partial region would
 * answer with what it lacks, so it does not join. An active-passive app needs no such mark, since
 * only the in-sync set and what the holder says decide who takes over.
 *
 * Not promised: that one whose peers all lost their stores too ever arrives by itself. An operator
 * can make it serve, with --accept-data-loss.
 */
import type { AppParts } from "./app-parts.ts";
import type { LateWrites } from "./late-writes.ts";

/**
 * Clears the mark of a store that is there before its app is. The number of the transaction: who
 * creates the app before that is on disk might find its own store partial, and nobody to fill it.
 */
export function noteBeginning({ data, site }: AppParts): number {
  const { isPartial, ...rest } = data.state(site.engine);
  site.engine.transact((writer) => data.setState(writer, rest));
  return site.engine.sequence;
}

/** Clears the mark as soon as it may. */
export function noteArrival(app: AppParts, late: LateWrites): void {
  const { record, data, site, suspected } = app;
  const { isPartial, ...rest } = data.state(site.engine);
  if (isPartial !== true || record === undefined) return;
  const others = record.serving
    .map((holder) => holder.region)
    .filter((region) => region !== site.self.region && !suspected.includes(region));
  if (others.length === 0 || !late.hasAllOf(others)) return;
  site.engine.transact((writer) => data.setState(writer, rest));
}

/** Whether this region has all that was there when it came. */
export function hasArrived(app: AppParts): boolean {
  const { record, data, site, log, caughtUpAt, holding, options } = app;
  if (record === undefined || !record.regions.includes(site.self.region)) return false;
  const { isPartial, repairUntil } = data.state(site.engine);
  if (data.bytes.wanted(site.engine, undefined, 1).length > 0) return false;
  if (options.mode === "active-active") return isPartial !== true && holding !== undefined;
  if (holding !== undefined) return true;
  return caughtUpAt > Number.NEGATIVE_INFINITY && repairUntil.position <= log.end.position;
}
