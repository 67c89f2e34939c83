/**
 * How often a secret may be tried: buckets that fill with failures and drain by themselves. *pure*
 *
 *   level |  burst - - - - -.- - - - -     full: refused until it has drained by one
 *         |            . '   \ \
 *         |    . . '            \ \ \      drains by one per drainMs, always
 *         +----------------------------> time
 *
 * Each region keeps a level of its own, in a row that replicates; what counts is the sum of those
 * that have arrived.
 *
 * Invariants
 *  B1 no bucket is full for ever: after the last failure it lets one try through within drainMs,
 *     and is empty after burst x drainMs                                  (levelAt, retryAfterMs)
 *  B2 within t milliseconds at most burst + t/drainMs failures pass in one region, and with n
 *     regions n times that, which needs that no row of one has arrived in another        (mayTry)
 * Not promised: that a flood of failures for an account slows nobody else down. A browser that has
 * been signed in to the account before has a bucket of its own, which the flood does not fill.
 */
export interface Bucket {
  readonly burst: number;
  readonly drainMs: number;
}

export const BUCKETS = {
  /** Wrong passwords for one user name, from browsers that are strangers to it. */
  account: { burst: 20, drainMs: 30_000 },
  /** Wrong passwords from one browser that has been signed in to the account. */
  device: { burst: 20, drainMs: 30_000 },
  /** Wrong passwords from one network address, whatever the names. */
  address: { burst: 200, drainMs: 1_000 },
  /** Codes sent for one user name, so that nobody's mailbox is filled. */
  "reset-request": { burst: 3, drainMs: 300_000 },
} as const satisfies Record<string, Bucket>;
export type BucketName = keyof typeof BUCKETS;

/** What one region has counted. */
export interface Level {
  readonly level: number;
  readonly atMs: number;
}

export const EMPTY: Level = { level: 0, atMs: 0 };

/** A clock that was set back drains nothing. */
export const levelAt = ({ drainMs }: Bucket, { level, atMs }: Level, nowMs: number): number =>
  Math.max(0, level - Math.max(0, nowMs - atMs) / drainMs);

const sumAt = (bucket: Bucket, levels: readonly Level[], nowMs: number): number =>
  levels.reduce((sum, level) => sum + levelAt(bucket, level, nowMs), 0);

export const mayTry = (bucket: Bucket, levels: readonly Level[], nowMs: number): boolean =>
  sumAt(bucket, levels, nowMs) <= bucket.burst - 1;

export const afterFailure = (bucket: Bucket, own: Level, nowMs: number): Level => ({
  level: Math.min(bucket.burst, levelAt(bucket, own, nowMs) + 1),
  atMs: Math.max(own.atMs, nowMs),
});

/** A try that turned out to be no failure. */
export const takenBack = (bucket: Bucket, own: Level, nowMs: number): Level => ({
  level: Math.max(0, levelAt(bucket, own, nowMs) - 1),
  atMs: Math.max(own.atMs, nowMs),
});

export const retryAfterMs = (bucket: Bucket, levels: readonly Level[], nowMs: number): number =>
  Math.max(0, Math.ceil((sumAt(bucket, levels, nowMs) - (bucket.burst - 1)) * bucket.drainMs));

/** When the row of a level says nothing any more. */
export const emptyAtMs = ({ drainMs }: Bucket, { level, atMs }: Level): number =>
  atMs + Math.ceil(level * drainMs);
