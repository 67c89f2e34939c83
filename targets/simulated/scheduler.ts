/**
 * Virtual time: a queue of events in order of time, then of arrival. *pure*
 *
 * Nothing here waits: `runUntil` jumps from event to event, so an hour costs what happens in it.
 */
interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export class Scheduler {
  #now = 0;
  #order = 0;
  readonly #heap: Scheduled[] = [];

  /** True time in milliseconds; each node's own clocks are offset and drift from it. */
  get now(): number {
    return this.#now;
  }

  after(delayMs: number, act: () => void): void {
    this.#order++;
    this.#push({ at: this.#now + Math.max(0, delayMs), order: this.#order, act });
  }

  /** Runs all events through `until`, or until `stop` says so. */
  runUntil(until: number, stop: () => boolean = () => false): void {
    while (!stop()) {
      const first = this.#heap[0];
      if (first === undefined || first.at > until) break;
      this.#pop();
      this.#now = first.at;
      first.act();
    }
    if (this.#now < until && !stop()) this.#now = until;
  }

  #push(event: Scheduled): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Scheduled)) break;
      heap[at] = heap[parent] as Scheduled;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Scheduled;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Scheduled)) child++;
      if (!isBefore(heap[child] as Scheduled, last)) break;
      heap[at] = heap[child] as Scheduled;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);
