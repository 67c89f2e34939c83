/**
 * What a faulty network does to one message. *pure*
 *
 * Faults are per site of the peer and direction, seen from this end. They drop, delay and lose;
 * they never close a connection, because a real partition does not either: whoever is cut off
 * learns it from silence alone.
 *
 * Invariants
 *  F1 messages of one peer and direction keep their order, whatever the delays   (DelayLine.admit)
 *  F2 a message that waits when a cut begins is dropped                  (DelayLine.due, `cut`)
 */
export interface Fault {
  /** Every message is dropped. */
  readonly drop?: boolean;
  readonly delayMs?: number;
  /** Up to so much is added to the delay, at random. */
  readonly jitterMs?: number;
  /** The share of messages that get lost, 0 to 1. */
  readonly loss?: number;
}

export interface SiteFaults {
  /** From that site to here. */
  readonly in?: Fault;
  /** From here to that site. */
  readonly out?: Fault;
}

/** By site of the peer (address.ts, `siteOf`); a site that is not named is not disturbed. */
export type LinkFaults = Readonly<Record<string, SiteFaults>>;

/** No answer can come from a site whose traffic is dropped in either direction. */
export const isCut = (faults: SiteFaults | undefined): boolean =>
  faults?.in?.drop === true || faults?.out?.drop === true;

/** Whether a message gets lost at this end. */
export function isLost(fault: Fault | undefined, random: number): boolean {
  if (fault === undefined) return false;
  return fault.drop === true || random < (fault.loss ?? 0);
}

/** How long a message is held at this end, in milliseconds. */
export const holdMs = (fault: Fault | undefined, random: number): number =>
  fault === undefined ? 0 : (fault.delayMs ?? 0) + (fault.jitterMs ?? 0) * random;

interface Held<Value> {
  readonly dueAt: number;
  readonly bytes: number;
  readonly value: Value;
}

/** Messages on their way over a slow link: first in, first out, each not before it is due. */
export class DelayLine<Value> {
  #held: Held<Value>[] = [];
  #heldBytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes a message in; it is due after those before it. */
  admit(value: Value, bytes: number, dueAt: number): void {
    const before = this.#held.at(-1)?.dueAt ?? dueAt;
    this.#held.push({ dueAt: Math.max(before, dueAt), bytes, value });
    this.#heldBytes += bytes;
  }

  /** Takes out what is due. */
  due(now: number): readonly Value[] {
    let count = 0;
    while (count < this.#held.length && (this.#held[count]?.dueAt ?? Infinity) <= now) count++;
    if (count === 0) return [];
    const out = this.#held.splice(0, count);
    for (const held of out) this.#heldBytes -= held.bytes;
    return out.map((held) => held.value);
  }

  /** When the first one is due; undefined when nothing waits. */
  nextDueAt(): number | undefined {
    return this.#held[0]?.dueAt;
  }

  /** Drops everything; answers how many that were. */
  cut(): number {
    const count = this.#held.length;
    this.#held = [];
    this.#heldBytes = 0;
    return count;
  }
}
