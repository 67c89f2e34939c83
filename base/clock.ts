/**
 * Two clocks that must never be mixed: monotonic time orders and bounds things on one machine,
 * wall time is shared between machines and may jump. Both are milliseconds, with fractions.
 */
declare const monotonic: unique symbol;
declare const wall: unique symbol;

/** Milliseconds on this machine's monotonic clock. Comparable only on the machine that read it. */
export type MonotonicMs = number & { readonly [monotonic]: true };
/** Milliseconds since 1970 on this machine's wall clock. May jump in both directions. */
export type WallMs = number & { readonly [wall]: true };

/** What a shell hands to a core with every event: both clocks, read together. */
export interface Instant {
  readonly mono: MonotonicMs;
  readonly wall: WallMs;
}

export const monotonicMs = (value: number): MonotonicMs => value as MonotonicMs;
export const wallMs = (value: number): WallMs => value as WallMs;
export const later = (from: MonotonicMs, byMs: number): MonotonicMs => (from + byMs) as MonotonicMs;
