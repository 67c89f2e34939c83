/**
 * The ends of this region's leases, in memory that two threads share. *adapter*
 *
 * The worker writes, the main thread reads without waiting. Each app has two slots; a writer fills
 * the one that is not shown and then counts the app's version up, which shows it:
 *
 *   version 6: slot 0 shown   --write slot 1, version 7-->   slot 1 shown
 *
 * A reader that finds the version changed meanwhile reads again, so what it returns was written as
 * a whole (the counters are atomic, which orders the plain numbers around them). It cannot starve:
 * a writer writes a few times in ten milliseconds, a reading takes less than one microsecond.
 */
import { assert } from "../../../base/assert.ts";
import { monotonicMs, wallMs } from "../../../base/clock.ts";
import type { LeaseEnd } from "../../../layers/routing/lease.ts";

const NUMBERS = 3;
const SLOTS = 2;
const NO_LEASE = -1;

export class LeaseBoard {
  readonly memory: SharedArrayBuffer;
  readonly #versions: Int32Array;
  readonly #numbers: Float64Array;
  readonly #places: ReadonlyMap<string, number>;

  constructor(apps: readonly string[], memory?: SharedArrayBuffer) {
    const counters = Math.ceil(Math.max(1, apps.length) / 2) * 2;
    const bytes = counters * 4 + apps.length * SLOTS * NUMBERS * 8;
    this.memory = memory ?? new SharedArrayBuffer(bytes);
    assert(this.memory.byteLength === bytes, "lease board: both threads name the same apps");
    this.#versions = new Int32Array(this.memory, 0, counters);
    this.#numbers = new Float64Array(this.memory, counters * 4);
    this.#places = new Map(apps.map((app, at) => [app, at]));
    if (memory === undefined) for (const app of apps) this.write(app, undefined);
  }

  write(app: string, end: LeaseEnd | undefined): void {
    const place = this.#places.get(app);
    if (place === undefined) return;
    const version = Atomics.load(this.#versions, place) + 1;
    const at = (place * SLOTS + (version & 1)) * NUMBERS;
    this.#numbers[at] = end?.epoch ?? NO_LEASE;
    this.#numbers[at + 1] = end?.mono ?? 0;
    this.#numbers[at + 2] = end?.wall ?? 0;
    Atomics.store(this.#versions, place, version | 0);
  }

  read(app: string): LeaseEnd | undefined {
    const place = this.#places.get(app);
    if (place === undefined) return undefined;
    for (;;) {
      const version = Atomics.load(this.#versions, place);
      const at = (place * SLOTS + (version & 1)) * NUMBERS;
      const epoch = this.#numbers[at] as number;
      const mono = this.#numbers[at + 1] as number;
      const wall = this.#numbers[at + 2] as number;
      // A read-modify-write: a plain load would let processors delay the reads above beyond it.
      if (Atomics.add(this.#versions, place, 0) !== version) continue;
      return epoch === NO_LEASE
        ? undefined
        : { epoch, mono: monotonicMs(mono), wall: wallMs(wall) };
    }
  }
}
