/**
 * Answers that wait until a position is committed. *pure state*
 *
 * Positions of writes only grow, those of reads may not: a read waits in the place of the last
 * write it could have seen. Bounded by the callers, which refuse work when too much waits.
 */
export interface Waiting {
  readonly position: number;
  readonly deadline: number;
  readonly answer: (end: "committed" | "lost") => void;
}

export class Pending {
  #queue: Waiting[] = [];
  #head = 0;

  get size(): number {
    return this.#queue.length - this.#head;
  }

  add(waiting: Waiting): void {
    this.#queue.push(waiting);
    for (let at = this.#queue.length - 1; at > this.#head; at--) {
      const before = this.#queue[at - 1] as Waiting;
      if (before.position <= waiting.position) break;
      this.#queue[at] = before;
      this.#queue[at - 1] = waiting;
    }
  }

  /** Those that may go, in order. */
  release(mayGo: (position: number) => boolean): Waiting[] {
    const from = this.#head;
    while (
      this.#head < this.#queue.length &&
      mayGo((this.#queue[this.#head] as Waiting).position)
    ) {
      this.#head++;
    }
    const released = this.#queue.slice(from, this.#head);
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return released;
  }

  /** Those that have waited too long. */
  expire(now: number): Waiting[] {
    if (!this.#queue.slice(this.#head).some((waiting) => waiting.deadline <= now)) return [];
    const rest = this.#queue.slice(this.#head);
    this.#queue = rest.filter((waiting) => waiting.deadline > now);
    this.#head = 0;
    return rest.filter((waiting) => waiting.deadline <= now);
  }

  /** Everything: the role that they waited in is over. */
  clear(): Waiting[] {
    const all = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    return all;
  }
}
