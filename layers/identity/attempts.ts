/**
 * How often a password may be tried for one name. *pure*
 *
 * Counted per region and in memory: it slows guessing down, it is not a lock that somebody else
 * could close on a user for good.
 */
export const ATTEMPTS = { limit: 20, windowMs: 60_000, names: 10_000 } as const;

export interface Attempts {
  readonly failures: number;
  readonly sinceMs: number;
}

export const mayTry = (attempts: Attempts | undefined, nowMs: number): boolean =>
  attempts === undefined ||
  nowMs - attempts.sinceMs >= ATTEMPTS.windowMs ||
  attempts.failures < ATTEMPTS.limit;

export const afterFailure = (attempts: Attempts | undefined, nowMs: number): Attempts =>
  attempts === undefined || nowMs - attempts.sinceMs >= ATTEMPTS.windowMs
    ? { failures: 1, sinceMs: nowMs }
    : { failures: attempts.failures + 1, sinceMs: attempts.sinceMs };
