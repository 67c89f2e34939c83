/**
 * What LMDB does not have yet: the newest values by key, and ranges over both. *pure*
 *
 * Reads ask the overlay first. Keys are put in order only when a range asks: most are gone again
 * (their values now in LMDB) before one does.
 */
import type { KeyRange } from "../../layers/key-value/key.ts";
import { compareKeys } from "../../layers/key-value/key.ts";
import { SortedMap } from "../../layers/key-value/memory-engine-map.ts";

export interface OverlayEntry {
  /** undefined: removed. */
  readonly value: unknown;
  /** The transaction that wrote it. */
  readonly sequence: number;
}

export type Entry = readonly [key: string, value: unknown];
export type BaseRange = (range: KeyRange, limit: number, reverse: boolean) => Entry[];

export class Overlay {
  readonly #entries = new Map<string, OverlayEntry>();
  readonly #ordered = new SortedMap();
  #unordered: string[] = [];

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): OverlayEntry | undefined {
    return this.#entries.get(key);
  }

  set(key: string, entry: OverlayEntry): void {
    const before = this.#entries.size;
    this.#entries.set(key, entry);
    if (this.#entries.size > before) this.#unordered.push(key);
  }

  delete(key: string): void {
    if (!this.#entries.delete(key)) return;
    this.#ordered.delete(key);
    if (this.#entries.size === 0) this.#unordered = [];
    else if (this.#unordered.length > 2 * this.#entries.size + 1024) this.#order();
  }

  #order(): void {
    for (const key of this.#unordered) {
      if (this.#entries.has(key)) this.#ordered.set(key, true);
    }
    this.#unordered = [];
  }

  #slice(range: KeyRange, limit: number, reverse: boolean): Entry[] {
    if (this.#unordered.length > 0) this.#order();
    return this.#ordered
      .slice(range.from, range.to, limit, reverse)
      .map(([key]) => [key, this.#entries.get(key)?.value] as const);
  }

  /** Up to `limit` entries of the base with the overlay over it, in order. */
  merge(base: BaseRange, range: KeyRange, limit: number, reverse: boolean): Entry[] {
    if (this.#entries.size === 0) return base(range, limit, reverse);
    const found: Entry[] = [];
    let rest = range;
    while (found.length < limit) {
      const ask = limit - found.length;
      const above = this.#slice(rest, ask, reverse);
      const below = base(rest, ask, reverse);
      const cut = nearest(above, below, ask, reverse);
      mergeUpTo(found, [above, below], { cut, limit, reverse });
      if (cut === undefined) break;
      rest = reverse ? { from: rest.from, to: cut } : { from: `${cut}\u0000`, to: rest.to };
    }
    return found;
  }
}

/** How far both lists are complete: the nearest last key of those that were cut at `ask`. */
function nearest(
  above: readonly Entry[],
  below: readonly Entry[],
  ask: number,
  reverse: boolean,
): string | undefined {
  const lastAbove = above.length === ask ? above.at(-1)?.[0] : undefined;
  const lastBelow = below.length === ask ? below.at(-1)?.[0] : undefined;
  if (lastAbove === undefined || lastBelow === undefined) return lastAbove ?? lastBelow;
  const isAboveFirst = compareKeys(lastAbove, lastBelow) < 0 !== reverse;
  return isAboveFirst ? lastAbove : lastBelow;
}

function mergeUpTo(
  found: Entry[],
  [above, below]: readonly [readonly Entry[], readonly Entry[]],
  bounds: { readonly cut: string | undefined; readonly limit: number; readonly reverse: boolean },
): void {
  const { cut, limit, reverse } = bounds;
  let atAbove = 0;
  let atBelow = 0;
  while (found.length < limit) {
    const upper = above[atAbove];
    const lower = below[atBelow];
    const entry = pick(upper, lower, reverse);
    if (entry === undefined) return;
    if (cut !== undefined && compareKeys(entry[0], cut) > 0 !== reverse && entry[0] !== cut) return;
    if (upper !== undefined && upper[0] === entry[0]) atAbove += 1;
    if (lower !== undefined && lower[0] === entry[0]) atBelow += 1;
    if (entry[1] !== undefined) found.push(entry);
  }
}

/** The next in order; the overlay's where both have the key. */
function pick(upper: Entry | undefined, lower: Entry | undefined, reverse: boolean) {
  if (upper === undefined || lower === undefined) return upper ?? lower;
  const order = compareKeys(upper[0], lower[0]);
  return order === 0 || order < 0 !== reverse ? upper : lower;
}
