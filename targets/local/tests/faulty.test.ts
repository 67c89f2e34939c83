/** What an app's fault costs, and what a crash costs, with real regions. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundled } from "../link/bundled.mjs";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, until } from "./region-client.ts";

const deployments = useReal();
let configFile = "";

beforeAll(async () => {
  configFile = await bundled(fileURLToPath(new URL("faulty.test-program.mjs", import.meta.url)));
});
afterAll(() => rmSync(dirname(configFile), { recursive: true, force: true }));

const start = () =>
  deployments.start({ configFile, apps: ["faulty", "sound", "stepping", "identity"] });
const FAULTS = "throws forgotten timer immediate tick emitter later assertion nothing".split(" ");

async function statusOf(real: RealDeployment, id: string) {
  const found = (await real.running.status()).regions.find((region) => region.id === id);
  if (found === undefined) throw new Error(`no region ${id}`);
  return found;
}

async function counter(url: string, name: string): Promise<number> {
  const { body } = await ask(url, "/metrics");
  const line = String(body)
    .split("\n")
    .find((text) => text.startsWith(name));
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
}

const linesOf = (real: RealDeployment): string[] => {
  const logs = join(real.dataDir, "logs");
  return readdirSync(logs).flatMap((name) =>
    readFileSync(join(logs, name), "utf8").split("\n").filter(Boolean),
  );
};

test("a fault of an app's code costs its request, and no region's process", async () => {
  const real = await start();
  const url = await real.urlOf(A);
  const pids = [await real.pidOf(A), await real.pidOf(B)];
  for (const name of FAULTS) {
    const answer = await ask(url, `/faulty/api/${name}`);
    expect([name, answer.status, answer.body.type]).toEqual([
      name,
      500,
      "/problems/internal-error",
    ]);
  }
  for (const name of FAULTS) {
    expect([name, (await ask(url, `/faulty/api/${name}-after`)).status]).toEqual([name, 200]);
  }
  const atLeast = 2 * FAULTS.length;
  const metric = 'understudy_app_faults_total{app="faulty"';
  await until("every fault is counted", async () => (await counter(url, metric)) >= atLeast);
  expect(await counter(url, 'understudy_app_faults_total{app="sound"')).toBe(0);
  expect((await ask(url, "/sound/api/fine")).status).toBe(200);
  expect([await real.pidOf(A), await real.pidOf(B)]).toEqual(pids);
  expect((await statusOf(real, A)).crashes).toBe(0);
  await real.running.stop();
  const faults = linesOf(real).map((line) => JSON.parse(line));
  const told = faults.filter(({ event, app }) => event === "fault" && app === "faulty");
  for (const text of ["a forgotten await", "out of a timer", "out of a listener"]) {
    expect(told.some(({ error }) => error.includes(text) && error.includes("    at "))).toBe(true);
  }
});

test("what a takeover step leaves behind it costs no process either", async () => {
  const real = await start();
  const pid = await real.pidOf(B);
  expect((await real.command(A, "sound", "switchover", { to: B })).status).toBe(200);
  const url = await real.urlOf(B);
  const metric = 'understudy_app_faults_total{app="sound"';
  await until("the fault is counted", async () => (await counter(url, metric)) > 0);
  expect([await real.pidOf(B), (await statusOf(real, B)).crashes]).toEqual([pid, 0]);
});

test("a takeover step that fails leaves the app fenced with the reason, and unfence repeats it", async () => {
  const real = await start();
  expect((await real.command(A, "stepping", "switchover", { to: B })).status).toBe(200);
  const failed = { step: "fence-db", state: "failed", reason: "no replica here" };
  const view = async () => (await real.viewOf(B, "stepping")) ?? {};
  await until("the app is fenced", async () => (await view()).state === "fenced");
  expect(await view()).toMatchObject({ state: "fenced", takeover: failed });
  const url = await real.urlOf(B);
  const write = () => ask(url, "/stepping/api/writes", { method: "POST" });
  const refused = await write();
  expect([refused.status, refused.body.code]).toEqual([503, "fenced"]);
  expect(refused.body.detail).toContain("fence-db");
  expect((await real.command(B, "stepping", "unfence")).status).toBe(200);
  await until("the step is done", async () => (await view()).takeover === null);
  await until("writes are admitted", async () => (await write()).status === 204);
});

test("what crashes a region is not sent to a third, and the region is started again", async () => {
  const real = await start();
  const { frontDoor } = await real.running.status();
  const url = frontDoor ?? "";
  const answer = await ask(url, "/faulty/api/exit");
  expect([answer.status, answer.body.type]).toEqual([502, "/problems/bad-gateway"]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  for (const id of [A, B]) {
    await until(`${id} is up again`, async () => (await statusOf(real, id)).healthy);
    const { crashes, lastCrash } = await statusOf(real, id);
    expect([crashes, lastCrash?.reason]).toEqual([1, "status 3"]);
    expect(Date.parse(lastCrash?.at ?? "")).toBeGreaterThan(Date.now() - 60_000);
    const own = await real.urlOf(id);
    expect(await counter(own, "understudy_region_crashes_total")).toBe(1);
  }
  await until("the apps serve", async () => (await ask(url, "/faulty/api/fine")).status === 200);
});

test("a region that crashes by a signal comes back, and says how; one that is killed stays down", async () => {
  const real = await start();
  for (const [name, reason] of [
    ["abort", "SIGABRT"],
    ["segv", "SIGSEGV"],
  ] as const) {
    const pid = await real.pidOf(B);
    const url = await real.urlOf(B);
    await ask(url, `/faulty/api/${name}`).catch(() => undefined);
    await until(`${B} is up again`, async () => {
      const now = await statusOf(real, B);
      return now.healthy && now.pid !== pid;
    });
    expect((await statusOf(real, B)).lastCrash?.reason).toContain(reason);
  }
  const before = (await statusOf(real, B)).crashes;
  process.kill(await real.pidOf(B), "SIGTERM");
  await until(`${B} is down`, async () => !(await statusOf(real, B)).up);
  const down = await statusOf(real, B);
  expect([down.crashes, down.reason, down.restartsInMs]).toEqual([
    before,
    "killed from outside (SIGTERM)",
    undefined,
  ]);
});

test("every line of every log is one JSON object, whoever wrote it", async () => {
  const real = await start();
  await real.fault("kill", [B]);
  const url = await real.urlOf(A);
  await ask(url, "/faulty/api/abort").catch(() => undefined);
  await until(`${A} is up again`, async () => (await statusOf(real, A)).healthy);
  await real.running.stop();
  const entries = linesOf(real).map((line) => JSON.parse(line));
  expect(entries.length).toBeGreaterThan(10);
  for (const entry of entries) {
    expect([typeof entry.level, typeof entry.time, typeof entry.site]).toEqual([
      "number",
      "string",
      "string",
    ]);
  }
  expect(entries.some(({ msg }) => msg === "printed by an app\non two lines")).toBe(true);
});

test("an app whose routes cannot be made stops the start, with one clear message", async () => {
  const file = join(dirname(configFile), "broken.mjs");
  writeFileSync(
    file,
    `import shipped from "./main.mjs";
     const [identity, ...others] = shipped.apps;
     const broken = { ...others[0], id: "broken", api: () => { throw new Error("no key") } };
     export default { ...shipped, apps: [identity, broken, ...others] };`,
  );
  const attempt = deployments.start({ configFile: file });
  await expect(attempt).rejects.toThrow(
    /the api of the app broken cannot be made: got "Error: no key at .*broken\.mjs.*Correct defineApp/,
  );
});
