/**
 * The two clocks of a simulated machine: they may run too fast or too slow, the wall clock may be
 * wrong, and while the machine sleeps the monotonic one stands still. *pure over the scheduler*
 */
import { type Instant, monotonicMs, wallMs } from "../../base/clock.ts";
import type { Scheduler } from "./scheduler.ts";

export class SiteClocks {
  /** Milliseconds that the wall clock is ahead. */
  offsetMs = 0;
  readonly #scheduler: Scheduler;
  #rate = 1;
  /** What the clocks showed more than they would have at today's rate. */
  #aheadMs = 0;
  #standstillMs = 0;
  #suspendedAt: number | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** How fast both clocks run; a change moves neither of them at once. */
  set rate(rate: number) {
    this.#aheadMs += (this.#rate - rate) * this.#scheduler.now;
    this.#rate = rate;
  }

  instant(): Instant {
    const now = this.#nowMs;
    const mono = (this.#suspendedAt ?? now) - this.#standstillMs;
    return { mono: monotonicMs(1e6 + mono), wall: wallMs(1.7e12 + now + this.offsetMs) };
  }

  suspend(): void {
    this.#suspendedAt ??= this.#nowMs;
  }

  resume(): void {
    if (this.#suspendedAt === undefined) return;
    this.#standstillMs += this.#nowMs - this.#suspendedAt;
    this.#suspendedAt = undefined;
  }

  /** They run as fast as time again, and the wall clock tells the true one. */
  correct(): void {
    this.rate = 1;
    this.offsetMs = -this.#aheadMs;
  }

  get #nowMs(): number {
    return this.#scheduler.now * this.#rate + this.#aheadMs;
  }
}
