/**
 * LMDB under the engine: where applied transactions live, and whose turn it is. *adapter*
 *
 *   format.json   names the format; a newer one is refused before anything else is touched
 *   store.mdb     "data": the entries; "meta": incarnation, and what was applied
 *
 * Invariants (lmdb-engine.test.ts)
 *  D1 nothing is applied by a process whose incarnation is not the stored one: the condition is
 *     checked by LMDB inside the very commit                              (ifVersion in `apply`)
 *  D2 `applied` is in the last commit of those it speaks of; the log read again from there gives
 *     the same state, whatever part of it LMDB already had
 */
import { access, mkdir, open as openFile, readFile, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { EngineSupersededError } from "../../layers/key-value/engine-errors.ts";
import type { KeyRange } from "../../layers/key-value/key.ts";
import { keyEncoder, readValue } from "./lmdb-engine-codec.ts";
import { type Operation, readLog, segmentsIn } from "./lmdb-engine-log.ts";
import type { Entry } from "./lmdb-engine-overlay.ts";

const formatName = "understudy-store";
const formatVersion = 1;
const reserveBytes = 32 * 1024 * 1024;

export interface LmdbStore {
  readonly incarnation: number;
  /** The last transaction found at opening, the log read. */
  readonly recovered: number;
  get(key: string): unknown;
  range(range: KeyRange, limit: number, reverse: boolean): Entry[];
  /**
   * One commit; with `sequence` it says that all up to there are in. False: another process has
   * opened the store. Resolves when the entries can be read.
   */
  apply(operations: Iterable<Operation>, sequence: number | undefined): Promise<boolean>;
  /** Rejects when the disk is nearly full; ask before each series of `apply`. */
  mustHaveRoom(): Promise<void>;
  /** Resolves when what was applied is on disk. */
  flushed(): Promise<void>;
  /** The next process that opens the store is above `incarnation`; this one's turn is over. */
  countFrom(incarnation: number): Promise<void>;
  /** Whether the stored incarnation is this process's, as of now. */
  isCurrent(): boolean;
  close(): Promise<void>;
}

interface Applied {
  readonly sequence: number;
  /** Log segments of earlier incarnations are history. */
  readonly logFrom: number;
}

interface Databases {
  readonly root: RootDatabase;
  readonly data: Database<unknown, string>;
  readonly meta: Database<unknown, string>;
}

export async function openLmdbStore(path: string): Promise<LmdbStore> {
  await mkdir(path, { recursive: true });
  await checkFormat(path);
  // Batches per turn are ours to make; LMDB's own would hold a promise nobody can catch.
  const root = open({ path: join(path, "store.mdb"), maxDbs: 4, eventTurnBatching: false });
  const data: Database<unknown, string> = root.openDB({
    name: "data",
    keyEncoder,
    encoder: {
      encode: (value: Buffer) => value,
      decode: (bytes: Buffer, options?: { end: number }) =>
        readValue(bytes, 0, options?.end ?? bytes.length),
    },
  } as never);
  const meta: Database<unknown, string> = root.openDB({
    name: "meta",
    encoding: "json",
    useVersions: true,
  });
  const databases = { root, data, meta };
  const incarnation = root.transactionSync(() => {
    const mine = Number(meta.get("incarnation") ?? 0) + 1;
    meta.putSync("incarnation", mine, mine);
    return mine;
  });
  await root.flushed;
  try {
    const recovered = await recover(path, databases, incarnation);
    return storeOf({ path, databases, incarnation, recovered });
  } catch (cause) {
    await root.close();
    if (cause instanceof EngineSupersededError) throw cause;
    const { message } = cause as Error;
    const advice = "nothing is lost; look at the space left on that disk, and start again";
    throw new Error(
      `${path}: the log could not be brought into the store (${message}); ${advice}`,
      {
        cause,
      },
    );
  }
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, "format.json");
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const handle = await openFile(`${file}.new`, "w");
    await handle.writeFile(JSON.stringify({ format: formatName, version: formatVersion }));
    await handle.sync();
    await handle.close();
    await rename(`${file}.new`, file);
    return;
  }
  let found: { format?: unknown; version?: unknown };
  try {
    found = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} cannot be read; restore it or begin with an empty folder`, { cause });
  }
  if (found.format !== formatName || found.version !== formatVersion) {
    throw new Error(
      `${path} holds ${found.format} version ${found.version}, and this build reads ` +
        `${formatName} version ${formatVersion}: left untouched; use the build that wrote it`,
    );
  }
}

/** Brings into LMDB what only the log has, and then does away with the old log. */
async function recover(
  path: string,
  { root, data, meta }: Databases,
  incarnation: number,
): Promise<number> {
  const applied = (meta.get("applied") as Applied | undefined) ?? { sequence: 0, logFrom: 0 };
  let last = applied.sequence;
  const mustBeCurrent = (): void => {
    if (meta.get("incarnation") !== incarnation) {
      throw new EngineSupersededError(`${path} was opened by another process meanwhile`);
    }
  };
  for await (const frame of readLog(path, applied.logFrom, applied.sequence)) {
    root.transactionSync(() => {
      mustBeCurrent();
      for (const { key, value } of frame.operations) {
        if (value === undefined) data.removeSync(key);
        else data.putSync(key, value);
      }
      last = frame.last;
      meta.putSync("applied", { ...applied, sequence: last }, 1);
    });
  }
  root.transactionSync(() => {
    mustBeCurrent();
    meta.putSync("applied", { sequence: last, logFrom: incarnation }, 1);
  });
  await root.flushed;
  for (const segment of await segmentsIn(path)) {
    if (segment.incarnation < incarnation) await rm(segment.file, { force: true });
  }
  return last;
}

/**
 * LMDB meets a full disk in the middle of a commit, and then rejects a promise that it hands to
 * nobody, which ends the process. So it is not let near the end of the disk.
 */
async function mustHaveRoom(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const freeBytes = bavail * bsize;
  if (freeBytes >= reserveBytes) return;
  const free = `${Math.floor(freeBytes / 1024 / 1024)} MB are left on the disk of ${path}`;
  throw new Error(`${free}, and the store needs ${reserveBytes / 1024 / 1024} MB to go on`);
}

function storeOf(store: {
  readonly path: string;
  readonly databases: Databases;
  readonly incarnation: number;
  readonly recovered: number;
}): LmdbStore {
  const { path, incarnation, recovered } = store;
  const { root, data, meta } = store.databases;
  return {
    incarnation,
    recovered,
    get: (key) => data.get(key),
    range: ({ from, to }, limit, reverse) => {
      const entries: Entry[] = [];
      const bounds = reverse
        ? { start: to, end: from, reverse, exclusiveStart: true, inclusiveEnd: true }
        : { start: from, end: to };
      const most = Number.isFinite(limit) ? { limit } : {};
      for (const { key, value } of data.getRange({ ...bounds, ...most }))
        entries.push([key, value]);
      return entries;
    },
    mustHaveRoom: () => mustHaveRoom(path),
    apply: async (operations, sequence) => {
      const puts: Promise<boolean>[] = [];
      const done = meta.ifVersion("incarnation", incarnation, () => {
        for (const { key, value } of operations) {
          puts.push(value === undefined ? data.remove(key) : data.put(key, value));
        }
        if (sequence !== undefined) {
          puts.push(meta.put("applied", { sequence, logFrom: incarnation }, 1));
        }
      });
      return settle([done, ...new Set(puts)]);
    },
    flushed: async () => {
      await root.flushed;
    },
    countFrom: async (above) => {
      const next = Math.max(above, incarnation);
      await meta.ifVersion("incarnation", incarnation, () => {
        meta.put("incarnation", next, next);
      });
      await root.flushed;
    },
    isCurrent: () => {
      meta.resetReadTxn();
      return meta.get("incarnation") === incarnation;
    },
    close: () => root.close(),
  };
}

/** The first one's answer, when all have ended. */
async function settle(promises: readonly Promise<boolean>[]): Promise<boolean> {
  const [first] = await Promise.all(promises.map(withCause));
  return first ?? false;
}

/** LMDB rejects with an error that holds another promise, rejected as well: the cause. */
function withCause(promise: Promise<boolean>): Promise<boolean> {
  return promise.catch(async (error: { commitError?: Promise<unknown> }) => {
    const cause: unknown = await error.commitError?.catch((reason: unknown) => reason);
    throw cause ?? error;
  });
}
