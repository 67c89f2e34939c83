/** The supervisor with real processes; a stub stands for what runs inside them. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProcessIdentity } from "./process-identity.ts";
import { identify, isAlive } from "./process-identity.ts";
import { buildStage, eventually, fault, regionOf, toldTo } from "./real-deployment.mjs";
import type { DeploymentStatus } from "./status.ts";
import { startDeployment } from "./supervisor.ts";

const A = "eu-west-1";
const B = "ap-southeast-1";
const stage = await buildStage();
const { up, optionsWith } = stage;
let dataDir = "";

beforeEach(() => {
  stage.begin();
  dataDir = stage.dataDir();
});
afterEach(() => stage.end());
afterAll(() => stage.strike());

function identityOf(pid: number | null): ProcessIdentity {
  const identity = identify(pid ?? 0);
  if (identity === undefined) throw new Error(`process ${pid} does not run`);
  return identity;
}

describe("a deployment", () => {
  test("starts a process for each region, the witness and the front door, which all know each other", async () => {
    const deployment = await up();
    await deployment.whenServing(10_000);
    const status = await deployment.status();
    expect(status.ready).toBe(true);
    expect(status.regions.map(({ id, up: isUp, healthy }) => [id, isUp, healthy])).toEqual([
      [A, true, true],
      [B, true, true],
    ]);
    const pids = [...status.regions.map((r) => r.pid), status.witness?.pid, status.frontDoorPid];
    expect(new Set(pids).size).toBe(4);
    expect(status.apps.map((app) => app.app)).toEqual(["demo"]);
    await eventually(async () =>
      expect(Object.keys((await toldTo(deployment, A)).peers?.peers ?? {}).sort()).toEqual([
        "front-door/1",
        `region/${B}`,
        `region/${A}`,
        `voter/${B}`,
        `voter/${A}`,
        "voter/witness",
      ]),
    );
  });

  test("gives each region an address of its own for life, with the front door's port for all", async () => {
    const first = await up({ hasLoopbackNetwork: true });
    const named = async (deployment: typeof first) => {
      const { frontDoor } = await deployment.status();
      const port = Number(new URL(frontDoor ?? "").port);
      return { port, names: (await toldTo(deployment, A)).peers?.names };
    };
    await eventually(async () => expect((await named(first)).names).toBeDefined());
    const { port, names } = await named(first);
    expect(names?.port).toBe(port);
    const addresses = Object.values(names?.addresses ?? {});
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^127\.(?!0\.)/);
    await first.stop();
    const again = await up({ hasLoopbackNetwork: true });
    await eventually(async () =>
      expect((await named(again)).names?.addresses).toEqual(names?.addresses),
    );
  });

  test("says so where all regions share one address", async () => {
    const deployment = await up({ hasLoopbackNetwork: false });
    await eventually(async () =>
      expect((await toldTo(deployment, A)).peers?.regions).toHaveLength(2),
    );
    expect((await toldTo(deployment, A)).peers?.names).toBeUndefined();
    expect((await deployment.status()).dns?.httpPort ?? null).toBeNull();
  });

  test("keeps its secrets readable for the owner only, and out of the arguments", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    const { pid } = regionOf(await deployment.status(), A);
    for (const name of ["operator-token", "deployment-secret", "deployment.json"]) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    }
    const args = existsSync("/proc") ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
    for (const name of ["operator-token", "deployment-secret"]) {
      expect(args).not.toContain(readFileSync(join(dataDir, name), "utf8").trim());
    }
  });

  test("stops every process cleanly, and keeps its regions and secrets for the next start", async () => {
    const first = await up({ regions: [{ id: A }, { id: B }, { id: "us-east-1" }] });
    const status = await first.status();
    const processes = [...status.regions.map((r) => r.pid), status.frontDoorPid].map(identityOf);
    const token = readFileSync(status.operatorTokenFile, "utf8");
    expect(status.witness).toBeNull();
    await first.stop();
    expect(processes.filter(isAlive)).toEqual([]);
    expect(readFileSync(join(dataDir, "regions", A, "stopped-cleanly"), "utf8")).toBe("1");
    const again = await up();
    const after = await again.status();
    expect(after.regions.map((r) => [r.id, r.incarnation])).toEqual([
      [A, 2],
      [B, 2],
      ["us-east-1", 2],
    ]);
    expect(readFileSync(after.operatorTokenFile, "utf8")).toBe(token);
  });

  test("refuses a second supervisor on its directory, and names the first one's pid", async () => {
    await up({ regions: [{ id: A }] });
    await expect(startDeployment(optionsWith())).rejects.toThrow(`process ${process.pid} runs it`);
  });

  test("refuses other regions than it has, and says how to change them", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    await deployment.stop();
    await expect(startDeployment(optionsWith({ regions: [{ id: B }] }))).rejects.toThrow(
      "understudy region add",
    );
    const anew = await up({ regions: [{ id: B }], reset: true });
    expect((await anew.status()).regions.map((r) => [r.id, r.incarnation])).toEqual([[B, 1]]);
  });

  test("keeps the word for its leases until another one is named", async () => {
    for (const [leases, expected] of [
      [undefined, "default"],
      ["calm", "calm"],
      [undefined, "calm"],
      ["default", "default"],
    ] as const) {
      const deployment = await up({ regions: [{ id: A }], ...(leases && { leases }) });
      expect((await toldTo(deployment, A)).config.leases).toBe(expected);
      await deployment.stop();
    }
  });

  test("refuses a directory that holds something else, and leaves it as it was", async () => {
    writeFileSync(join(dataDir, "thesis.txt"), "years of work");
    await expect(startDeployment(optionsWith({ reset: true }))).rejects.toThrow("not a deployment");
    expect(readFileSync(join(dataDir, "thesis.txt"), "utf8")).toBe("years of work");
  });

  test("refuses a port that is taken before it starts anything, and names it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const start = startDeployment(optionsWith({ httpPort: port }));
    await expect(start).rejects.toThrow(`port ${port} is already in use`);
    other.close();
    expect(existsSync(join(dataDir, "supervisor.lock"))).toBe(false);
    expect((await up({ httpPort: port })).isSeeded).toBe(false);
  });

  test("that cannot start one process starts none, and says why", async () => {
    const deployment = await up();
    const status = await deployment.status();
    await deployment.stop();
    writeFileSync(join(dataDir, "regions", B, "fail-to-start"), "");
    await expect(startDeployment(optionsWith())).rejects.toThrow("it was told to fail");
    rmSync(join(dataDir, "regions", B, "fail-to-start"));
    writeFileSync(join(dataDir, "regions", B, "crash-at-start"), "");
    await expect(startDeployment(optionsWith())).rejects.toThrow("a crash at the start");
    expect(status.regions.every((r) => identify(r.pid ?? 0) === undefined)).toBe(true);
    expect(existsSync(join(dataDir, "supervisor.json"))).toBe(false);
  });
});

describe("a supervisor that is killed", () => {
  test("takes its processes along within a second, and the next one takes over, frozen ones included", async () => {
    const supervisor = spawn(process.execPath, [stage.supervisorProgram, dataDir, stage.program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise<string>((resolve) =>
      supervisor.stdout.once("data", (d) => resolve(String(d))),
    );
    const status = JSON.parse(line) as DeploymentStatus;
    const [frozen, ...others] = [
      ...status.regions.map((region) => region.pid),
      status.witness?.pid ?? null,
      status.frontDoorPid,
    ].map(identityOf);
    process.kill(frozen?.pid ?? 0, "SIGSTOP");
    const killedAt = performance.now();
    supervisor.kill("SIGKILL");
    await eventually(() => expect(others.filter(isAlive)).toEqual([]));
    expect(performance.now() - killedAt).toBeLessThan(1000);
    const next = await up();
    expect(frozen !== undefined && isAlive(frozen)).toBe(false);
    expect(regionOf(await next.status(), A).incarnation).toBe(2);
  });
});

describe("a region's process", () => {
  test("that is killed from outside stays down, is told as dead, and comes back on demand at its address", async () => {
    const deployment = await up();
    const before = regionOf(await deployment.status(), A);
    process.kill(before.pid ?? 0, "SIGKILL");
    await eventually(async () =>
      expect((await toldTo(deployment, B)).died).toMatchObject([
        { region: A, incarnation: 1, genuine: true },
      ]),
    );
    const down = regionOf(await deployment.status(), A);
    expect([down.up, down.healthy, down.state, down.pid]).toEqual([false, false, "down", null]);
    expect((await fault(deployment, "restart", [A])).status).toBe(200);
    const after = regionOf(await deployment.status(), A);
    expect([after.up, after.healthy, after.incarnation, after.url]).toEqual([
      true,
      true,
      2,
      before.url,
    ]);
  });

  test("is dead before a killed one is reported, and never runs twice", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    const first = identityOf(regionOf(await deployment.status(), A).pid);
    const answers = await Promise.all([
      fault(deployment, "kill", [A]),
      fault(deployment, "restart", [A]),
      fault(deployment, "restart", [A]),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(isAlive(first)).toBe(false);
    const file = JSON.parse(readFileSync(join(dataDir, "supervisor.json"), "utf8")) as {
      children: (ProcessIdentity & { site: string })[];
    };
    expect(file.children.filter((child) => child.site === A).filter(isAlive)).toHaveLength(1);
  });

  test("that is frozen is neither up nor ended, and goes on when thawed", async () => {
    const deployment = await up();
    const { pid } = regionOf(await deployment.status(), B);
    expect((await fault(deployment, "freeze", [B])).status).toBe(200);
    const frozen = regionOf(await deployment.status(), B);
    expect([frozen.up, frozen.state, frozen.pid]).toEqual([false, "frozen", pid]);
    await fault(deployment, "heal");
    const thawed = regionOf(await deployment.status(), B);
    expect([thawed.up, thawed.healthy, thawed.pid]).toEqual([true, true, pid]);
  });

  test("that says how far its start is may start for longer than the limit", async () => {
    const deployment = await up({ startLimitMs: 4000 });
    await fault(deployment, "kill", [A]);
    writeFileSync(join(dataDir, "regions", A, "open-slowly"), "");
    const restarted = fault(deployment, "restart", [A]);
    const seen = new Set<string>();
    const isOver = restarted.then(() => true);
    while (!(await Promise.race([isOver, deployment.status().then(() => false)]))) {
      seen.add(regionOf(await deployment.status(), A).reason ?? "");
    }
    expect((await restarted).status).toBe(200);
    expect([...seen]).toContainEqual(expect.stringMatching(/^its process is starting: \d+ left$/));
    expect(regionOf(await deployment.status(), A).up).toBe(true);
  });

  test("whose health is broken is up and not healthy, until it is healed", async () => {
    const deployment = await up();
    await fault(deployment, "break-health", [A]);
    const broken = regionOf(await deployment.status(), A);
    expect([broken.up, broken.healthy, broken.reason]).toEqual([true, false, "broken"]);
    await fault(deployment, "heal", [A]);
    expect(regionOf(await deployment.status(), A).healthy).toBe(true);
  });

  test("that stands for the front door or the witness comes back by itself, at the same address", async () => {
    const deployment = await up();
    const before = await deployment.status();
    process.kill(before.frontDoorPid ?? 0, "SIGKILL");
    process.kill(before.witness?.pid ?? 0, "SIGKILL");
    await eventually(async () => {
      const after = await deployment.status();
      expect(after.frontDoorPid).not.toBe(before.frontDoorPid);
      expect(after.witness?.pid).not.toBe(before.witness?.pid);
      expect([after.ready, after.witness?.up, after.frontDoor]).toEqual([
        true,
        true,
        before.frontDoor,
      ]);
    });
  });
});
