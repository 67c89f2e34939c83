import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bundled } from "../link/bundled.mjs";
import { acquireLock, lockHolder } from "./directory-lock.ts";
import { identify, isAlive } from "./process-identity.ts";

let dir = "";
let program = "";
beforeAll(async () => {
  program = await bundled(fileURLToPath(new URL("./directory-lock.ts", import.meta.url)));
});
afterAll(() => rmSync(dirname(program), { recursive: true, force: true }));
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "understudy-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (content: unknown) =>
  writeFileSync(join(dir, "supervisor.lock"), JSON.stringify(content));

async function release(): Promise<void> {
  const lock = await acquireLock(dir);
  if (!("release" in lock)) throw new Error("it is held");
  lock.release();
}

test("a lock is taken once, and again after it was released, and leaves nothing behind", async () => {
  const first = await acquireLock(dir);
  expect(await acquireLock(dir)).toEqual({ heldBy: identify(process.pid) });
  if ("release" in first) first.release();
  expect(lockHolder(dir)).toBeUndefined();
  await release();
  expect(readdirSync(dir)).toEqual([]);
});

test("of many that ask at once one gets it", async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => acquireLock(dir)));
  const got = asked.filter((lock) => "release" in lock);
  expect(got).toHaveLength(1);
  expect(readdirSync(dir)).toHaveLength(2);
});

test("a lock of an earlier version, which names a process alone, holds as long as that runs", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const identity = identify(other.pid ?? 0);
  write(identity);
  expect(await acquireLock(dir)).toEqual({ heldBy: identity });
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));
  await release();
  expect(readdirSync(dir)).toEqual([]);
});

test("a pid that was given to another process does not hold the lock", async () => {
  write({ pid: process.pid, startedAt: "another boot 1" });
  expect(isAlive({ pid: process.pid, startedAt: "another boot 1" })).toBe(false);
  expect(await acquireLock(dir)).toHaveProperty("release");
});

test("a lock that cannot be read is nobody's", async () => {
  writeFileSync(join(dir, "supervisor.lock"), "{");
  expect(await acquireLock(dir)).toHaveProperty("release");
});

/** Takes the lock, prints what came of it, and keeps running. */
const TAKES = `import(process.argv[1]).then(async ({ acquireLock }) => {
  const lock = await acquireLock(process.argv[2]);
  console.log("release" in lock ? "taken" : "held");
  setInterval(() => {}, 1000);
});`;
const NAMESPACE = ["--pid", "--fork", "--kill-child", "--mount-proc"];
const hasNamespaces = spawnSync("unshare", [...NAMESPACE, "true"]).status === 0;

/** In a namespace of pids of its own, as in a container. */
async function takenApart(path: string) {
  const args = [...NAMESPACE, process.execPath, "-e", TAKES, "--", program, path];
  const child = spawn("unshare", args, { stdio: ["ignore", "pipe", "inherit"] });
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data) => resolve(String(data).trim())),
  );
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  return { said, end };
}

if (!hasNamespaces) console.warn("skipped: this machine has no namespaces of pids for us");

test.skipIf(!hasNamespaces)(
  "a container is refused what another one holds on the same volume, until that ends",
  async () => {
    // A path too long for a socket's name.
    const deep = join(dir, "a-volume-with-a-long-name-".repeat(4), "data");
    for (const path of [dir, deep]) {
      mkdirSync(path, { recursive: true });
      const first = await takenApart(path);
      const second = await takenApart(path);
      expect([first.said, second.said]).toEqual(["taken", "held"]);
      expect(await acquireLock(path)).toHaveProperty("heldBy");
      await Promise.all([first.end(), second.end()]);
      const third = await takenApart(path);
      expect(third.said).toBe("taken");
      await third.end();
      const text = readFileSync(join(path, "supervisor.lock"), "utf8");
      expect(JSON.parse(text)).toHaveProperty("socket");
    }
  },
);
