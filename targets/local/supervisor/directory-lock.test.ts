import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { acquireLock, lockHolder } from "./directory-lock.ts";
import { identify, isAlive } from "./process-identity.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "understudy-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (content: unknown) =>
  writeFileSync(join(dir, "supervisor.lock"), JSON.stringify(content));

test("a lock is taken once, and again after it was released", () => {
  const first = acquireLock(dir);
  expect(acquireLock(dir)).toEqual({ heldBy: identify(process.pid) });
  if ("release" in first) first.release();
  expect(lockHolder(dir)).toBeUndefined();
  expect(acquireLock(dir)).toHaveProperty("release");
});

test("a lock whose process has ended is taken over, and leaves nothing behind", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const identity = identify(other.pid ?? 0);
  write(identity);
  expect(acquireLock(dir)).toEqual({ heldBy: identity });
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));
  expect(acquireLock(dir)).toHaveProperty("release");
  expect(readdirSync(dir)).toEqual(["supervisor.lock"]);
});

test("a pid that was given to another process does not hold the lock", () => {
  write({ pid: process.pid, startedAt: "another boot 1" });
  expect(isAlive({ pid: process.pid, startedAt: "another boot 1" })).toBe(false);
  expect(acquireLock(dir)).toHaveProperty("release");
});

test("a lock that cannot be read is nobody's", () => {
  writeFileSync(join(dir, "supervisor.lock"), "{");
  expect(acquireLock(dir)).toHaveProperty("release");
});
