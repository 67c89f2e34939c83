/**
 * An open loop: operations are due at fixed times, whether or not earlier ones have returned. *pure*
 *
 * A closed loop would send nothing while an app is away and so measure one slow operation where
 * users saw hundreds.
 */
export interface Pace {
  /** The times, from the last call until now, at which something was due. */
  due(nowMs: number): readonly number[];
}

/** More than a generator that stood still may catch up with in one go. */
const AT_ONCE = 2_000;

export function createPace(perSecond: number, fromMs: number): Pace {
  const everyMs = 1_000 / perSecond;
  let given = 0;
  return {
    due(nowMs) {
      if (!(perSecond > 0)) return [];
      const times: number[] = [];
      while (fromMs + given * everyMs <= nowMs && times.length < AT_ONCE) {
        times.push(fromMs + given * everyMs);
        given += 1;
      }
      return times;
    },
  };
}
