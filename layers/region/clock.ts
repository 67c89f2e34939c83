/** The hybrid clock of one app in one region: later than everything written or applied here. *pure* */
import type { Instant } from "../../base/clock.ts";
import { type HybridTime, nextHybridTime } from "../key-value/hybrid-clock.ts";

export class Clock {
  #last: HybridTime;

  constructor(last: HybridTime) {
    this.#last = last;
  }

  get last(): HybridTime {
    return this.#last;
  }

  next(now: Instant): HybridTime {
    this.#last = nextHybridTime(this.#last, now.wall);
    return this.#last;
  }

  seen(time: HybridTime): void {
    if (time > this.#last) this.#last = time;
  }
}
