/**
 * A sorted map from keys to values, in code-point order. *pure*
 *
 * Chunks of at most `chunkKeys` sorted keys, in an array sorted by their first keys: a search is
 * two binary searches, an insertion shifts at most one chunk. Mutable, because it is the inner loop
 * of the simulation and of the local store's unflushed writes.
 *
 * As long as no key has a surrogate pair, JavaScript's own comparison agrees with code-point
 * order, and is several times faster: `hasPairs` says when that has ended. A key with a pair is in
 * no map without pairs, in whichever order one looks for it.
 */
import { compareKeys } from "./key.ts";

interface Chunk {
  readonly keys: string[];
  readonly values: unknown[];
}

const chunkKeys = 64;
const pair = /[\ud800-\udfff]/;

type Comparison = (a: string, b: string) => number;

export class SortedMap {
  #chunks: Chunk[] = [];
  #hasPairs = false;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  copy(): SortedMap {
    const map = new SortedMap();
    map.#chunks = this.#chunks.map(({ keys, values }) => ({
      keys: keys.slice(),
      values: values.slice(),
    }));
    map.#hasPairs = this.#hasPairs;
    map.#size = this.#size;
    return map;
  }

  /** The order to search in: undefined is that of JavaScript itself. */
  #order(): Comparison | undefined {
    return this.#hasPairs ? compareKeys : undefined;
  }

  /** The chunk where the key is or would be: the last whose first key is not above it. */
  #chunkAt(key: string, compare: Comparison | undefined): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const first = (this.#chunks[middle] as Chunk).keys[0] as string;
      if (compare === undefined ? first <= key : compare(first, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  get(key: string): unknown {
    if (this.#size === 0) return undefined;
    const order = this.#order();
    const chunk = this.#chunks[this.#chunkAt(key, order)] as Chunk;
    const place = placeAt(chunk.keys, key, order);
    return chunk.keys[place] === key ? chunk.values[place] : undefined;
  }

  /** Sets the key's value and returns the one before; `undefined` is no value. */
  set(key: string, value: unknown): unknown {
    if (this.#size === 0) {
      this.#hasPairs ||= pair.test(key);
      this.#chunks = [{ keys: [key], values: [value] }];
      this.#size = 1;
      return undefined;
    }
    const order = this.#order();
    const at = this.#chunkAt(key, order);
    const chunk = this.#chunks[at] as Chunk;
    const place = placeAt(chunk.keys, key, order);
    if (chunk.keys[place] === key) {
      const before = chunk.values[place];
      chunk.values[place] = value;
      return before;
    }
    if (!this.#hasPairs && pair.test(key)) {
      // From here on the other order holds, in which the key may have another place.
      this.#hasPairs = true;
      return this.set(key, value);
    }
    this.#size += 1;
    if (place === chunk.keys.length) {
      chunk.keys.push(key);
      chunk.values.push(value);
    } else {
      chunk.keys.splice(place, 0, key);
      chunk.values.splice(place, 0, value);
    }
    if (chunk.keys.length > chunkKeys) this.#split(at, chunk, place);
    return undefined;
  }

  #split(at: number, chunk: Chunk, place: number): void {
    // Ascending insertion (logs) leaves full chunks behind instead of half-empty ones.
    const isAtEnd = place === chunk.keys.length - 1 && at === this.#chunks.length - 1;
    const from = isAtEnd ? place : chunkKeys >>> 1;
    const upper = { keys: chunk.keys.splice(from), values: chunk.values.splice(from) };
    this.#chunks.splice(at + 1, 0, upper);
  }

  /** Removes the key and returns the value it had. */
  delete(key: string): unknown {
    if (this.#size === 0) return undefined;
    const order = this.#order();
    const at = this.#chunkAt(key, order);
    const chunk = this.#chunks[at] as Chunk;
    const place = placeAt(chunk.keys, key, order);
    if (chunk.keys[place] !== key) return undefined;
    const [before] = chunk.values.splice(place, 1);
    chunk.keys.splice(place, 1);
    this.#size -= 1;
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1);
    return before;
  }

  /** A copy of the entries with from <= key < to, so that the map may change while one reads. */
  slice(from: string, to: string, limit: number, reverse: boolean): [string, unknown][] {
    const found: [string, unknown][] = [];
    if (this.#size === 0 || limit <= 0) return found;
    const isUnits = !this.#hasPairs && !pair.test(from) && !pair.test(to);
    const order = isUnits ? undefined : compareKeys;
    const isBelow = (a: string, b: string): boolean =>
      order === undefined ? a < b : order(a, b) < 0;
    if (!isBelow(from, to)) return found;
    const start = reverse ? to : from;
    let at = this.#chunkAt(start, order);
    let chunk = this.#chunks[at] as Chunk;
    let place = placeAt(chunk.keys, start, order) - (reverse ? 1 : 0);
    while (found.length < limit) {
      if (place >= 0 && place < chunk.keys.length) {
        const key = chunk.keys[place] as string;
        if (reverse ? isBelow(key, from) : !isBelow(key, to)) break;
        found.push([key, chunk.values[place]]);
        place += reverse ? -1 : 1;
        continue;
      }
      at += reverse ? -1 : 1;
      const next = this.#chunks[at];
      if (next === undefined) break;
      chunk = next;
      place = reverse ? chunk.keys.length - 1 : 0;
    }
    return found;
  }
}

/** The first place whose key is not below `key`. */
function placeAt(keys: readonly string[], key: string, compare: Comparison | undefined): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = keys[middle] as string;
    if (compare === undefined ? there < key : compare(there, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
