/**
 * The time that a request waits for a region to serve its app. *shell*
 *
 * It ends when the table changes or a region is found (door.ts); should every push be missed, the
 * request asks again by itself, each at its own moment. Together it may wait for `holdMs`, however
 * often it is held.
 */
import type { Door } from "./door.ts";

const RETRY_MS = 250;

export class Hold {
  readonly #door: Door;
  readonly #app: string | undefined;
  readonly #retry: () => void;
  readonly #end: NodeJS.Timeout;
  #since: number | undefined;
  #heldMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(door: Door, app: string | undefined, retry: () => void, late: () => void) {
    this.#door = door;
    this.#app = app;
    this.#retry = retry;
    this.#end = setTimeout(late, door.limits.holdMs);
  }

  get isHeld(): boolean {
    return this.#since !== undefined;
  }
  get heldMs(): number {
    return this.#heldMs;
  }

  begin(): void {
    if (this.#since === undefined) {
      this.#since = performance.now();
      this.#door.held += 1;
      this.retryLater(spread(RETRY_MS));
    }
    const app = this.#app;
    if (app !== undefined && this.#door.table.apps.has(app)) this.#door.look(app);
  }

  retryLater(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#retry();
      if (this.isHeld) this.retryLater(spread(RETRY_MS));
    }, delayMs);
  }

  release(): void {
    clearTimeout(this.#timer);
    if (this.#since === undefined) return;
    this.#heldMs += performance.now() - this.#since;
    this.#since = undefined;
    this.#door.held -= 1;
  }

  stop(): void {
    this.release();
    clearTimeout(this.#end);
  }
}

const spread = (ms: number): number => ms * (0.75 + Math.random() / 2);
