import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { must } from "../../../base/assert.ts";
import { genesis } from "../../../layers/routing/members.ts";
import { newVoterDisk, type VoterDisk } from "../../../layers/routing/voter-disk.ts";
import { createVoterDirectory, openVoterDirectory } from "./voter-directory.ts";

let path = "";
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "understudy-voter-"));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const members = genesis(["eu-west-1"], { "eu-west-1": "voter-1" });
const numbered = (incarnation: number): VoterDisk => {
  const disk = newVoterDisk("voter-1", members);
  return { ...disk, identity: { ...disk.identity, incarnation } };
};
const readAgain = (): VoterDisk | undefined => {
  const directory = openVoterDirectory(path);
  directory.close();
  return directory.found;
};

test("an empty directory holds nothing", () => {
  expect(readAgain()).toBeUndefined();
});

test("a directory made for a new deployment holds its voter, start after start", () => {
  createVoterDirectory(path, numbered(0));
  expect(readAgain()).toEqual(numbered(0));
  expect(readAgain()).toEqual(numbered(0));
});

test("what was persisted last is read, however many came before", async () => {
  const directory = openVoterDirectory(path);
  for (let count = 1; count <= 5; count++) {
    expect(await directory.persist(numbered(count))).toBe("done");
  }
  directory.close();
  expect(readAgain()).toEqual(numbered(5));
});

test("a write that was cut off leaves the one before", async () => {
  const directory = openVoterDirectory(path);
  for (let count = 1; count <= 4; count++) await directory.persist(numbered(count));
  directory.close();
  // The fourth went to the first file.
  const [first] = readdirSync(path).sort();
  truncateSync(join(path, must(first, "two files")), 100);
  expect(readAgain()).toEqual(numbered(3));
});

test("a start that was cut off before it wrote anything changes nothing", async () => {
  createVoterDirectory(path, numbered(7));
  openVoterDirectory(path).close();
  writeFileSync(join(path, "9.a"), "");
  expect(readAgain()).toEqual(numbered(7));
});

test("of two processes on one directory only the later one can persist", async () => {
  createVoterDirectory(path, numbered(0));
  const first = openVoterDirectory(path);
  expect(await first.persist(numbered(1))).toBe("done");
  const second = openVoterDirectory(path);
  expect(second.found).toEqual(numbered(1));
  expect(await first.persist(numbered(2))).toBe("superseded");
  expect(await second.persist(numbered(10))).toBe("done");
  expect(await first.persist(numbered(3))).toBe("superseded");
  first.close();
  second.close();
  expect(readAgain()).toEqual(numbered(10));
});

test("a document of a newer build is refused, and names the file", () => {
  createVoterDirectory(path, numbered(1));
  const body = JSON.stringify({ format: "understudy-voter", version: 99, body: {} });
  const hash = createHash("sha256").update(body).digest("hex");
  writeFileSync(join(path, "1.a"), `${Buffer.byteLength(body)} 1 ${hash}\n${body}`);
  expect(() => openVoterDirectory(path)).toThrow("newer build");
});
