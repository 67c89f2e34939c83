/**
 * How many requests a region gets at once: as many as it answers without growing slower. *pure*
 *
 * Answers are averaged over short windows. While the average stays near the best one seen, the
 * limit grows; when it is more than twice that, requests wait for each other inside the region, and
 * the limit shrinks (after Netflix's concurrency limits, which follow TCP Vegas). What waits then
 * waits here, where it can be refused in time (lane.ts).
 *
 * Invariants
 *  A1 LEAST <= limit <= MOST                                                   (settle)
 *  A2 the limit changes only while it is used: an idle region teaches nothing  (settle)
 *  A3 the best average rises slowly, so that an app that became slower is not held down for ever
 */
const FIRST = 128;
const LEAST = 64;
const MOST = 256;
const WINDOW_MS = 100;
const WINDOW_ANSWERS = 16;
const TOLERANCE = 2;
const TOLERANCE_MS = 50;
const SHRINK_LEAST = 0.85;
const SHRINK_MOST = 0.5;
const FORGET = 0.001;
/** Of the limit; below it, it is not what bounds the region. */
const USED = 0.7;

export class ConcurrencyLimit {
  #limit = FIRST;
  #bestMs = Number.POSITIVE_INFINITY;
  #answers = 0;
  #sumMs = 0;
  #since = Number.NEGATIVE_INFINITY;
  #peak = 0;

  get value(): number {
    return Math.floor(this.#limit);
  }

  /** An answer took so long, and so many were at work when it came. */
  observe(tookMs: number, inFlight: number, now: number): void {
    if (this.#answers === 0) this.#since = now;
    this.#answers += 1;
    this.#sumMs += tookMs;
    if (inFlight > this.#peak) this.#peak = inFlight;
    if (this.#answers >= WINDOW_ANSWERS && now - this.#since >= WINDOW_MS) this.#settle();
  }

  #settle(): void {
    const averageMs = this.#sumMs / this.#answers;
    const isUsed = this.#peak >= this.#limit * USED;
    this.#answers = 0;
    this.#sumMs = 0;
    this.#peak = 0;
    if (averageMs < this.#bestMs) this.#bestMs = averageMs;
    else this.#bestMs += (averageMs - this.#bestMs) * FORGET;
    if (!isUsed) return;
    const tolerableMs = this.#bestMs * TOLERANCE + TOLERANCE_MS;
    const share = Math.max(SHRINK_MOST, Math.min(SHRINK_LEAST, tolerableMs / averageMs));
    const isSlow = averageMs > tolerableMs;
    const next = isSlow ? this.#limit * share : this.#limit + Math.sqrt(this.#limit);
    this.#limit = Math.min(MOST, Math.max(LEAST, next));
  }
}
