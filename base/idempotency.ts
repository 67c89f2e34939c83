/** How long a used idempotency key is remembered. *pure* */

/**
 * A key that was used gets the stored answer for this long after the write; after that it counts as
 * new, in every target. Who retries must have given up before.
 */
export const KEY_KEPT_MS: number = 24 * 60 * 60 * 1000;
