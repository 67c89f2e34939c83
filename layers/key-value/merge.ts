/**
 * Which of two writes of one item stays. *pure*
 *
 * active-passive: (epoch, hybrid time, region): a write of an older epoch never replaces one of a
 *   newer epoch, whatever the clocks say.
 * active-active: (hybrid time, region): last writer wins, ties by region.
 *
 * The deletion of what had expired is nobody's last word: it stands right behind the write that it
 * is of, and before every other that is newer than that one. So it takes away what was seen to have
 * expired, and never what was renewed meanwhile, in whatever region and however late that arrives.
 *
 * A late write that is recovered after a failover (judgement.ts) stands where it once was written,
 * so that of several late ones the last stays, and any write made since stays before all of them.
 *
 * Both are total orders on writes, so regions that saw the same writes agree (K1), in any order of
 * arrival and with repetitions (K2).
 */
import type { Place } from "./items.ts";

export interface Written extends Place {
  /** Of a deletion of what had expired, and of a recovered write: the write that it is of. */
  readonly of?: Place;
}

export type Merge = "active-passive" | "active-active";

/** Positive when `a` stays. Zero only for the same write. */
export function compareWrites(a: Written, b: Written, merge: Merge): number {
  const order = comparePlaces(a.of ?? a, b.of ?? b, merge);
  if (order !== 0) return order;
  if (a.of === undefined || b.of === undefined) {
    return Number(a.of !== undefined) - Number(b.of !== undefined);
  }
  return comparePlaces(a, b, merge);
}

function comparePlaces(a: Place, b: Place, merge: Merge): number {
  if (merge === "active-passive" && a.stamp.epoch !== b.stamp.epoch) {
    return a.stamp.epoch - b.stamp.epoch;
  }
  if (a.clock !== b.clock) return a.clock - b.clock;
  if (a.stamp.region !== b.stamp.region) return a.stamp.region < b.stamp.region ? -1 : 1;
  return a.stamp.sequence - b.stamp.sequence;
}
