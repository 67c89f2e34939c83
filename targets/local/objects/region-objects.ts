/**
 * The bytes of a region's process: disk, link and cores put together. *composition*
 *
 * Bytes have a link of their own beside the region's, "bytes/SITE": however many of them travel,
 * rows and their acknowledgements never queue behind them.
 *
 * At the start what the disk holds is compared with what the store says, in the background: a file
 * that a kill left without its row is noted, bytes whose file is gone are pulled anew.
 */
import { join } from "node:path";
import type { Instant } from "../../../base/clock.ts";
import type { ByteMessage, Place } from "../../../layers/objects/messages.ts";
import type { ByteStore } from "../../../layers/objects/port.ts";
import { createReplicatedByteStore } from "../../../layers/region/byte-store.ts";
import type { Region } from "../../../layers/region/region.ts";
import { RegionBytes } from "../../../layers/region/region-bytes.ts";
import type { Holder } from "../../../layers/routing/record.ts";
import { BYTES } from "../link/address.ts";
import { createLink, type Link, type LinkOptions } from "../link/link.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";
import { type FileByteDisk, openFileByteDisk } from "./byte-disk.ts";

export type ObjectsLog = (
  level: "info" | "warn",
  fields: Readonly<Record<string, unknown>>,
  text: string,
) => void;

export interface ObjectsGroundOptions {
  readonly dataDir: string;
  readonly site: string;
  readonly apps: readonly string[];
  readonly link: Pick<LinkOptions, "incarnation" | "secret" | "host" | "log">;
  readonly log: ObjectsLog;
}

const TICK_MS = 10;
const TROUBLE_EVERY_MS = 1000;
const PAGE = 256;

/** Disk and link, which are there before the members are known; none where no app has objects. */
export class ObjectsGround {
  readonly log: ObjectsLog;
  disk: FileByteDisk | undefined;
  link: Link | undefined;
  #objects: RegionObjects | undefined;
  #troubleAt = Number.NEGATIVE_INFINITY;

  constructor(log: ObjectsLog) {
    this.log = log;
  }

  static async open(options: ObjectsGroundOptions): Promise<ObjectsGround> {
    const { apps, site, dataDir, log } = options;
    const ground = new ObjectsGround(log);
    if (apps.length === 0) return ground;
    ground.disk = await openFileByteDisk({
      root: join(dataDir, "objects"),
      apps,
      run: (act) => {
        act();
        ground.#objects?.schedule();
      },
      trouble: (error) => ground.#trouble(error),
    });
    ground.link = await createLink({ ...options.link, address: `${BYTES}/${site}` });
    return ground;
  }

  get ready(): { readonly bytesPort?: number } {
    return this.link === undefined ? {} : { bytesPort: this.link.port };
  }

  #trouble(error: Error): void {
    const now = performance.now();
    if (now - this.#troubleAt < TROUBLE_EVERY_MS) return;
    this.#troubleAt = now;
    const fields = { event: "object-disk", error: error.message };
    this.log("warn", fields, "the disk for objects refuses");
  }

  /** Once, when the region's cores are there. */
  serve(options: Omit<RegionObjectsOptions, "disk" | "link" | "log">): void {
    const { disk, link, log } = this;
    if (disk === undefined || link === undefined) return;
    this.#objects = new RegionObjects({ ...options, disk, link, log });
  }

  storeOf(app: string): ByteStore {
    if (this.#objects === undefined) throw new RangeError(`${app} has no objects`);
    return this.#objects.storeOf(app);
  }

  stop(): void {
    this.#objects?.stop();
  }

  async close(): Promise<void> {
    await this.link?.close();
    await this.disk?.close();
  }
}

export interface RegionObjectsOptions {
  readonly self: Holder;
  readonly engine: LmdbEngine;
  readonly region: Region;
  readonly disk: FileByteDisk;
  readonly link: Link;
  readonly now: () => Instant;
  /** Asks for the end of the turn. */
  readonly schedule: () => void;
  readonly log: ObjectsLog;
  readonly graceMs?: number;
}

export class RegionObjects {
  readonly bytes: RegionBytes;
  readonly schedule: () => void;
  readonly #options: RegionObjectsOptions;
  readonly #stores = new Map<string, ByteStore>();
  readonly #timer: NodeJS.Timeout;
  #isStopped = false;

  constructor(options: RegionObjectsOptions) {
    const { self, engine, region, disk, link, schedule, graceMs } = options;
    this.#options = options;
    this.schedule = schedule;
    this.bytes = new RegionBytes({
      site: { self, engine },
      region,
      disk,
      send: (to, message) => link.send(to.replace(/^region\//, `${BYTES}/`), message),
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    for (const id of this.bytes.apps) {
      const app = region.apps.get(id);
      if (app === undefined) continue;
      const { bytes } = this;
      this.#stores.set(id, createReplicatedByteStore({ app, bytes, disk, schedule }));
    }
    engine.onFlushed((sequence) => this.bytes.flushed(sequence));
    link.onMessage((_, message) => {
      if (this.#isStopped) return;
      this.bytes.message(message as ByteMessage);
      schedule();
    });
    this.#timer = setInterval(() => {
      this.bytes.tick(options.now());
      schedule();
    }, TICK_MS);
    this.#reconcile().catch((error: Error) =>
      options.log("warn", { event: "objects", error: error.message }, "the disk was not compared"),
    );
  }

  storeOf(app: string): ByteStore {
    const store = this.#stores.get(app);
    if (store === undefined) throw new RangeError(`no app with objects is named ${app}`);
    return store;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Judged in the place's turn: what comes and goes meanwhile is not mistaken for a loss. */
  #isLost(place: Place): Promise<boolean> {
    return new Promise((resolve) => {
      this.#options.disk.inspect(place, (found) => {
        const isLost = found !== this.bytes.sizeOf(place);
        if (isLost) this.bytes.lost(place);
        resolve(isLost);
      });
    });
  }

  async #reconcile(): Promise<void> {
    const { disk, engine, region, log } = this.#options;
    let adopted = 0;
    let lost = 0;
    for (const app of this.bytes.apps) {
      const ledger = region.apps.get(app)?.data.bytes;
      for await (const files of disk.files(app)) {
        for (const place of files) {
          if (this.#isStopped) return;
          if (this.bytes.sizeOf(place) !== undefined) continue;
          const sizeBytes = await disk.sizeOf(place);
          if (sizeBytes !== undefined && this.bytes.adopt({ ...place, sizeBytes })) adopted++;
        }
      }
      for (let after: string | undefined; ledger !== undefined; ) {
        const some = ledger.here(engine, after, PAGE);
        for (const [digest] of some) {
          if (this.#isStopped) return;
          if (await this.#isLost({ app, digest })) lost++;
        }
        after = some.at(-1)?.[0];
        if (some.length < PAGE) break;
      }
    }
    if (adopted + lost === 0) return;
    this.schedule();
    log("info", { event: "objects", adopted, lost }, "the disk was compared with the store");
  }
}
