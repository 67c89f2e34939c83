/**
 * What a voter keeps on disk: a kill at any instant loses nothing that it has answered. *adapter*
 *
 *   DIR/{generation}.a  {generation}.b     one line (length, count, SHA-256), then the document
 *
 * Each start is a generation with two files of its own, written in turn: a write that is cut off
 * damages only the older of the two. A generation takes over what the ones before it hold and then
 * deletes their files, so a process that was frozen and wakes after its successor has started
 * writes to files that nobody reads.
 *
 * Invariants (voter-directory.test.ts)
 *  V1 when `persist` resolves with "done" a later `open` reads that document or a newer one
 *  V2 of two processes on one directory only the later gets "done": it makes its files before it
 *     reads, the other looks for newer files after it has written, so one of them sees the other
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  write,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFormat } from "../../../base/codec.ts";
import { ConfigurationError } from "../../../base/errors.ts";
import type { VoterDisk } from "../../../layers/routing/voter-disk.ts";

const format = createFormat<VoterDisk>({
  name: "understudy-voter",
  version: 1,
  parse: (body) => {
    const disk = body as VoterDisk;
    if (typeof disk?.identity?.voterId !== "string" || typeof disk.registers !== "object") {
      throw new Error("fields are missing");
    }
    return disk;
  },
});

const FILE_NAME = /^(\d{1,10})\.[ab]$/;
const SLOTS = ["a", "b"] as const;

export interface VoterDirectory {
  /** What the generation before held; undefined: the directory was empty. */
  readonly found: VoterDisk | undefined;
  /** One at a time. Rejects when the disk does not take it; it may then be tried again. */
  persist(disk: VoterDisk): Promise<"done" | "superseded">;
  close(): void;
}

/** For a new deployment: what its voter knows before its first start. */
export function createVoterDirectory(path: string, disk: VoterDisk): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, "0.a"), pack(disk, 1), { mode: 0o600, flush: true });
  syncDirectory(path);
}

const writeAt = promisify(write);
const syncData = promisify(fdatasync);
/** Where there is it, one call writes and waits for the disk; a failover has four of them in it. */
const writesThrough = constants.O_DSYNC ?? 0;
const ANEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | writesThrough;

export function openVoterDirectory(path: string): VoterDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { generation, files } = beginGeneration(path);
  const found = readLatest(path, generation);
  let count = 0;
  return {
    found,
    persist: async (disk) => {
      count++;
      const file = files[count % 2] as number;
      const bytes = Buffer.from(pack(disk, count));
      const { bytesWritten } = await writeAt(file, bytes, 0, bytes.length, 0);
      if (bytesWritten < bytes.length) throw new Error("the disk is full");
      if (writesThrough === 0) await syncData(file);
      const names = readdirSync(path);
      if (names.some((name) => generationOf(name) > generation)) return "superseded";
      for (const name of names) {
        const other = generationOf(name);
        if (other >= 0 && other < generation) rmSync(join(path, name), { force: true });
      }
      return "done";
    },
    close: () => {
      for (const file of files) closeSync(file);
    },
  };
}

/** Two files that nobody else has, numbered above all that are there. */
function beginGeneration(path: string): { generation: number; files: number[] } {
  for (;;) {
    const generation = 1 + Math.max(-1, ...readdirSync(path).map(generationOf));
    const files: number[] = [];
    try {
      for (const slot of SLOTS)
        files.push(openSync(join(path, `${generation}.${slot}`), ANEW, 0o600));
      syncDirectory(path);
      return { generation, files };
    } catch (error) {
      for (const file of files) closeSync(file);
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function readLatest(path: string, below: number): VoterDisk | undefined {
  let latest: { disk: VoterDisk; generation: number; count: number } | undefined;
  for (const name of readdirSync(path)) {
    const generation = generationOf(name);
    if (generation < 0 || generation >= below) continue;
    const read = unpack(join(path, name));
    if (read === undefined) continue;
    const isNewer =
      latest === undefined ||
      generation > latest.generation ||
      (generation === latest.generation && read.count > latest.count);
    if (isNewer) latest = { ...read, generation };
  }
  return latest?.disk;
}

const generationOf = (name: string): number => Number(FILE_NAME.exec(name)?.[1] ?? -1);

function pack(disk: VoterDisk, count: number): string {
  const body = format.encode(disk);
  return `${Buffer.byteLength(body)} ${count} ${digest(body)}\n${body}`;
}

/** Undefined for a file that was never written whole. */
function unpack(path: string): { disk: VoterDisk; count: number } | undefined {
  const bytes = readFileSync(path);
  const lineEnd = bytes.indexOf(10);
  const [length = "", count = "", hash = ""] = bytes.toString("latin1", 0, lineEnd).split(" ");
  const body = bytes.toString("utf8", lineEnd + 1, lineEnd + 1 + Number(length));
  if (lineEnd < 0 || digest(body) !== hash) return undefined;
  const decoded = format.decode(body);
  if (decoded.kind === "ok") return { disk: decoded.value, count: Number(count) };
  throw new ConfigurationError({
    what: `the voter's directory cannot be read (${decoded.reason})`,
    got: path,
    fix: "Start the build that wrote it.",
  });
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
