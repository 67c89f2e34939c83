/**
 * One intent to write, carried through a failover. *shell*
 *
 * Sends with one Idempotency-Key; while the app is fenced, failing over, or out of reach, waits and
 * sends the very same request again, until it is acknowledged, refused for good, or given up by the
 * person. `wake` ends a wait early: the page calls it when the routing layer says that the app
 * serves again, or when the person presses "try now".
 *
 * Invariants
 *  1 every try of one intent carries the same key                             (key is made once)
 *  2 a refusal that another try cannot change is thrown, not repeated         (decideRetry)
 */
import { type ApiProblem, problemOf } from "./problem.ts";
import { decideRetry } from "./retry.ts";

export interface Waiting {
  readonly problem: ApiProblem;
  readonly attempts: number;
  readonly waitMs: number;
}

export interface PersistentWriteOptions<Value> {
  readonly key: string;
  readonly send: (key: string, signal: AbortSignal) => Promise<Value>;
  readonly onWaiting: (waiting: Waiting) => void;
  readonly signal: AbortSignal;
  /** Calls back once when it is worth trying again at once; returns how to stop listening. */
  readonly onWake: (wake: () => void) => () => void;
  readonly random?: () => number;
}

function pause(waitMs: number, options: PersistentWriteOptions<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stopListening();
      options.signal.removeEventListener("abort", aborted);
      settle();
    };
    const aborted = (): void => end(() => reject(options.signal.reason));
    const timer = setTimeout(() => end(resolve), waitMs);
    const stopListening = options.onWake(() => end(resolve));
    options.signal.addEventListener("abort", aborted, { once: true });
  });
}

export async function runPersistentWrite<Value>(
  options: PersistentWriteOptions<Value>,
): Promise<Value> {
  const random = options.random ?? Math.random;
  for (let attempts = 1; ; attempts++) {
    options.signal.throwIfAborted();
    try {
      return await options.send(options.key, options.signal);
    } catch (error) {
      if (options.signal.aborted) throw error;
      const problem = problemOf(error);
      const waitMs = decideRetry(problem, attempts, random());
      if (waitMs === undefined) throw problem;
      options.onWaiting({ problem, attempts, waitMs });
      await pause(waitMs, options);
    }
  }
}
