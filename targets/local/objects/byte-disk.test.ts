import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Place } from "../../../layers/objects/messages.ts";
import { type FileByteDisk, openFileByteDisk } from "./byte-disk.ts";

let root = "";
const troubles: Error[] = [];
const open: FileByteDisk[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "understudy-byte-disk-"));
  troubles.length = 0;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((disk) => disk.close()));
  rmSync(root, { recursive: true, force: true });
});

async function openDisk(): Promise<FileByteDisk> {
  const trouble = (error: Error) => void troubles.push(error);
  const disk = await openFileByteDisk({ root, apps: ["app"], run: (act) => act(), trouble });
  open.push(disk);
  return disk;
}

const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => at % 251));
const digest = createHash("sha256").update(bytes).digest("hex");
const place: Place = { app: "app", digest };
const whole = (): string => join(root, "app", "whole", digest.slice(0, 2), digest);

const resume = (disk: FileByteDisk) => new Promise<number>((done) => disk.resume(place, done));
const append = (disk: FileByteDisk, data: Uint8Array) =>
  new Promise<boolean>((done) => disk.append(place, data, done));
const finish = (disk: FileByteDisk, size: number) =>
  new Promise<string>((done) => disk.finish(place, size, done));
const remove = (disk: FileByteDisk, isUnwanted: () => boolean) =>
  new Promise<void>((done) => disk.remove(place, isUnwanted, done));
const take = (disk: FileByteDisk, inPlace = () => {}) => disk.take("app", bytes, {}, inPlace);

test("a transfer goes on where an earlier process left it, and is verified as a whole", async () => {
  const first = await openDisk();
  expect(await resume(first)).toBe(0);
  expect(await append(first, bytes.subarray(0, 1000))).toBe(true);
  const second = await openDisk();
  expect(await resume(second)).toBe(1000);
  expect(await append(second, bytes.subarray(1000))).toBe(true);
  expect(await finish(second, bytes.length)).toBe("ok");
  expect(readFileSync(whole()).equals(bytes)).toBe(true);
  expect(readdirSync(join(root, "app", "partial"))).toEqual([]);
});

test("what does not fit its digest is thrown away, and the next transfer begins anew", async () => {
  await openDisk();
  writeFileSync(join(root, "app", "partial", digest), "rubbish");
  const disk = await openDisk();
  expect(await resume(disk)).toBe(7);
  await append(disk, bytes.subarray(7));
  expect(await finish(disk, bytes.length)).toBe("mismatch");
  expect(existsSync(whole())).toBe(false);
  expect(await resume(disk)).toBe(0);
  await append(disk, bytes);
  expect(await finish(disk, bytes.length)).toBe("ok");
});

test("what was being taken in when the process ended is gone after the start", async () => {
  await openDisk();
  writeFileSync(join(root, "staging", "half"), "half of a body");
  await openDisk();
  expect(readdirSync(join(root, "staging"))).toEqual([]);
});

test("a body that fails leaves no file behind", async () => {
  const disk = await openDisk();
  const body = async function* () {
    yield bytes;
    throw new Error("the sender is gone");
  };
  const taken = await disk.take("app", body(), {}, () => expect.unreachable());
  expect(taken).toMatchObject({ kind: "failed", code: "interrupted" });
  expect(readdirSync(join(root, "staging"))).toEqual([]);
  expect(existsSync(whole())).toBe(false);
});

test("bytes that come back are not removed by a removal that was decided before", async () => {
  const disk = await openDisk();
  let isHere = false;
  await take(disk, () => {
    isHere = true;
  });
  isHere = false;
  const removal = remove(disk, () => !isHere);
  const again = take(disk, () => {
    isHere = true;
  });
  await Promise.all([removal, again]);
  expect(isHere).toBe(true);
  expect(readFileSync(whole()).equals(bytes)).toBe(true);
});

test("a reader that has begun reads to the end, whatever is removed meanwhile", async () => {
  const disk = await openDisk();
  await take(disk);
  const reader = disk.stream(place, 0, bytes.length - 1)[Symbol.asyncIterator]();
  const { value } = await reader.next();
  await remove(disk, () => true);
  expect(existsSync(whole())).toBe(false);
  expect(Buffer.from(value ?? []).equals(bytes)).toBe(true);
  expect((await reader.next()).done).toBe(true);
});

test("a file that is shorter than it should be is an error for its reader, never an end", async () => {
  const disk = await openDisk();
  await take(disk);
  writeFileSync(whole(), bytes.subarray(0, 100));
  const read = async () => {
    for await (const part of disk.stream(place, 0, bytes.length - 1)) expect(part.length).toBe(100);
  };
  await expect(read()).rejects.toThrow("ends at 100");
  expect(await new Promise((done) => disk.inspect(place, done))).toBe(100);
});

test("a folder that cannot be written refuses, says so, and stops nothing else", async () => {
  const disk = await openDisk();
  rmSync(join(root, "staging"), { recursive: true });
  writeFileSync(join(root, "staging"), "no folder");
  expect(await take(disk)).toMatchObject({ kind: "failed", code: "unavailable" });
  expect(troubles).toHaveLength(1);
  expect(await resume(disk)).toBe(0);
});
