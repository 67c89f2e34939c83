/**
 * How often a piece of background work is done: seldom while there is little, and a bounded piece
 * at a time, close together, while more is left. *pure state*
 */
const RESTING_MS = 200;
const BEHIND_MS = 20;

export class Pace {
  #at = Number.NEGATIVE_INFINITY;
  #isBehind = false;

  /** Whether the next piece is due; the caller does it then. */
  isDue(now: number): boolean {
    if (now - this.#at < (this.#isBehind ? BEHIND_MS : RESTING_MS)) return false;
    this.#at = now;
    return true;
  }

  /** `isMoreLeft`: the piece was as large as a piece may be. */
  did(isMoreLeft: boolean): void {
    this.#isBehind = isMoreLeft;
  }
}
