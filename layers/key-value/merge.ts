/**
 * Which of two writes of one item stays. *pure*
 *
 * active-passive: (epoch, hybrid time, region): a write of an older epoch never replaces one of a
 *   newer epoch, whatever the clocks say.
 * active-active: (hybrid time, region): last writer wins, ties by region.
 *
 * Both are total orders on writes, so regions that saw the same writes agree (K1), in any order of
 * arrival and with repetitions (K2).
 */
import type { Stamp } from "./items.ts";

export interface Written {
  readonly stamp: Stamp;
  readonly clock: number;
}

export type Merge = "active-passive" | "active-active";

/** Positive when `a` stays. Zero only for the same write. */
export function compareWrites(a: Written, b: Written, merge: Merge): number {
  if (merge === "active-passive" && a.stamp.epoch !== b.stamp.epoch) {
    return a.stamp.epoch - b.stamp.epoch;
  }
  if (a.clock !== b.clock) return a.clock - b.clock;
  if (a.stamp.region !== b.stamp.region) return a.stamp.region < b.stamp.region ? -1 : 1;
  return a.stamp.sequence - b.stamp.sequence;
}
