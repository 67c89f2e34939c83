/** The command as it is installed, with real processes; a stub stands for what runs in the regions. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundled, createBundleFolder } from "../targets/local/link/bundled.mjs";
import { identify } from "../targets/local/supervisor/process-identity.ts";
import type { DeploymentStatus, ReadyLine } from "../targets/local/supervisor/status.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let installed = "";
let dataDir = "";
let workDir = "";
const children: ChildProcess[] = [];

/** Lays out what an installed package has: cli/understudy.mjs, dist and package.json. */
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
  writeFileSync(
    join(installed, "package.json"),
    JSON.stringify({ type: "module", version: "1.2.3" }),
  );
});
afterAll(() => rmSync(installed, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "understudy-cli-"));
  workDir = mkdtempSync(join(tmpdir(), "understudy-project-"));
});
afterEach(async () => {
  if (existsSync(join(dataDir, "supervisor.lock"))) await understudy("down", "--data", dataDir);
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const dir of [dataDir, workDir]) rmSync(dir, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function begin(...args: string[]) {
  const child = spawn(process.execPath, [join(installed, "cli", "understudy.mjs"), ...args], {
    cwd: workDir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (said.out += chunk));
  child.stderr.on("data", (chunk) => (said.err += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (status) => resolve({ status, ...said })),
  );
  return { child, said, ended };
}
const understudy = (...args: string[]): Promise<Ended> => begin(...args).ended;
const on = (...args: string[]) => understudy(...args, "--data", dataDir);

async function up(...args: string[]) {
  const started = begin("up", "--data", dataDir, "--port", "0", ...args);
  await expect.poll(() => started.said.out !== "" || started.child.exitCode !== null).toBe(true);
  if (started.said.out === "") throw new Error(`up ended: ${started.said.err}`);
  return { ...started, line: JSON.parse(started.said.out) as ReadyLine };
}
const status = async () => JSON.parse((await on("status", "--json")).out) as DeploymentStatus;

test("understudy front-door puts one more beside the first, until it is stopped", async () => {
  await up();
  const { child, said, ended } = begin("front-door", "--port", "0", "--json", "--data", dataDir);
  await expect.poll(() => said.out).toContain("\n");
  const { frontDoor } = JSON.parse(said.out) as { readonly frontDoor: string };
  const through = await fetch(`${frontDoor}/routing/apps`);
  expect(await through.json()).toMatchObject({ items: [{ app: "demo" }] });
  child.kill("SIGTERM");
  expect((await ended).status).toBe(0);
});

describe("understudy up", () => {
  test("says on standard output one JSON line, and nothing else, once everything serves", async () => {
    const { line, child, ended } = await up();
    expect(Object.keys(line)).toEqual(
      "ready frontDoor frontDoorPid console dns regions witness operatorTokenFile".split(" "),
    );
    expect(line.ready).toBe(true);
    expect(line.console).toBe(`${line.frontDoor}/console/`);
    expect(line.regions.map((region) => Object.keys(region))).toEqual([
      ["id", "url", "pid"],
      ["id", "url", "pid"],
    ]);
    expect(line.regions.map((region) => region.id)).toEqual(["eu-west-1", "ap-southeast-1"]);
    expect(statSync(line.operatorTokenFile).mode & 0o777).toBe(0o600);
    child.kill("SIGINT");
    const { status: exit, out, err } = await ended;
    expect([exit, out.trim().split("\n").length]).toEqual([0, 1]);
    expect(err).toContain("Start here");
    const pids = [line.frontDoorPid, line.witness?.pid, ...line.regions.map((r) => r.pid)];
    expect(pids.map((pid) => identify(pid ?? 0))).toEqual(pids.map(() => undefined));
  });

  test("is refused on a directory in use, and names the pid", async () => {
    const { child } = await up("--regions", "a");
    const second = await on("up", "--port", "0");
    expect([second.status, second.out]).toEqual([1, ""]);
    expect(second.err).toContain(`process ${child.pid} runs it`);
  });

  test("runs the config file of the directory it is typed in, and says so", async () => {
    const text = 'export default { regions: [{ id: "here" }], apps: [{ id: "notes" }] };';
    writeFileSync(join(workDir, "understudy.config.ts"), text);
    const { said, line } = await up();
    expect(line.regions.map((region) => region.id)).toEqual(["here"]);
    expect(said.err).toContain("understudy.config.ts");
    await on("down");
    const both = await on("up", "--port", "0", "--regions", "a,b");
    expect(both.status).toBe(64);
    expect(both.err).toContain("--regions and the config file exclude each other");
  });

  test("names a port that is taken, and the fix", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const { status: exit, err } = await on("up", "--port", String(port));
    other.close();
    expect(exit).toBe(1);
    expect(err).toContain(`port ${port} is already in use`);
    expect(err).toContain("--port 8080");
  });

  test("ends cleanly when it is stopped before it serves", async () => {
    const started = begin("up", "--data", dataDir, "--port", "0");
    await expect.poll(() => existsSync(join(dataDir, "supervisor.json"))).toBe(true);
    started.child.kill("SIGTERM");
    const { status: exit, err } = await started.ended;
    expect([exit, existsSync(join(dataDir, "supervisor.lock"))]).toEqual([1, false]);
    expect(err).toContain("Stopped before it served");
  });
});

describe("a command on a running deployment", () => {
  test("tells the status for people and for programs", async () => {
    const { line } = await up();
    const told = await status();
    expect(told.regions.map((r) => [r.id, r.url, r.pid, r.healthy, r.up])).toEqual(
      line.regions.map((r) => [r.id, r.url, r.pid, true, true]),
    );
    expect(told.apps).toMatchObject([{ app: "demo", state: "active", writesAtRisk: 0 }]);
    const { out } = await on("status");
    expect(out).toMatch(/eu-west-1 +running +pid \d+ +http:\S+ +healthy/);
    expect(out).toMatch(/demo +active +eu-west-1/);
  });

  test("breaks and heals on demand", async () => {
    await up();
    expect((await on("fault", "kill", "eu-west-1")).out).toContain("eu-west-1 is down");
    expect(
      (await on("fault", "slow", "eu-west-1,ap-southeast-1", "--delay", "200", "--loss", "0.1"))
        .status,
    ).toBe(0);
    const told = await status();
    expect(told.regions.map((region) => region.up)).toEqual([false, true]);
    const slow = { kind: "slow", fault: { delayMs: 200, loss: 0.1 } };
    expect(told.faults.find(({ kind }) => kind === "slow")).toMatchObject(slow);
    expect((await on("fault", "restart", "eu-west-1", "--json")).status).toBe(0);
    const overload = ["fault", "overload", "eu-west-1", "--share", "0.5"];
    expect((await on(...overload, "--duration", "2s", "--json")).status).toBe(0);
    expect((await on(...overload, "--duration", "1h")).err).toContain("from 0 to 600000");
    expect((await on("fault", "overload", "eu-west-1", "--share", "2")).status).toBe(64);
    await on("fault", "heal");
    const healed = await status();
    expect([healed.regions.map((region) => region.up), healed.faults]).toEqual([[true, true], []]);
  });

  test("moves an app over HTTP, with the operator's token, and prints the record", async () => {
    await up();
    const { status: exit, out } = await on(
      "switchover",
      "demo",
      "--to",
      "ap-southeast-1",
      "--reason",
      "planned",
      "--json",
    );
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      app: "demo",
      asked: { command: "switchover", to: "ap-southeast-1", reason: "planned", waitMs: 60_000 },
      authorized: true,
    });
    expect(JSON.parse((await on("fence", "--all", "--json")).out)).toMatchObject({
      items: [{ app: "demo" }],
    });
  });

  test("ends with 1 and the reason when it is refused, and with 2 when it cannot tell", async () => {
    await up();
    const refused = await on("failover", "refuses", "--json");
    expect([refused.status, JSON.parse(refused.out)]).toMatchObject([
      1,
      { type: "/problems/would-lose-data", exitStatus: 1 },
    ]);
    expect(refused.err).toContain("would lose 3 writes");
    expect((await on("failover", "unknown", "--json")).status).toBe(2);
    const silent = await on("failover", "silent", "--wait", "0s");
    expect([silent.status, silent.err]).toEqual([2, expect.stringContaining("no answer within")]);
  });

  test("goes to the next region when one answers that nothing was changed", async () => {
    await up();
    const { status: exit, out } = await on("fence", "first-refuses", "--json");
    expect([exit, JSON.parse(out)]).toMatchObject([0, { region: "ap-southeast-1" }]);
  });

  test("adds a region and removes it", async () => {
    await up("--regions", "a");
    expect((await on("region", "add", "b")).out).toContain("b is a member now");
    expect((await status()).regions.map((region) => region.id)).toEqual(["a", "b"]);
    expect((await on("region", "remove", "b")).status).toBe(0);
    const again = await on("region", "add", "b", "--json");
    expect([again.status, JSON.parse(again.out)]).toMatchObject([
      1,
      { fix: "Choose a new id, for example b-b." },
    ]);
  });

  test("stops it, and deletes its data only when told to", async () => {
    const { ended } = await up();
    expect((await on("down")).out).toContain("Stopped.");
    expect((await ended).status).toBe(0);
    expect(existsSync(join(dataDir, "deployment.json"))).toBe(true);
    expect((await on("down", "--delete-data")).status).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
    mkdirSync(dataDir);
  });

  test("says that nothing runs, and how to start it", async () => {
    const { status: exit, out, err } = await on("status", "--json");
    expect([exit, JSON.parse(out)]).toMatchObject([1, { type: "/problems/not-running" }]);
    expect(err).toContain("understudy up");
  });
});

describe("usage", () => {
  test.each([
    [["explode"], "unknown command 'explode'. See"],
    [["status", "--port", "1"], "unknown option '--port'. See"],
    [["up", "--port", "eighty"], "Give a number from 0 to 65535"],
    [["up", "--rtt", "far"], "--rtt"],
    [["up", "--config", "x.ts", "--regions", "a,b"], "exclude each other"],
    [["fence"], "one app or --all"],
    [["fence", "tickets", "--all"], "one app or --all"],
    [["failover", "tickets", "--wait", "soon"], "20s"],
    [["fault", "partition", "a", "--direction", "up"], "Use in, out or both"],
    [["fault", "kill"], "missing required argument"],
    [["region", "add"], "missing required argument"],
    [["drill", "--target", "moon"], "Use simulated or local"],
    [[], "Usage: understudy"],
  ])("that is wrong ends with 64 and says what is right: %j", async (args, says) => {
    const { status: exit, err, out } = await understudy(...args);
    expect([exit, out]).toEqual([64, ""]);
    expect(err).toContain(says);
  });

  test("is told for every command, with examples", async () => {
    const main = await understudy("--help");
    expect(main.status).toBe(0);
    for (const command of ["up", "failback", "fault", "region", "drill"]) {
      expect(main.out).toContain(command);
      const { status: exit, out } = await understudy(command, "--help");
      expect([exit, out]).toEqual([0, expect.stringContaining(`$ understudy ${command}`)]);
    }
    expect((await understudy("--version")).out).toBe("1.2.3\n");
  });

  test("a problem is one object on standard output with --json", async () => {
    const { status: exit, out } = await understudy("fence", "--json");
    expect([exit, JSON.parse(out)]).toMatchObject([
      64,
      { type: "/problems/usage", exitStatus: 64 },
    ]);
  });

  test("a drill lists its scenarios, and refuses at once what it cannot judge", async () => {
    const list = await understudy("drill", "--list");
    expect([list.status, list.out]).toEqual([0, expect.stringContaining("region-kill")]);
    writeFileSync(
      join(workDir, "understudy.config.ts"),
      'export default { regions: [{ id: "a" }], apps: [{ id: "notes" }] };',
    );
    for (const given of [[], ["--config", "understudy.config.ts"]]) {
      const drill = await understudy("drill", ...given, "--json");
      expect(drill.status).toBe(1);
      expect(drill.err).toContain("the drill's users work with the tickets app");
      expect(drill.err).toContain("notes");
      expect(JSON.parse(drill.out)).toMatchObject({ exitStatus: 1 });
    }
  });
});
