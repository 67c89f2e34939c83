/**
 * What is under way, in the order of its coming. *pure*
 *
 * A `Set` would say the same, but not for thousands of short stays a second: it is copied whenever
 * it has filled up with what left, and each copy that the collector calls old keeps all that came
 * after it alive, until a collection of everything. Here who leaves is linked to nobody any more.
 *
 * Invariants
 *  S1 a seat is left once, and names no neighbour from then on                   (leave)
 *  S2 a round is of those who were here when it began                            (iterator)
 */
export interface Seat<Item> {
  readonly item: Item;
  readonly isTaken: boolean;
}

interface Place<Item> extends Seat<Item> {
  isTaken: boolean;
  before: Place<Item> | undefined;
  after: Place<Item> | undefined;
}

export class Roster<Item> implements Iterable<Item> {
  #first: Place<Item> | undefined;
  #last: Place<Item> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }
  get first(): Seat<Item> | undefined {
    return this.#first;
  }

  enter(item: Item): Seat<Item> {
    const place: Place<Item> = { item, isTaken: true, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** False: it was left before. */
  leave(seat: Seat<Item>): boolean {
    if (!seat.isTaken) return false;
    const place = seat as Place<Item>;
    const { before, after } = place;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    place.isTaken = false;
    place.before = undefined;
    place.after = undefined;
    this.#size -= 1;
    return true;
  }

  /** Those who are here now. */
  [Symbol.iterator](): Iterator<Item> {
    const items: Item[] = [];
    for (let at = this.#first; at !== undefined; at = at.after) items.push(at.item);
    return items.values();
  }
}
