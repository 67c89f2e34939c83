/**
 * Hybrid logical clock (Kulkarni et al. 2014) as one number: wall milliseconds x 1024 + counter.
 * *pure*
 *
 * It never falls below what this region has written or applied, so a write is always later than
 * what its writer had seen. A clock far ahead is refused where it arises: voters compare wall
 * clocks and grant no lease beyond a bound. An entry, once written, is accepted everywhere.
 *
 * Fits a double's 53 bits until the year 2248.
 */
import type { WallMs } from "../../base/clock.ts";

export type HybridTime = number;

const TICKS_PER_MS = 1024;

export const wallOf = (time: HybridTime): WallMs => Math.floor(time / TICKS_PER_MS) as WallMs;

export const nextHybridTime = (last: HybridTime, now: WallMs): HybridTime =>
  Math.max(last + 1, Math.floor(now) * TICKS_PER_MS);
