/** What became of a request so far: how often it was sent, where, and where it met trouble. *pure* */
const BACKOFF_AFTER = 3;
const BACKOFF_FIRST_MS = 20;
const BACKOFF_MOST_MS = 250;

export class Attempts {
  count = 0;
  /** All of them, in order, with commas. */
  regions = "";
  /** Regions that failed or refused it since it was last woken. */
  tried: string[] = [];
  #burdened: string[] | undefined;
  #notBefore = 0;

  begin(region: string, now: number, random: number): void {
    this.count += 1;
    this.regions = this.count === 1 ? region : `${this.regions},${region}`;
    if (this.count <= BACKOFF_AFTER) return;
    const doubled = BACKOFF_FIRST_MS * 2 ** (this.count - BACKOFF_AFTER - 1);
    this.#notBefore = now + Math.min(BACKOFF_MOST_MS, doubled) * (0.5 + random);
  }

  /** `isBurdened`: the region may be at work on it still. */
  avoid(region: string, isBurdened: boolean): void {
    if (!this.tried.includes(region)) this.tried.push(region);
    if (!isBurdened) return;
    this.#burdened ??= [];
    if (!this.#burdened.includes(region)) this.#burdened.push(region);
  }

  /** Whether another attempt there may add work to what it already has of this one. */
  wouldBurden(region: string): boolean {
    return this.#burdened?.includes(region) === true;
  }

  /** How long the next one has to wait. */
  waitMs(now: number): number {
    return Math.max(0, this.#notBefore - now);
  }
}
