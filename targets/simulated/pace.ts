/**
 * Moves the world while somebody waits for something, and only then. *shell*
 *
 * Everybody who waits has a goal; the world goes on, one event at a time, until all are reached.
 * So calls that are awaited one after the other, several at once, and calls beside a long `advance`
 * all see one course of time, and a test that awaits nothing stands still.
 */
import type { Scheduler } from "./scheduler.ts";
import type { Settling } from "./settling.ts";

interface Goal {
  readonly isReached: () => boolean;
  /** When to look at it again; goals that a settled promise reaches are looked at then. */
  readonly nextLookAt: () => number;
  readonly done: (error?: Error) => void;
}

const LOOK_EVERY_MS = 5;
const LONGEST_WAIT_MS = 24 * 3_600_000;

export class Pace {
  readonly #scheduler: Scheduler;
  readonly #settling: Settling;
  readonly #goals = new Set<Goal>();
  #isMoving = false;

  constructor(scheduler: Scheduler, settling: Settling) {
    this.#scheduler = scheduler;
    this.#settling = settling;
  }

  advance(ms: number): Promise<void> {
    const end = this.#scheduler.now + ms;
    return this.#reach(
      () => this.#scheduler.now >= end,
      () => end,
    );
  }

  /** Whether the condition came to hold in time. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    const end = this.#scheduler.now + withinMs;
    let holds = false;
    await this.#reach(
      () => {
        holds = condition();
        return holds || this.#scheduler.now >= end;
      },
      () => Math.min(end, this.#scheduler.now + LOOK_EVERY_MS),
    );
    return holds;
  }

  /** Moves the world until the promise has settled. */
  async follow<Value>(pending: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
      this.#settling.mark();
    };
    pending.then(settled, settled);
    const end = this.#scheduler.now + LONGEST_WAIT_MS;
    await this.#reach(
      () => isSettled,
      () => end,
    );
    return pending;
  }

  #reach(isReached: () => boolean, nextLookAt: () => number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      this.#goals.add({ isReached, nextLookAt, done });
      this.#settling.mark();
      if (!this.#isMoving) void this.#move();
    });
  }

  async #move(): Promise<void> {
    this.#isMoving = true;
    try {
      while (this.#goals.size > 0) {
        if (this.#settling.isDue) await this.#settling.settle();
        if (this.#tellReached()) {
          this.#settling.mark();
          continue;
        }
        const looks = [...this.#goals].map((goal) => goal.nextLookAt());
        this.#scheduler.runUntil(Math.min(...looks), () => this.#settling.isDue);
      }
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const goal of this.#goals) goal.done(failure);
      this.#goals.clear();
    } finally {
      this.#isMoving = false;
    }
  }

  #tellReached(): boolean {
    let isAny = false;
    for (const goal of [...this.#goals]) {
      if (!goal.isReached()) continue;
      this.#goals.delete(goal);
      goal.done();
      isAny = true;
    }
    return isAny;
  }
}
