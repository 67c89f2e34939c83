/**
 * When a refused or failed request is sent again. *pure*
 *
 * Backs off from 250 ms, doubling to 5 s, and never comes back before the server's `Retry-After`
 * (which is believed up to 30 s). `random` is in [0, 1): waits are spread over their upper half, so
 * that a thousand pages do not return together when a region comes back.
 */
import type { ApiProblem } from "./problem.ts";

export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 5_000;
export const RETRY_AFTER_LIMIT_MS = 30_000;

/** Milliseconds until the next try, or undefined when another try cannot help. */
export function decideRetry(
  problem: ApiProblem,
  attempt: number,
  random: number,
): number | undefined {
  if (!problem.retryable) return undefined;
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempt - 1));
  const waitMs = ceiling * (0.5 + random / 2);
  return Math.max(waitMs, Math.min(problem.retryAfterMs ?? 0, RETRY_AFTER_LIMIT_MS));
}
