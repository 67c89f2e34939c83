/**
 * Pulling bytes from other regions, by digest. *pure core*
 *
 *   wanted, offered --> resuming --> fetching --whole--> finishing --verified, on disk--> arrived
 *                                      |  ^                  |
 *                 silence: ask again --+  +-- mismatch: from the start, from another region
 *                 nobody has them: later
 *
 * A transfer asks for chunks within a window, writes them in order, and goes on where it was cut
 * off, be it by a lost message, a partition, or the end of the process.
 *
 * Invariants
 *  X1 at most MOST_TRANSFERS at once (twice that while readers wait), each with at most
 *     WINDOW_CHUNKS on the way or in memory
 *  X2 nothing counts as here that does not fit its digest                   (ByteDisk.finish)
 *  X3 a transfer that is wanted is never given up: it only waits longer                 (#later)
 */
import type { ByteDisk } from "./disk.ts";
import type { ByteBody, Holdings, Place } from "./messages.ts";
import { placeKey } from "./messages.ts";
import { objectLimits } from "./port.ts";

export const CHUNK_BYTES = 256 * 1024;
const WINDOW_CHUNKS = 8;
const MOST_TRANSFERS = 4;
const MOST_OFFERED = 4096;
const STALL_FIRST_MS = 600;
const STALL_LAST_MS = 4000;
const LATER_FIRST_MS = 300;
const LATER_LAST_MS = 10_000;
const LOOKED_AT = 64;

interface Transfer {
  readonly place: Place;
  readonly key: string;
  sources: string[];
  /** Told when the bytes are here. */
  readonly offerers: Set<string>;
  phase: "resuming" | "fetching" | "finishing";
  total: number | undefined;
  /** On disk, or being written. */
  offset: number;
  /** Asked for. */
  asked: number;
  /** Bytes that the disk is writing now. */
  writing: number;
  readonly outstanding: Map<number, number>;
  readonly arrived: Map<number, Uint8Array>;
  progressAt: number;
  stalls: number;
}

interface Later {
  readonly until: number;
  readonly tries: number;
}

export interface TransfersOptions {
  readonly disk: ByteDisk;
  readonly holdings: Holdings;
  readonly send: (app: string, region: string, body: ByteBody) => void;
  readonly newId: () => number;
  /** Default in production: CHUNK_BYTES. */
  readonly chunkBytes: number;
}

export class Transfers {
  readonly #options: TransfersOptions;
  readonly #active = new Map<string, Transfer>();
  readonly #offered = new Map<string, { place: Place; from: Set<string> }>();
  readonly #later = new Map<string, Later>();
  #cursor: Place | undefined;
  #now = 0;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active.size;
  }

  /** A region says that it has the bytes, and waits until they are here. */
  offered(place: Place, region: string): void {
    const key = placeKey(place);
    const active = this.#active.get(key);
    this.#later.delete(key);
    if (active !== undefined) {
      active.offerers.add(region);
      if (!active.sources.includes(region)) active.sources.push(region);
      return;
    }
    const known = this.#offered.get(key);
    if (known !== undefined) known.from.add(region);
    else if (this.#offered.size < MOST_OFFERED) {
      this.#offered.set(key, { place, from: new Set([region]) });
    }
    this.#fill();
  }

  /** A reader waits for these: before all others. */
  hurry(place: Place): void {
    this.#later.delete(placeKey(place));
    if (this.#active.size >= 2 * MOST_TRANSFERS) return;
    if (!this.#active.has(placeKey(place))) this.#begin(place, []);
  }

  tick(now: number): void {
    this.#now = now;
    for (const transfer of this.#active.values()) {
      if (transfer.phase !== "fetching" || transfer.writing > 0) continue;
      const stallMs = Math.min(STALL_LAST_MS, STALL_FIRST_MS * 2 ** transfer.stalls);
      if (now - transfer.progressAt > stallMs) this.#stalled(transfer);
    }
    this.#fill();
  }

  #fill(): void {
    for (const [key, { place, from }] of this.#offered) {
      if (this.#active.size >= MOST_TRANSFERS) return;
      this.#offered.delete(key);
      this.#begin(place, [...from]);
    }
    if (this.#active.size >= MOST_TRANSFERS) return;
    const { holdings } = this.#options;
    let places = holdings.wanted(this.#cursor, LOOKED_AT);
    if (places.length === 0 && this.#cursor !== undefined) {
      places = holdings.wanted(undefined, LOOKED_AT);
    }
    this.#cursor = undefined;
    for (const place of places) {
      this.#cursor = place;
      const key = placeKey(place);
      const isLater = (this.#later.get(key)?.until ?? Number.NEGATIVE_INFINITY) > this.#now;
      if (!isLater && !this.#active.has(key)) this.#begin(place, []);
      if (this.#active.size >= MOST_TRANSFERS) return;
    }
  }

  #begin(place: Place, offerers: readonly string[]): void {
    const { holdings, disk } = this.#options;
    const size = holdings.sizeOf(place);
    if (size !== undefined) {
      this.#tell(place, offerers);
      return;
    }
    const others = holdings.others(place.app).filter((region) => !offerers.includes(region));
    const transfer: Transfer = {
      place,
      key: placeKey(place),
      sources: [...offerers, ...others],
      offerers: new Set(offerers),
      phase: "resuming",
      total: undefined,
      offset: 0,
      asked: 0,
      writing: 0,
      outstanding: new Map(),
      arrived: new Map(),
      progressAt: this.#now,
      stalls: 0,
    };
    this.#active.set(transfer.key, transfer);
    disk.resume(place, (sizeBytes) => {
      transfer.offset = sizeBytes;
      transfer.asked = sizeBytes;
      transfer.phase = "fetching";
      transfer.progressAt = this.#now;
      this.#ask(transfer);
    });
  }

  /** Asks for what the window has room for; of an unknown size, for one chunk. */
  #ask(transfer: Transfer): void {
    const { place, sources } = transfer;
    const { chunkBytes } = this.#options;
    const [source] = sources;
    if (transfer.phase !== "fetching") return;
    if (source === undefined) {
      this.#give(transfer);
      return;
    }
    const end = transfer.total ?? transfer.offset + chunkBytes;
    const isUnknown = transfer.total === undefined && transfer.outstanding.size === 0;
    while (
      transfer.asked - transfer.offset < WINDOW_CHUNKS * chunkBytes &&
      (transfer.asked < end || (isUnknown && transfer.outstanding.size === 0))
    ) {
      const id = this.#options.newId();
      const first = transfer.asked;
      transfer.outstanding.set(id, first);
      transfer.asked = first + chunkBytes;
      const { app, digest } = place;
      this.#options.send(app, source, {
        type: "bytes-fetch",
        id,
        digest,
        first,
        length: chunkBytes,
      });
    }
  }

  chunk(app: string, message: Extract<ByteBody, { type: "bytes-chunk" }>): void {
    const transfer = this.#active.get(placeKey({ app, digest: message.digest }));
    const first = transfer?.outstanding.get(message.id);
    if (transfer === undefined || first === undefined || first !== message.first) return;
    transfer.outstanding.delete(message.id);
    const { total, data } = message;
    const { chunkBytes } = this.#options;
    const isPart = first + data.length === Math.min(total, first + chunkBytes) || first >= total;
    const isSane = Number.isSafeInteger(total) && total >= 0 && total <= objectLimits.objectBytes;
    if (!isPart || !isSane || (transfer.total ?? total) !== total) {
      this.#restart(transfer);
      return;
    }
    transfer.total = total;
    transfer.progressAt = this.#now;
    transfer.stalls = 0;
    if (data.length > 0) transfer.arrived.set(first, data);
    this.#write(transfer);
  }

  /** In order, and as much at once as has come: the disk does one after the other. */
  #write(transfer: Transfer): void {
    if (transfer.phase !== "fetching") return;
    for (;;) {
      const at = transfer.offset + transfer.writing;
      const data = transfer.arrived.get(at);
      if (data === undefined) break;
      transfer.arrived.delete(at);
      transfer.writing += data.length;
      this.#append(transfer, data);
    }
    const { total, writing, offset } = transfer;
    if (writing === 0 && total !== undefined && offset >= total) this.#finish(transfer, total);
    else this.#ask(transfer);
  }

  #append(transfer: Transfer, data: Uint8Array): void {
    this.#options.disk.append(transfer.place, data, (isWritten) => {
      transfer.writing -= data.length;
      if (transfer.phase !== "fetching") return;
      if (!isWritten) {
        this.#give(transfer);
        return;
      }
      transfer.offset += data.length;
      transfer.progressAt = this.#now;
      this.#write(transfer);
    });
  }

  #finish(transfer: Transfer, total: number): void {
    transfer.phase = "finishing";
    const { place } = transfer;
    const { disk, holdings } = this.#options;
    disk.finish(place, total, (end) => {
      if (end === "mismatch") this.#restart(transfer);
      else if (end === "failed") this.#give(transfer);
      else {
        holdings.arrived(place, total, (isKept) => {
          if (!isKept) {
            this.#give(transfer);
            return;
          }
          this.#active.delete(transfer.key);
          this.#later.delete(transfer.key);
          this.#tell(place, [...transfer.offerers]);
          this.#fill();
        });
      }
    });
  }

  #tell({ app, digest }: Place, regions: readonly string[]): void {
    for (const region of regions) {
      this.#options.send(app, region, { type: "bytes-has", digests: [digest] });
    }
  }

  none(
    app: string,
    { id, digest }: Extract<ByteBody, { type: "bytes-none" }>,
    region: string,
  ): void {
    const transfer = this.#active.get(placeKey({ app, digest }));
    if (transfer?.outstanding.has(id) !== true) return;
    this.#options.holdings.missing(transfer.place, region);
    transfer.sources.shift();
    this.#again(transfer);
  }

  /** Silence: the message was lost, or the region is; asks again, and then another one. */
  #stalled(transfer: Transfer): void {
    transfer.stalls++;
    transfer.progressAt = this.#now;
    const [first, ...rest] = transfer.sources;
    if (transfer.stalls % 2 === 0 && first !== undefined) transfer.sources = [...rest, first];
    if (transfer.stalls > 6) this.#give(transfer);
    else this.#again(transfer);
  }

  #again(transfer: Transfer): void {
    transfer.outstanding.clear();
    transfer.arrived.clear();
    transfer.asked = transfer.offset + transfer.writing;
    this.#ask(transfer);
  }

  /** What came does not fit: all of it again, from another region if there is one. */
  #restart(transfer: Transfer): void {
    this.#options.disk.abandon(transfer.place);
    this.#give(transfer);
  }

  /** Makes room for others, and tries again later. */
  #give(transfer: Transfer): void {
    transfer.phase = "finishing";
    this.#active.delete(transfer.key);
    const tries = (this.#later.get(transfer.key)?.tries ?? 0) + 1;
    const waitMs = Math.min(LATER_LAST_MS, LATER_FIRST_MS * 2 ** Math.min(tries, 16));
    this.#later.set(transfer.key, { until: this.#now + waitMs, tries });
    if (this.#later.size > MOST_OFFERED) this.#later.delete(this.#later.keys().next().value ?? "");
  }
}
