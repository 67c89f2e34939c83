/** Who reads a command, or has started it, goes away: the real command, in real shells. */
import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { bundled, createBundleFolder } from "../targets/local/link/bundled.mjs";
import { identify, type ProcessIdentity } from "../targets/local/supervisor/process-identity.ts";
import { ampleMs } from "../targets/local/tests/limits.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let installed = "";
let dataDir = "";
let workDir = "";
let command = "";

beforeAll(async () => {
  installed = createBundleFolder();
  const dist = join(installed, "dist");
  const stub = join(dist, "targets", "local", "region", "main.js");
  await bundled(here("./main.ts"), join(dist, "cli", "main.js"));
  await bundled(here("../targets/local/supervisor/stub-child.test-program.mjs"), stub);
  for (const program of ["voter/witness-main.js", "front-door/main.js"]) {
    const path = join(dist, "targets", "local", program);
    mkdirSync(join(path, ".."), { recursive: true });
    copyFileSync(stub, path);
  }
  mkdirSync(join(installed, "cli"));
  copyFileSync(here("./understudy.mjs"), join(installed, "cli", "understudy.mjs"));
  writeFileSync(join(installed, "package.json"), '{"type":"module","version":"1.2.3"}');
});
afterAll(() => rmSync(installed, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "understudy-pipes-"));
  workDir = mkdtempSync(join(tmpdir(), "understudy-project-"));
  command = `${process.execPath} ${join(installed, "cli", "understudy.mjs")}`;
});
afterEach(() => {
  if (lockHeld()) shell(`${command} down --data ${dataDir}`);
  for (const dir of [dataDir, workDir]) rmSync(dir, { recursive: true, force: true });
});

/** Not that of the npm that runs the tests. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/.test(name)));

function shell(script: string) {
  const options = { encoding: "utf8", timeout: ampleMs(60_000), cwd: workDir, env: ENV } as const;
  return spawnSync("bash", ["-c", script], options);
}

/** Runs it with nothing to read from. */
const begin = (script: string): void =>
  void spawn("bash", ["-c", script], { cwd: workDir, stdio: "ignore", env: ENV });

const up = () => `${command} up --data ${dataDir} --port 0 --regions a,b`;
const status = () => shell(`${command} status --data ${dataDir} --json`);
const lockHeld = () => existsSync(join(dataDir, "supervisor.lock"));
const supervisor = (): ProcessIdentity =>
  JSON.parse(readFileSync(join(dataDir, "supervisor.lock"), "utf8")) as ProcessIdentity;
const limit = { timeout: ampleMs(15_000) };
const serves = () => expect.poll(() => lockHeld() && status().status, limit).toBe(0);
const ends = (pid: number) => expect.poll(() => identify(pid), limit).toBeUndefined();

test.each([
  ["--help", 0],
  ["up --help", 0],
  ["--version", 0],
  ["status", 1],
  ["status --json", 1],
  ["no-such-command", 64],
  ["switchover", 64],
])("a closed pipe changes nothing of `understudy %s`", (words, expected) => {
  const whole = words.startsWith("status") ? `${words} --data ${dataDir}` : words;
  const both = shell(`${command} ${whole} 2>&1 | exec true; exit \${PIPESTATUS[0]}`);
  expect([both.status, both.stderr]).toEqual([expected, ""]);
  const one = shell(`${command} ${whole} | head -1; exit \${PIPESTATUS[0]}`);
  expect(one.status).toBe(expected);
  expect(one.stderr).not.toMatch(/EPIPE|^ {4}at /m);
});

test.skipIf(!existsSync("/dev/full"))("a result that cannot be kept is no success", () => {
  const kept = shell(`${command} --version > /dev/full`);
  expect([kept.status, kept.stderr]).toEqual([
    1,
    "understudy: standard output takes nothing (ENOSPC)\n",
  ]);
});

test("`up` goes on when nobody reads what it prints", async () => {
  begin(`${up()} 2>&1 | head -1`);
  await serves();
  const { pid } = supervisor();
  process.kill((JSON.parse(status().stdout) as { frontDoorPid: number }).frontDoorPid, "SIGKILL");
  // What it says of that end goes nowhere, and ends nothing.
  await expect.poll(() => status().stdout, limit).toContain('"state":"running"');
  expect(supervisor().pid).toBe(pid);
  process.kill(pid, "SIGTERM");
  await ends(pid);
  expect(lockHeld()).toBe(false);
});

const writeScript = (text: string): void => {
  const project = { name: "x", version: "1.0.0", private: true, scripts: { it: text } };
  writeFileSync(join(workDir, "package.json"), JSON.stringify(project));
};

test("`up &` in a script of npm goes on when the script has ended", async () => {
  writeScript(`${up()} > up.txt 2>&1 & sleep 1`);
  expect(shell("npm run --silent it").status).toBe(0);
  await serves();
  const { pid } = supervisor();
  const noticed = performance.now() + 1000;
  await expect.poll(() => performance.now() > noticed, limit).toBe(true);
  expect(identify(pid)).toBeDefined();
});

test.each([
  ["SIGTERM", "", "ignore"],
  ["SIGTERM", "true && ", "pipe"],
  ["SIGKILL", "true && ", "pipe"],
  ["SIGKILL", "", "ignore"],
] as const)(
  "`up` stops when its npm ends by %s (%j, input: %s), and says why",
  async (signal, before, input) => {
    writeScript(`${before}${up()} > up.txt 2>&1`);
    const npm = spawn("npm", ["run", "--silent", "it"], {
      cwd: workDir,
      stdio: [input, "ignore", "ignore"],
      env: ENV,
    });
    await serves();
    const { pid } = supervisor();
    npm.kill(signal);
    await ends(pid);
    expect(lockHeld()).toBe(false);
    const said = readFileSync(join(workDir, "up.txt"), "utf8");
    // A shell that has put `up` in its own place hands the signal on: then there is nothing to say.
    if (signal === "SIGKILL") expect(said).toContain("The npm that started this has ended");
  },
);

test("without a terminal a hang-up is not meant for it: nohup holds", async () => {
  begin(`exec nohup ${up()} > up.txt 2>&1`);
  await serves();
  const { pid } = supervisor();
  process.kill(pid, "SIGHUP");
  expect(status().status).toBe(0);
  expect(supervisor().pid).toBe(pid);
  process.kill(pid, "SIGTERM");
  await ends(pid);
});
