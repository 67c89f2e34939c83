/**
 * A site's disk for bytes in the simulated world. *adapter*
 *
 * The medium outlives its processes: whole files are there once `finish` or `take` called back,
 * and perhaps a moment before; of a transfer under way a kill leaves some prefix. What a process
 * asked for and did not hear of before its end never calls back.
 */
import { createHash } from "node:crypto";
import { failed, ok } from "../../../base/outcome.ts";
import type { Rng } from "../../../base/rng.ts";
import { collectBody } from "../../../layers/objects/body.ts";
import type { BodyDisk } from "../../../layers/objects/disk.ts";
import { type Place, placeKey } from "../../../layers/objects/messages.ts";

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** What is on the disk, whoever runs on it. */
export class ByteMedium {
  readonly files = new Map<string, Uint8Array>();
  readonly partial = new Map<string, Uint8Array>();
  /** Being flushed and moved right now: a kill may come before or after. */
  readonly finishing = new Set<string>();
  /** Most bytes in whole files; `take` and `finish` fail beyond. */
  capacityBytes = Number.POSITIVE_INFINITY;

  get usedBytes(): number {
    let used = 0;
    for (const { length } of this.files.values()) used += length;
    return used;
  }

  list(): (Place & { readonly sizeBytes: number })[] {
    return Array.from(this.files, ([key, { length }]) => {
      const [app = "", digest = ""] = key.split(" ");
      return { app, digest, sizeBytes: length };
    });
  }

  has({ app, digest }: Place): boolean {
    return this.files.has(placeKey({ app, digest }));
  }

  /** Moves what a transfer brought to its place, when it fits. */
  complete(key: string, sizeBytes: number): "ok" | "mismatch" | "failed" {
    const bytes = this.partial.get(key) ?? new Uint8Array(0);
    if (bytes.length !== sizeBytes || `${key.split(" ")[0]} ${sha256(bytes)}` !== key) {
      this.partial.delete(key);
      return "mismatch";
    }
    if (this.usedBytes + bytes.length > this.capacityBytes) return "failed";
    this.partial.delete(key);
    this.files.set(key, bytes);
    return "ok";
  }

  empty(): void {
    this.files.clear();
    this.partial.clear();
    this.finishing.clear();
  }

  /** A kill: of what was being written some prefix is left, or rubbish. */
  crash(rng: Rng): void {
    for (const key of this.finishing) {
      if (rng.chance(0.5)) this.complete(key, this.partial.get(key)?.length ?? 0);
    }
    this.finishing.clear();
    for (const [key, bytes] of this.partial) {
      const kept = bytes.slice(0, rng.below(bytes.length + 1));
      if (kept.length > 0 && rng.chance(0.2)) kept[rng.below(kept.length)] = 0x5a;
      this.partial.set(key, kept);
    }
  }
}

export interface SimulatedByteDiskOptions {
  readonly medium: ByteMedium;
  /** Runs later, when the process does; never when it has ended. */
  readonly after: (delayMs: number, act: () => void) => void;
  readonly rng: Rng;
}

const WRITE_MS = 2;

export class SimulatedByteDisk implements BodyDisk {
  readonly #options: SimulatedByteDiskOptions;

  constructor(options: SimulatedByteDiskOptions) {
    this.#options = options;
  }

  #later(act: () => void): void {
    this.#options.after(this.#options.rng.next() * WRITE_MS, act);
  }

  resume(place: Place, done: (sizeBytes: number) => void): void {
    const { medium } = this.#options;
    this.#later(() => done(medium.partial.get(placeKey(place))?.length ?? 0));
  }

  append(place: Place, data: Uint8Array, done: (isWritten: boolean) => void): void {
    const { medium } = this.#options;
    const key = placeKey(place);
    const before = medium.partial.get(key) ?? new Uint8Array(0);
    const bytes = new Uint8Array(before.length + data.length);
    bytes.set(before);
    bytes.set(data, before.length);
    medium.partial.set(key, bytes);
    this.#later(() => done(true));
  }

  finish(place: Place, sizeBytes: number, done: (end: "ok" | "mismatch" | "failed") => void): void {
    const key = placeKey(place);
    const { medium } = this.#options;
    medium.finishing.add(key);
    this.#later(() => {
      medium.finishing.delete(key);
      done(medium.complete(key, sizeBytes));
    });
  }

  abandon(place: Place): void {
    this.#options.medium.partial.delete(placeKey(place));
  }

  read(
    place: Place,
    first: number,
    length: number,
    done: (data: Uint8Array | undefined) => void,
  ): void {
    const { medium } = this.#options;
    this.#later(() => done(medium.files.get(placeKey(place))?.slice(first, first + length)));
  }

  inspect(place: Place, done: (sizeBytes: number | undefined) => void): void {
    const { medium } = this.#options;
    this.#later(() => done(medium.files.get(placeKey(place))?.length));
  }

  remove(place: Place, isStillUnwanted: () => boolean, done: () => void): void {
    this.#later(() => {
      if (isStillUnwanted()) this.#options.medium.files.delete(placeKey(place));
      done();
    });
  }

  /** A whole body that is already in memory. */
  put(app: string, bytes: Uint8Array, done: (digest: string | undefined) => void): void {
    const { medium } = this.#options;
    const digest = sha256(bytes);
    this.#later(() => {
      const isFull = medium.usedBytes + bytes.length > medium.capacityBytes;
      if (!isFull) medium.files.set(placeKey({ app, digest }), bytes.slice());
      done(isFull ? undefined : digest);
    });
  }

  take: BodyDisk["take"] = async (app, body, options, inPlace) => {
    const taken = await collectBody(body, options, createHash("sha256"));
    if (taken.kind !== "ok") return taken;
    const { digest, bytes } = taken.value;
    const staged = { digest, sizeBytes: bytes.length };
    return new Promise((resolve) => {
      this.put(app, bytes, (put) => {
        if (put === undefined) {
          resolve(failed("unavailable", "the disk is full"));
          return;
        }
        inPlace(staged);
        resolve(ok(staged));
      });
    });
  };

  async *stream(place: Place, first: number, last: number): AsyncIterable<Uint8Array> {
    const bytes = this.#options.medium.files.get(placeKey(place));
    if (bytes === undefined) throw new Error("the file is gone");
    if (last >= first) yield bytes.slice(first, last + 1);
  }
}
