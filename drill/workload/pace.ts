/**
 * An open loop: operations are due at fixed times, whether or not earlier ones have returned.
 * *pure*
 *
 * A closed loop would send nothing while an app is away and so measure one slow operation where
 * users saw hundreds.
 *
 * The rate rises evenly from nothing over `rampMs`: processes that have just started are slow, and
 * what queues up in their first second would be measured long after it.
 */
export interface Pace {
  /** The times, from the last call until now, at which something was due. */
  due(nowMs: number): readonly number[];
}

/** More than a generator that stood still may catch up with in one go. */
const AT_ONCE = 2_000;

export function createPace(perSecond: number, fromMs: number, rampMs = 0): Pace {
  const perMs = perSecond / 1_000;
  const inRamp = (perMs * rampMs) / 2;
  /** When the n-th is due: the inverse of how many are due by then. */
  const timeOf = (n: number): number =>
    n < inRamp
      ? fromMs + Math.sqrt((2 * n * rampMs) / perMs)
      : fromMs + rampMs + (n - inRamp) / perMs;
  let given = 0;
  return {
    due(nowMs) {
      if (!(perSecond > 0)) return [];
      const times: number[] = [];
      while (timeOf(given) <= nowMs && times.length < AT_ONCE) {
        times.push(timeOf(given));
        given += 1;
      }
      return times;
    },
  };
}
