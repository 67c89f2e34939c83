/**
 * Bytes of a region on a real disk. *adapter*
 *
 *   {root}/staging/{random}                     a body that is being taken in
 *   {root}/{app}/partial/{digest}               what a transfer has brought so far
 *   {root}/{app}/whole/{first two}/{digest}     whole, verified, flushed
 *
 * A file gets its name by one rename, after its content was flushed; the folder is flushed after
 * it. So a file under `whole` is whole, whenever the process ends. Staging is emptied at the start;
 * partial files are gone on with, and thrown away when nobody has touched them for a day.
 *
 * Invariants
 *  K1 what `finish` and `take` call back with survives a kill and a power cut      (#moveIntoPlace)
 *  K2 one thing at a time is done to a place, and its call-back runs before the next     (#serial)
 *  K3 memory held is a chunk a body and what a transfer's window holds, whatever the sizes
 */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failed } from "../../../base/outcome.ts";
import { takeBody } from "../../../layers/objects/body.ts";
import type { BodyDisk } from "../../../layers/objects/disk.ts";
import { type Place, placeKey } from "../../../layers/objects/messages.ts";
import { isDigest } from "../../../layers/objects/names.ts";

export interface FileByteDiskOptions {
  readonly root: string;
  readonly apps: readonly string[];
  /** Runs call-backs where the region's cores are run. */
  readonly run: (act: () => void) => void;
  /** The disk refused, or a file could not be read. */
  readonly trouble: (error: Error) => void;
}

export interface FoundFile extends Place {
  readonly path: string;
}

interface Transfer {
  readonly handle: FileHandle;
  readonly hash: Hash;
  sizeBytes: number;
}

const READ_BYTES = 256 * 1024;
const GATHERED_BYTES = 512 * 1024;
const PARTIAL_KEPT_MS = 24 * 3600 * 1000;

export async function openFileByteDisk(options: FileByteDiskOptions): Promise<FileByteDisk> {
  const { root, apps } = options;
  await rm(join(root, "staging"), { recursive: true, force: true });
  await mkdir(join(root, "staging"), { recursive: true });
  for (const app of apps) {
    await mkdir(join(root, app, "partial"), { recursive: true });
    await mkdir(join(root, app, "whole"), { recursive: true });
    await removeOld(join(root, app, "partial"));
  }
  return new FileByteDisk(options);
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > PARTIAL_KEPT_MS) await unlink(path);
  }
}

export class FileByteDisk implements BodyDisk {
  readonly #options: FileByteDiskOptions;
  readonly #lines = new Map<string, Promise<void>>();
  readonly #transfers = new Map<string, Transfer>();
  #isClosed = false;

  constructor(options: FileByteDiskOptions) {
    this.#options = options;
  }

  #whole({ app, digest }: Place): string {
    return join(this.#options.root, app, "whole", digest.slice(0, 2), digest);
  }

  #partial({ app, digest }: Place): string {
    return join(this.#options.root, app, "partial", digest);
  }

  /** After what is being done to the place; a failure is told, and stops nothing behind it. */
  #serial(place: Place, work: () => Promise<void>): Promise<void> {
    const key = placeKey(place);
    const before = this.#lines.get(key) ?? Promise.resolve();
    const line = before.then(work).catch((error: Error) => this.#options.trouble(error));
    this.#lines.set(key, line);
    void line.then(() => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
    return line;
  }

  /** A bug in what is called back is the process's, not the disk's. */
  #back(act: () => void): void {
    if (this.#isClosed) return;
    try {
      this.#options.run(act);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }

  resume(place: Place, done: (sizeBytes: number) => void): void {
    void this.#serial(place, async () => {
      await this.#close(place);
      const handle = await open(this.#partial(place), "a+");
      const hash = createHash("sha256");
      let sizeBytes = 0;
      for await (const chunk of chunksIn(handle, 0, Number.POSITIVE_INFINITY)) {
        hash.update(chunk);
        sizeBytes += chunk.length;
      }
      this.#transfers.set(placeKey(place), { handle, hash, sizeBytes });
      this.#back(() => done(sizeBytes));
    });
  }

  append(place: Place, data: Uint8Array, done: (isWritten: boolean) => void): void {
    void this.#serial(place, async () => {
      const transfer = this.#transfers.get(placeKey(place));
      let isWritten = transfer !== undefined;
      try {
        if (transfer !== undefined) {
          await writeAll(transfer.handle, data);
          transfer.hash.update(data);
          transfer.sizeBytes += data.length;
        }
      } catch (error) {
        isWritten = false;
        this.#options.trouble(error as Error);
        await this.#close(place);
      }
      this.#back(() => done(isWritten));
    });
  }

  finish(place: Place, sizeBytes: number, done: (end: "ok" | "mismatch" | "failed") => void): void {
    void this.#serial(place, async () => {
      const transfer = this.#transfers.get(placeKey(place));
      this.#transfers.delete(placeKey(place));
      let end: "ok" | "mismatch" | "failed" = "failed";
      try {
        const digest = transfer?.hash.digest("hex");
        if (transfer === undefined) end = "failed";
        else if (digest !== place.digest || transfer.sizeBytes !== sizeBytes) {
          end = "mismatch";
          await transfer.handle.close();
          await unlink(this.#partial(place));
        } else {
          await this.#moveIntoPlace(transfer.handle, this.#partial(place), place);
          end = "ok";
        }
      } catch (error) {
        this.#options.trouble(error as Error);
      }
      this.#back(() => done(end));
    });
  }

  abandon(place: Place): void {
    void this.#serial(place, async () => {
      await this.#close(place);
      await rm(this.#partial(place), { force: true });
    });
  }

  async #close(place: Place): Promise<void> {
    const transfer = this.#transfers.get(placeKey(place));
    this.#transfers.delete(placeKey(place));
    await transfer?.handle.close();
  }

  async #moveIntoPlace(handle: FileHandle, from: string, place: Place): Promise<void> {
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    const path = this.#whole(place);
    const folder = dirname(path);
    const made = await mkdir(folder, { recursive: true });
    await rename(from, path);
    await flushFolder(folder);
    if (made !== undefined) await flushFolder(dirname(folder));
  }

  read(
    place: Place,
    first: number,
    length: number,
    done: (data: Uint8Array | undefined) => void,
  ): void {
    this.#readPart(place, first, length).then(
      (data) => this.#back(() => done(data)),
      (error: Error) => {
        this.#options.trouble(error);
        this.#back(() => done(undefined));
      },
    );
  }

  async #readPart(place: Place, first: number, length: number): Promise<Uint8Array> {
    const handle = await open(this.#whole(place), "r");
    try {
      const data = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(data, 0, length, first);
      return data.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  inspect(place: Place, done: (sizeBytes: number | undefined) => void): void {
    void this.#serial(place, async () => {
      const sizeBytes = await this.sizeOf(place);
      this.#back(() => done(sizeBytes));
    });
  }

  remove(place: Place, isStillUnwanted: () => boolean, done: () => void): void {
    void this.#serial(place, async () => {
      if (isStillUnwanted()) await rm(this.#whole(place), { force: true });
      this.#back(done);
    });
  }

  take: BodyDisk["take"] = async (app, body, options, inPlace) => {
    const path = join(this.#options.root, "staging", randomBytes(12).toString("hex"));
    let handle: FileHandle | undefined;
    let moved = false;
    try {
      const opened = await open(path, "wx");
      handle = opened;
      const hash = createHash("sha256");
      const gathered = new GatheredWrites(opened);
      const taken = await takeBody(body, options, hash, (chunk) => gathered.write(chunk));
      if (taken.kind !== "ok") return taken;
      await gathered.flush();
      handle = undefined;
      const place = { app, digest: taken.value.digest };
      await this.#serial(place, async () => {
        await this.#moveIntoPlace(opened, path, place);
        moved = true;
        this.#back(() => inPlace(taken.value));
      });
      return moved ? taken : failed("unavailable", "the bytes could not be moved to their place");
    } catch (error) {
      this.#options.trouble(error as Error);
      return failed("unavailable", `the disk refuses: ${(error as Error).message}`);
    } finally {
      await handle?.close();
      if (!moved) await rm(path, { force: true }).catch(() => undefined);
    }
  };

  async *stream(place: Place, first: number, last: number): AsyncIterable<Uint8Array> {
    const handle = await open(this.#whole(place), "r");
    try {
      let at = first;
      for await (const chunk of chunksIn(handle, first, last + 1)) {
        at += chunk.length;
        yield chunk;
      }
      if (at <= last) throw new Error(`the file ends at ${at}, before ${last + 1}`);
    } finally {
      await handle.close();
    }
  }

  /** The whole files of an app, folder by folder. */
  async *files(app: string): AsyncIterable<readonly FoundFile[]> {
    const whole = join(this.#options.root, app, "whole");
    for (const folder of await readdir(whole)) {
      const names = await readdir(join(whole, folder));
      const digests = names.filter((name) => isDigest(name) && name.startsWith(folder));
      yield digests.map((digest) => ({ app, digest, path: join(whole, folder, digest) }));
    }
  }

  /** Undefined where there is no such file. */
  async sizeOf(place: Place): Promise<number | undefined> {
    const found = await stat(this.#whole(place)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return found?.size;
  }

  /** Waits for what is being done; nothing is called back any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lines.values());
    await Promise.all([...this.#transfers.values()].map(({ handle }) => handle.close()));
    this.#transfers.clear();
  }
}

/** Small chunks, as they come from a socket, in fewer and larger writes. */
class GatheredWrites {
  readonly #handle: FileHandle;
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    return this.#sizeBytes >= GATHERED_BYTES ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    if (this.#sizeBytes === 0) return;
    const data = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#sizeBytes = 0;
    await writeAll(this.#handle, data ?? new Uint8Array(0));
  }
}

async function writeAll(handle: FileHandle, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const { bytesWritten } = await handle.write(data, at, data.length - at);
    at += bytesWritten;
  }
}

async function* chunksIn(
  handle: FileHandle,
  first: number,
  end: number,
): AsyncIterable<Uint8Array> {
  for (let at = first; at < end; ) {
    const length = Math.min(READ_BYTES, end - at);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
