/** The supervisor with real processes; a stub stands for what runs inside them. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { bundled } from "../link/bundled.mjs";
import type { ProcessIdentity } from "./process-identity.ts";
import { identify, isAlive } from "./process-identity.ts";
import type { DeploymentStatus } from "./status.ts";
import type { DeploymentOptions, RunningDeployment } from "./supervisor.ts";
import { startDeployment } from "./supervisor.ts";

const A = "eu-west-1";
const B = "ap-southeast-1";
let program = "";
let supervisorProgram = "";
let dataDir = "";
const running: RunningDeployment[] = [];
const logs: string[] = [];

beforeAll(async () => {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  program = await bundled(here("./stub-child.test-program.mjs"));
  supervisorProgram = await bundled(here("./supervisor.test-program.mjs"));
}, 60_000);
afterAll(() => {
  for (const file of [program, supervisorProgram])
    rmSync(dirname(file), { recursive: true, force: true });
});
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "understudy-supervisor-"));
  logs.length = 0;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((deployment) => deployment.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

const optionsWith = (more: Partial<DeploymentOptions> = {}): DeploymentOptions => ({
  dataDir,
  programs: { region: program, witness: program, "front-door": program },
  httpPort: 0,
  log: (line) => void logs.push(line),
  ...more,
});

async function up(more: Partial<DeploymentOptions> = {}): Promise<RunningDeployment> {
  const deployment = await startDeployment(optionsWith(more));
  running.push(deployment);
  return deployment;
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

interface Told {
  readonly config: { readonly joining: boolean };
  readonly pid: number;
  readonly peers?: { readonly peers: Record<string, unknown> };
  readonly faults: Record<string, { in?: object; out?: object }>;
  readonly died: readonly { region: string; incarnation: number; genuine: boolean }[];
  readonly healthBroken: boolean;
  readonly members: readonly object[];
}

const regionOf = (status: DeploymentStatus, id: string) => {
  const region = status.regions.find((candidate) => candidate.id === id);
  if (region === undefined) throw new Error(`no region ${id}`);
  return region;
};
async function toldTo(deployment: RunningDeployment, id: string): Promise<Told> {
  const { url } = regionOf(await deployment.status(), id);
  return (await (await fetch(`${url}/told`)).json()) as Told;
}

async function control(
  deployment: RunningDeployment,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
) {
  const { control: url, operatorTokenFile } = await deployment.status();
  const bearer = token ?? readFileSync(operatorTokenFile, "utf8").trim();
  const response = await fetch(`${url}/control/${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const fault = (deployment: RunningDeployment, kind: string, regions: string[] = [], options = {}) =>
  control(deployment, "POST", "faults", { kind, regions, options });

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
    const supervisor = spawn(process.execPath, [supervisorProgram, dataDir, program], {
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
  }, 30_000);
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

describe("a partition", () => {
  const cut = { in: { drop: true }, out: { drop: true } };

  test("of one region is told to every site, and healed for every site", async () => {
    const deployment = await up();
    await fault(deployment, "partition", [A]);
    await eventually(async () => {
      expect((await toldTo(deployment, A)).faults).toEqual({
        [B]: cut,
        witness: cut,
        "front-door": cut,
      });
      expect((await toldTo(deployment, B)).faults).toEqual({ [A]: cut });
    });
    expect((await deployment.status()).faults).toHaveLength(1);
    await fault(deployment, "heal");
    await eventually(async () => expect((await toldTo(deployment, A)).faults).toEqual({}));
  });

  test("hides a death from the other side until it is healed", async () => {
    const deployment = await up({ regions: [{ id: A }, { id: B }, { id: "us-east-1" }] });
    await fault(deployment, "partition", [A, B]);
    await fault(deployment, "kill", [A]);
    await eventually(async () =>
      expect((await toldTo(deployment, "us-east-1")).died).toHaveLength(1),
    );
    expect((await toldTo(deployment, B)).died).toEqual([]);
    await fault(deployment, "heal");
    await eventually(async () => expect((await toldTo(deployment, B)).died).toHaveLength(1));
  });

  test("is in force for a region that restarts during it", async () => {
    const deployment = await up();
    await fault(deployment, "partition", [B], { direction: "in" });
    await fault(deployment, "restart", [B]);
    expect((await toldTo(deployment, B)).faults[A]).toEqual({ in: { drop: true } });
  });
});

describe("control", () => {
  test("refuses whoever does not show the operator's token", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "GET", "status", undefined, "guess")).status).toBe(401);
    expect((await control(deployment, "GET", "status")).status).toBe(200);
  });

  test("names what is wrong with a fault, and the fix", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    const answers = [
      await fault(deployment, "explode", [A]),
      await fault(deployment, "kill", ["mars"]),
      await fault(deployment, "slow", [A], { loss: 2 }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400]);
    expect(answers.map((answer) => answer.body["fix"])).toEqual([
      expect.stringContaining("partition"),
      expect.stringContaining(A),
      expect.stringContaining("from 0 to 1"),
    ]);
    await fault(deployment, "kill", [A]);
    expect((await fault(deployment, "freeze", [A])).body["detail"]).toContain("fault restart");
  });

  test("stops the deployment", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "POST", "stop")).status).toBe(202);
    await deployment.stopped;
    expect(existsSync(join(dataDir, "supervisor.lock"))).toBe(false);
  });

  test("adds a region, with a witness where the voters would be even, and removes one", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "POST", "regions", { id: B })).status).toBe(200);
    const two = await deployment.status();
    expect([two.regions.map((r) => [r.id, r.up]), two.witness?.up]).toEqual([
      [
        [A, true],
        [B, true],
      ],
      true,
    ]);
    expect((await toldTo(deployment, A)).members).toEqual([
      { change: "add", site: B },
      { change: "add", site: "witness" },
    ]);
    expect((await toldTo(deployment, B)).config.joining).toBe(true);
    expect((await control(deployment, "DELETE", `regions/${B}`)).status).toBe(200);
    const one = await deployment.status();
    expect([one.regions.map((r) => r.id), one.witness]).toEqual([[A], null]);
    const back = await control(deployment, "POST", "regions", { id: B });
    expect([back.status, back.body["fix"]]).toEqual([400, "Choose a new id."]);
    const last = await control(deployment, "DELETE", `regions/${A}`);
    expect([last.status, last.body["fix"]]).toEqual([
      400,
      expect.stringContaining("understudy down"),
    ]);
  });

  test("takes back a region that the voters refuse", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    writeFileSync(join(dataDir, "regions", A, "refuse-members"), "");
    const refused = await control(deployment, "POST", "regions", { id: B });
    expect([refused.status, refused.body["detail"]]).toEqual([409, "it was told to refuse"]);
    expect((await deployment.status()).regions.map((r) => r.id)).toEqual([A]);
  });
});
