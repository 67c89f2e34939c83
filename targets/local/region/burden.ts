/**
 * Work for nothing, on purpose: it takes a share of the time of the thread that serves, so that a
 * region can do less than it is asked for (`understudy fault overload`). *shell*
 *
 * Every GAP_MS it works for nothing, in proportion to the time that has passed since: whatever the
 * region does meanwhile, the share stays. What its users then see is what a region with too much
 * to do shows: the same queues, limits and refusals, in their real order. Load from a generator
 * would show them as well, and would burden everybody else on the machine with it.
 *
 * Invariants
 *  B1 it ends by itself after the time it was given                              (#work)
 *  B2 it never holds the thread for longer than MOST_MS at once: messages, leases and `heal` pass
 *  B3 a second one takes the place of the first                                  (begin)
 */
const GAP_MS = 5;
const MOST_MS = 100;

export class Burden {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Takes this share (below 1) of the thread's time, for so long; a share of 0 ends it. */
  begin(share: number, durationMs: number): void {
    this.end();
    if (share <= 0) return;
    const now = this.#now();
    this.#plan(share, now + durationMs, now);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #plan(share: number, untilMs: number, sinceMs: number): void {
    this.#timer = setTimeout(() => this.#work(share, untilMs, sinceMs), GAP_MS);
    this.#timer.unref();
  }

  #work(share: number, untilMs: number, sinceMs: number): void {
    const from = this.#now();
    if (from >= untilMs) return this.end();
    const workMs = Math.min(MOST_MS, ((from - sinceMs) * share) / (1 - share));
    let now = from;
    while (now - from < workMs) now = this.#now();
    this.#plan(share, untilMs, now);
  }
}
