/**
 * The write-ahead log in front of LMDB: what makes a transaction durable. *adapter*
 *
 * LMDB alone copies a page per random key and commit, which bounds durable writes at a fraction of
 * what a disk can append. So transactions are appended here, many in one frame, and LMDB gets them
 * later in large commits. After a crash the frames that LMDB does not have yet are read back.
 *
 *   log-<incarnation>-<number>     segments, allocated ahead: an append then changes no metadata
 *   frame = "USL1" length crc incarnation first last | operations
 *   operation = kind keyBytes valueBytes key value
 *
 * Invariants (lmdb-engine.test.ts)
 *  L1 a frame is read back whole or not at all                       (length, crc of all the rest)
 *  L2 frames are read back without a gap, in order                   (first = last before + 1)
 *  L3 what `append` resolved for is on disk                          (segments are opened O_DSYNC)
 * An append that fails is written again, at the same place, until it succeeds or the log is closed:
 * the frames behind it wait, so the order is kept while a full disk is being emptied.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ByteWriter } from "./lmdb-engine-codec.ts";

export const frameHeaderBytes = 40;
const magic = 0x314c5355;
const segmentBytes = 16 * 1024 * 1024;
/** Of the first segment of a start, which is made while somebody waits for the store to open. */
const firstSegmentBytes = 1024 * 1024;
const zeroBytes = 1024 * 1024;
const retryMs = 100;
const spareSegments = 2;

export const putKind = 1;
export const removeKind = 2;
const operationHeaderBytes = 7;

export interface Operation {
  readonly key: string;
  /** The encoded value; undefined removes the key. */
  readonly value: Buffer | undefined;
}

/** One operation; answers where its value lies, or -1 for a removal. */
export function writeOperation(writer: ByteWriter, key: string, value: unknown): number {
  writer.reserve(operationHeaderBytes);
  const at = writer.length;
  writer.length += operationHeaderBytes;
  const keyBytes = writer.text(key);
  const valueAt = writer.length;
  if (value !== undefined) writer.value(value);
  writer.bytes[at] = value === undefined ? removeKind : putKind;
  writer.bytes.writeUInt16LE(keyBytes, at + 1);
  writer.bytes.writeUInt32LE(writer.length - valueAt, at + 3);
  return value === undefined ? -1 : valueAt;
}

export interface FrameRange {
  readonly incarnation: number;
  readonly first: number;
  readonly last: number;
}

/** Fills in the header of a frame that was begun with `frameHeaderBytes` left free. */
export function sealFrame(writer: ByteWriter, range: FrameRange): Buffer {
  const frame = writer.bytes.subarray(0, writer.length);
  frame.writeUInt32LE(magic, 0);
  frame.writeUInt32LE(frame.length, 4);
  frame.writeDoubleLE(range.incarnation, 16);
  frame.writeDoubleLE(range.first, 24);
  frame.writeDoubleLE(range.last, 32);
  frame.writeUInt32LE(0, 12);
  frame.writeUInt32LE(crc32(frame.subarray(12)), 8);
  return frame;
}

/** The frame at `at`, when it is whole and the next one after `after`. */
function readFrame(
  bytes: Buffer,
  at: number,
  after: number,
): (FrameRange & { end: number }) | undefined {
  if (at + frameHeaderBytes > bytes.length || bytes.readUInt32LE(at) !== magic) return undefined;
  const end = at + bytes.readUInt32LE(at + 4);
  if (end > bytes.length || end < at + frameHeaderBytes) return undefined;
  if (crc32(bytes.subarray(at + 12, end)) !== bytes.readUInt32LE(at + 8)) return undefined;
  const incarnation = bytes.readDoubleLE(at + 16);
  const first = bytes.readDoubleLE(at + 24);
  const last = bytes.readDoubleLE(at + 32);
  return first <= after + 1 ? { incarnation, first, last, end } : undefined;
}

function* operationsOf(bytes: Buffer, from: number, end: number): IterableIterator<Operation> {
  for (let at = from; at < end; ) {
    const isPut = bytes[at] === putKind;
    const keyAt = at + operationHeaderBytes;
    const valueAt = keyAt + bytes.readUInt16LE(at + 1);
    at = valueAt + bytes.readUInt32LE(at + 3);
    const key = bytes.toString("utf8", keyAt, valueAt);
    yield { key, value: isPut ? bytes.subarray(valueAt, at) : undefined };
  }
}

const segmentName = (incarnation: number, number: number): string =>
  `log-${String(incarnation).padStart(10, "0")}-${String(number).padStart(10, "0")}`;
const segmentPattern = /^log-(\d{10})-(\d{10})$/;

/** The segments in a folder, in the order of their frames. */
export async function segmentsIn(
  path: string,
): Promise<{ readonly file: string; readonly incarnation: number }[]> {
  const names = (await readdir(path)).filter((name) => segmentPattern.test(name)).sort();
  return names.map((name) => ({ file: join(path, name), incarnation: Number(name.slice(4, 14)) }));
}

/** Frames after transaction `after`, from segments of incarnations `fromIncarnation` and later. */
export async function* readLog(
  path: string,
  fromIncarnation: number,
  after: number,
): AsyncGenerator<{ readonly last: number; readonly operations: Iterable<Operation> }> {
  let last = after;
  for (const { file, incarnation } of await segmentsIn(path)) {
    if (incarnation < fromIncarnation) continue;
    const bytes = await readFile(file);
    for (let at = 0; ; ) {
      const frame = readFrame(bytes, at, last);
      if (frame === undefined || frame.incarnation !== incarnation) break;
      if (frame.last > last) {
        last = frame.last;
        yield { last, operations: operationsOf(bytes, at + frameHeaderBytes, frame.end) };
      }
      at = frame.end;
    }
  }
}

interface Segment {
  readonly file: string;
  readonly handle: FileHandle;
  readonly capacityBytes: number;
  sizeBytes: number;
  /** The last transaction in it. */
  last: number;
}

export interface EngineLog {
  /**
   * True when the frame is on disk, false when the log was closed before; one call at a time.
   * `onTrouble` hears of each failed try, and with `undefined` that writing works again.
   */
  append(frame: Buffer, last: number): Promise<boolean>;
  /** Frees the segments whose transactions are all at or before `sequence`. */
  release(sequence: number): Promise<void>;
  /** Ends a retry that is under way. */
  close(): Promise<void>;
}

/** Fills a file with zeros, so that appending to it later need not change its length on disk. */
async function allocate(
  file: string,
  capacityBytes: number,
  isCancelled: () => boolean,
): Promise<void> {
  const handle = await open(file, "w");
  try {
    const zeros = Buffer.alloc(zeroBytes);
    for (let at = 0; at < capacityBytes && !isCancelled(); at += zeroBytes) {
      await handle.write(zeros, 0, zeroBytes, at);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** A new name in a folder is on disk when the folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function openLog(
  path: string,
  incarnation: number,
  onTrouble: (error: Error | undefined) => void,
): Promise<EngineLog> {
  let number = 0;
  let isClosed = false;
  let full: Segment[] = [];
  const spares: Segment[] = [];
  let wake: (() => void) | undefined;

  const nextFile = (): string => {
    number += 1;
    return join(path, segmentName(incarnation, number));
  };
  const opened = async (file: string, capacityBytes: number): Promise<Segment> => {
    await syncFolder(path);
    const handle = await open(file, constants.O_WRONLY | constants.O_DSYNC);
    return { file, handle, capacityBytes, sizeBytes: 0, last: 0 };
  };
  const create = async (capacityBytes = segmentBytes): Promise<Segment> => {
    const file = nextFile();
    try {
      await allocate(file, capacityBytes, () => isClosed);
      return await opened(file, capacityBytes);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  };
  /** What is left in a used segment is older than all that will be read before it: see L2. */
  const reuse = async (spare: Segment): Promise<Segment> => {
    const file = nextFile();
    await spare.handle.close();
    await rename(spare.file, file);
    return opened(file, spare.capacityBytes);
  };

  let current = await create(firstSegmentBytes);
  /** Made while the one before is being filled, so that no append waits for it. */
  let next: Promise<Segment | undefined> | undefined;
  const prepare = (): void => {
    const spare = next === undefined ? spares.pop() : undefined;
    next ??= (spare === undefined ? create() : reuse(spare)).catch(() => undefined);
  };
  const rotate = async (): Promise<void> => {
    prepare();
    const segment = await next;
    next = undefined;
    // A failed preparation is tried once more here, where its error is heard.
    const replacement = segment ?? (await create());
    full.push(current);
    current = replacement;
  };

  const write = async (frame: Buffer, last: number): Promise<void> => {
    const isFull = current.sizeBytes + frame.length > current.capacityBytes;
    if (current.sizeBytes > 0 && isFull) await rotate();
    let written = 0;
    while (written < frame.length) {
      const at = current.sizeBytes + written;
      const left = frame.length - written;
      written += (await current.handle.write(frame, written, left, at)).bytesWritten;
    }
    current.sizeBytes += frame.length;
    current.last = last;
    if (current.sizeBytes > current.capacityBytes / 2) prepare();
  };

  return {
    append: async (frame, last) => {
      for (let hadTrouble = false; ; hadTrouble = true) {
        if (isClosed) return false;
        try {
          await write(frame, last);
          if (hadTrouble) onTrouble(undefined);
          return true;
        } catch (error) {
          onTrouble(error as Error);
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, retryMs);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
      }
    },
    release: async (sequence) => {
      const freed = full.filter((segment) => segment.last <= sequence);
      full = full.filter((segment) => segment.last > sequence);
      for (const segment of freed) {
        const isKept = spares.length < spareSegments && segment.capacityBytes === segmentBytes;
        if (isKept && !isClosed) {
          spares.push(segment);
          continue;
        }
        await segment.handle.close();
        await rm(segment.file, { force: true });
      }
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      wake?.();
      const segments = [...full, ...spares, current, await next];
      for (const segment of segments) await segment?.handle.close();
    },
  };
}
