/**
 * Both clocks of this machine, in milliseconds with fractions. *adapter*
 *
 * Monotonic time is the same in every thread and process of the machine, and stands still while it
 * is suspended. Wall time is the system's, which goes on; its fraction is taken from the monotonic
 * clock, and is given up at once when the two no longer agree (set by hand, slewed, suspended).
 */
import {
  type Instant,
  type MonotonicMs,
  monotonicMs,
  type WallMs,
  wallMs,
} from "../../base/clock.ts";

const AGREES_MS = 2;

export interface SystemClock {
  now(): Instant;
  mono(): MonotonicMs;
  wall(): WallMs;
}

export function createSystemClock(): SystemClock {
  let offsetMs = Date.now() - readMonotonic();
  const wallAt = (mono: number): WallMs => {
    const system = Date.now();
    // A millisecond that is counted whole stands for anything up to the next one.
    const apart = mono + offsetMs - system;
    if (apart < -AGREES_MS || apart > 1 + AGREES_MS) offsetMs = system - mono;
    return wallMs(mono + offsetMs);
  };
  return {
    now: () => {
      const mono = readMonotonic();
      return { mono, wall: wallAt(mono) };
    },
    mono: readMonotonic,
    wall: () => wallAt(readMonotonic()),
  };
}

function readMonotonic(): MonotonicMs {
  const [seconds, nanoseconds] = process.hrtime();
  return monotonicMs(seconds * 1000 + nanoseconds / 1e6);
}
