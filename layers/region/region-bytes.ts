/**
 * The bytes of all apps in one region: what was taken in, what travels, what is collected.
 * *pure core*
 *
 *   staged: file in its place --> row ("b") --on disk--> offered to every region that must have it
 *                                                          --all have it--> ok, to be named
 *   named here, not here: pulled (Transfers); acknowledged to the holder only then (following.ts)
 *   named by no row for graceMs: given up, the file removed
 *
 * Invariants
 *  Z1 `staged` answers ok when every region of every possible in-sync set that is heard of has the
 *     bytes on disk; the row's acknowledgement waits for the rest                         (#settle)
 *  Z2 bytes are given up only while no row names them, nobody stages or offers them, and no entry
 *     beyond a cut waits to be judged                                                    (#collect)
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineWriter } from "../key-value/engine.ts";
import { EngineFullError } from "../key-value/engine-errors.ts";
import type { ByteDisk } from "../objects/disk.ts";
import { Exchange } from "../objects/exchange.ts";
import type { ByteBody, ByteMessage, Holdings, Place } from "../objects/messages.ts";
import { placeKey } from "../objects/messages.ts";
import { OBJECTS } from "../objects/names.ts";
import type { Digest } from "../objects/port.ts";
import { CHUNK_BYTES } from "../objects/transfers.ts";
import type { AppRegion } from "./app-region.ts";
import type { Region } from "./region.ts";
import type { Site } from "./site.ts";

export interface RegionBytesOptions {
  readonly site: Pick<Site, "self" | "engine">;
  readonly region: Region;
  readonly disk: ByteDisk;
  readonly send: (to: string, message: ByteMessage) => void;
  /** Default GRACE_MS. */
  readonly graceMs?: number;
  /** Default CHUNK_BYTES. */
  readonly chunkBytes?: number;
}

export type FoundBytes = Place & { readonly sizeBytes: number };

export type StagedEnd = "ok" | "not-serving" | "unavailable";

interface Staging {
  readonly place: Place;
  readonly sizeBytes: number;
  readonly done: (end: StagedEnd) => void;
  readonly confirmed: Set<string>;
  readonly epoch: number;
  progressAt: number;
}

/** Longer than any request takes from its bytes to its row. */
export const GRACE_MS = 60_000;
/** A region that says nothing for so long is not waited for; the in-sync set is what decides. */
const SILENT_MS = 500;
const PATIENCE_MS = 3000;
const COLLECT_EVERY_MS = 200;
const LOOKED_AT = 256;

export class RegionBytes implements Holdings {
  readonly exchange: Exchange;
  readonly #options: RegionBytesOptions;
  readonly #apps: ReadonlyMap<string, AppRegion>;
  readonly #staging = new Set<Staging>();
  readonly #afterFlush: { sequence: number; act: () => void }[] = [];
  readonly #markedAt = new Map<string, number>();
  readonly #cursors = new Map<string, string | undefined>();
  readonly #removing = new Set<string>();
  readonly #graceMs: number;
  #flushedSequence: number;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #now = 0;

  constructor(options: RegionBytesOptions) {
    this.#options = options;
    this.#graceMs = options.graceMs ?? GRACE_MS;
    this.#flushedSequence = options.site.engine.sequence;
    const hasObjects = (app: AppRegion) =>
      app.options.tables.some((table) => table.name === OBJECTS);
    this.#apps = new Map([...options.region.apps].filter(([, app]) => hasObjects(app)));
    this.exchange = new Exchange({
      disk: options.disk,
      holdings: this,
      send: (app, region, body) => this.#send(app, region, body),
      chunkBytes: options.chunkBytes ?? CHUNK_BYTES,
      served: (place, region) => this.#served(place, region),
    });
  }

  get apps(): readonly string[] {
    return [...this.#apps.keys()];
  }

  #send(app: string, region: string, body: ByteBody): void {
    const { site, send } = this.#options;
    send(`region/${region}`, { ...body, app, from: site.self } as ByteMessage);
  }

  message(message: ByteMessage): void {
    if (this.#apps.has(message.app)) this.exchange.message(message);
  }

  flushed(sequence: number): void {
    this.#flushedSequence = Math.max(this.#flushedSequence, sequence);
    while ((this.#afterFlush[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      this.#afterFlush.shift()?.act();
    }
  }

  #whenOnDisk(act: () => void): void {
    const { sequence } = this.#options.site.engine;
    if (sequence <= this.#flushedSequence) act();
    else this.#afterFlush.push({ sequence, act });
  }

  tick(now: Instant): void {
    this.#now = now.mono;
    if (this.#apps.size === 0) return;
    this.exchange.tick(now.mono);
    for (const staging of [...this.#staging]) this.#settle(staging);
    if (now.mono - this.#collectedAt < COLLECT_EVERY_MS) return;
    this.#collectedAt = now.mono;
    for (const app of this.#apps.values()) this.#collect(app);
  }

  // --- what was taken in here

  /** A file that was taken in is in its place. */
  staged(place: Place, sizeBytes: number, done: (end: StagedEnd) => void): void {
    const app = this.#apps.get(place.app);
    const epoch = app?.holding?.epoch;
    this.touch(place);
    this.arrived(place, sizeBytes, (isKept) => {
      if (!isKept) {
        done("unavailable");
        return;
      }
      if (epoch === undefined) {
        done("not-serving");
        return;
      }
      const confirmed = new Set<string>();
      const staging = { place, sizeBytes, done, confirmed, epoch, progressAt: this.#now };
      this.#staging.add(staging);
      this.#settle(staging);
    });
  }

  #settle(staging: Staging): void {
    const { place, sizeBytes, confirmed } = staging;
    const holding = this.#apps.get(place.app)?.holding;
    if (holding === undefined || holding.epoch !== staging.epoch) {
      this.#end(staging, "not-serving");
      return;
    }
    const isAudible = (region: string): boolean =>
      this.#now - (holding.shipping.peers.get(region)?.heardAt ?? 0) < SILENT_MS;
    const missing = holding.inSync.required.filter((region) => !confirmed.has(region));
    const waiting = missing.filter(isAudible);
    if (waiting.length === 0 || this.#now - staging.progressAt > PATIENCE_MS) {
      this.#end(staging, "ok");
      return;
    }
    this.exchange.offer(place, sizeBytes, waiting, (region) => this.#confirmed(place, region));
  }

  #confirmed(place: Place, region: string): void {
    for (const staging of [...this.#staging]) {
      if (placeKey(staging.place) !== placeKey(place)) continue;
      staging.confirmed.add(region);
      staging.progressAt = this.#now;
      this.#settle(staging);
    }
  }

  #end(staging: Staging, end: StagedEnd): void {
    this.#staging.delete(staging);
    const key = placeKey(staging.place);
    if (![...this.#staging].some(({ place }) => placeKey(place) === key)) {
      this.exchange.withdraw(staging.place);
    }
    this.touch(staging.place);
    staging.done(end);
  }

  #served(place: Place, region: string): void {
    const key = placeKey(place);
    for (const staging of this.#staging) {
      const isAwaited = placeKey(staging.place) === key && !staging.confirmed.has(region);
      if (isAwaited) staging.progressAt = this.#now;
    }
  }

  // --- Holdings

  sizeOf({ app, digest }: Place): number | undefined {
    return this.#apps.get(app)?.data.bytes.sizeOf(this.#options.site.engine, digest);
  }

  wanted(after: Place | undefined, limit: number): readonly Place[] {
    const { engine } = this.#options.site;
    const apps = this.apps;
    const start = after === undefined ? 0 : apps.indexOf(after.app);
    for (const app of apps.slice(start)) {
      const ledger = this.#apps.get(app)?.data.bytes;
      const from = after?.app === app ? after.digest : undefined;
      const digests = ledger?.wanted(engine, from, limit) ?? [];
      if (digests.length > 0) return digests.map((digest) => ({ app, digest }));
    }
    return [];
  }

  arrived({ app, digest }: Place, sizeBytes: number, done: (isKept: boolean) => void): void {
    const ledger = this.#apps.get(app)?.data.bytes;
    const isNoted = this.#note((writer) => ledger?.arrived(writer, digest, sizeBytes));
    if (isNoted) this.#whenOnDisk(() => done(true));
    else done(false);
  }

  /** A full disk takes no note; whoever asked tries again. */
  #note(write: (writer: EngineWriter) => void): boolean {
    try {
      this.#options.site.engine.transact(write);
      return true;
    } catch (error) {
      if (!(error instanceof EngineFullError)) throw error;
      return false;
    }
  }

  touch(place: Place): void {
    this.#markedAt.delete(placeKey(place));
  }

  lost({ app, digest }: Place): void {
    const ledger = this.#apps.get(app)?.data.bytes;
    this.#note((writer) => ledger?.lost(writer, digest));
  }

  /**
   * Bytes that even the serving region lacks were lost before, in a forced takeover or with the
   * only disk that had them. They stay wanted, and what is written since does not wait for them.
   */
  missing({ app, digest }: Place, region: string): void {
    const { data, record } = this.#apps.get(app) ?? {};
    if (record?.serving[0]?.region !== region) return;
    this.#note((writer) => data?.bytes.unblock(writer, digest));
  }

  /** Where it serves first: that region has all that is named. */
  others(app: string): readonly string[] {
    const { record } = this.#apps.get(app) ?? {};
    const self = this.#options.site.self.region;
    if (record === undefined) return [];
    const serving = record.serving.map(({ region }) => region);
    const order = [...serving, ...record.inSyncRegions, ...record.regions];
    return [...new Set(order)].filter((region) => region !== self);
  }

  // --- what the disk holds when the process starts

  /**
   * A whole file that no row tells of was moved to its place just before the end: it counts, and
   * is collected when nobody names it.
   */
  adopt(file: FoundBytes): boolean {
    const ledger = this.#apps.get(file.app)?.data.bytes;
    if (ledger === undefined || this.sizeOf(file) !== undefined) return false;
    if (ledger.isDropped(this.#options.site.engine, file.digest)) return false;
    this.arrived(file, file.sizeBytes, () => {});
    return true;
  }

  /** Adopts what is there, and wants again what is not. */
  reconcile(files: readonly FoundBytes[]): void {
    const { engine } = this.#options.site;
    const there = new Set(files.map(placeKey));
    for (const file of files) this.adopt(file);
    for (const [app, { data }] of this.#apps) {
      for (let after: string | undefined; ; ) {
        const some = data.bytes.here(engine, after, LOOKED_AT);
        for (const [digest] of some) {
          if (!there.has(placeKey({ app, digest }))) this.lost({ app, digest });
        }
        after = some.at(-1)?.[0];
        if (some.length < LOOKED_AT) break;
      }
    }
  }

  // --- what nobody names

  #collect(app: AppRegion): void {
    const { engine } = this.#options.site;
    const ledger = app.data.bytes;
    const id = app.options.app;
    for (const digest of ledger.dropped(engine, LOOKED_AT)) this.#remove({ app: id, digest });
    const isJudging = app.data.stranded(engine, 1).length > 0;
    const digests = ledger.marked(engine, this.#cursors.get(id), LOOKED_AT);
    this.#cursors.set(id, digests.length < LOOKED_AT ? undefined : digests.at(-1));
    for (const digest of digests) {
      const place = { app: id, digest };
      const key = placeKey(place);
      if (ledger.isNamed(engine, digest)) {
        this.#markedAt.delete(key);
        this.#note((writer) => ledger.unmark(writer, digest));
        continue;
      }
      const isHeld = isJudging || this.#isStaged(key);
      const since = isHeld ? this.#now : (this.#markedAt.get(key) ?? this.#now);
      this.#markedAt.set(key, since);
      if (this.#now - since < this.#graceMs) continue;
      this.#markedAt.delete(key);
      this.#note((writer) => ledger.drop(writer, digest));
    }
  }

  #isStaged(key: string): boolean {
    for (const { place } of this.#staging) if (placeKey(place) === key) return true;
    return false;
  }

  #remove(place: Place): void {
    const key = placeKey(place);
    const ledger = this.#apps.get(place.app)?.data.bytes;
    if (ledger === undefined || this.#removing.has(key)) return;
    this.#removing.add(key);
    const act = (): void => {
      const isUnwanted = (): boolean => this.sizeOf(place) === undefined;
      this.#options.disk.remove(place, isUnwanted, () => {
        this.#removing.delete(key);
        this.#note((writer) => ledger.removed(writer, place.digest));
      });
    };
    // The file may go only when a kill cannot bring back the row that says it is here.
    this.#whenOnDisk(act);
  }

  /** Which regions have which of these bytes. */
  whereabouts(
    app: string,
    digests: readonly Digest[],
    done: (answers: ReadonlyMap<string, ReadonlySet<Digest>>) => void,
  ): void {
    const { region } = this.#options.site.self;
    const here = new Set(digests.filter((digest) => this.sizeOf({ app, digest }) !== undefined));
    this.exchange.ask(app, digests, (answers) => done(new Map([...answers, [region, here]])));
  }
}
