/** Two regions and a witness as real processes, on real disks and sockets, through HTTP. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { must } from "../../../base/assert.ts";
import { identify, isAlive } from "../supervisor/process-identity.ts";
import { SupervisedChild } from "../supervisor/supervised-child.ts";
import { VOTER_DIRECTORY } from "../voter/genesis.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { type Answer, ask, missingIn, signUp, submitTicket, until } from "./region-client.ts";
import { longestGapAfter, startTicketLoad, type TicketLoad } from "./ticket-load.ts";

const real = useReal();
let deployment: RealDeployment;
let token = "";
let loads: TicketLoad[] = [];

beforeEach(async () => {
  deployment = await real.start();
  token = await signUp(await deployment.urlOf(A), "requester");
});
afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  loads = [];
});

async function startLoad(name: string): Promise<TicketLoad> {
  const urls = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const load = startTicketLoad({ token, urls: () => urls, perSecond: 100, name });
  loads.push(load);
  await until("tickets are acknowledged", () => load.acknowledged.length > 20);
  return load;
}

const acknowledgedIn = (load: TicketLoad, region: string): number =>
  load.acknowledged.filter((one) => one.region === region).length;

/** In each epoch one region acknowledges, whatever moved and however often. */
function epochsWithTwoWriters(load: TicketLoad): number[] {
  const writers = new Map<number, string>();
  const twice = load.acknowledged.filter(({ epoch, region }) => {
    const writer = writers.get(epoch) ?? region;
    writers.set(epoch, writer);
    return writer !== region;
  });
  return twice.map(({ epoch }) => epoch);
}

/** A busy machine may make a region fall behind: the command is then refused, and given again. */
async function commandDone(region: string, command: string, body: object = {}) {
  let last: Answer | undefined;
  await until(`${command} is done`, async () => {
    last = await deployment.command(region, "tickets", command, body);
    return last.status === 200;
  });
  return must(last, "it was done").body;
}

test("a ticket that is acknowledged in one region is read in the other", async () => {
  const [a, b] = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const made = await submitTicket(a, token, "The printer prints in one region only");
  expect(made.status).toBe(201);
  const receipt = made.headers.get("understudy-receipt") ?? "";
  const headers = { "understudy-session": receipt };
  const read = await ask(b, `/tickets/api/tickets/${made.body.id}`, { token, headers });
  expect([read.status, read.body.description]).toEqual([200, made.body.description]);
  expect(read.headers.get("understudy-region")).toBe(B);
  expect(read.headers.get("understudy-consistency")).toBe("stale");
  const refused = await submitTicket(b, token, "This region does not serve the app");
  expect([refused.status, refused.body.code, refused.body.servingRegion]).toEqual([
    503,
    "not-serving",
    A,
  ]);
});

test("when the serving region is killed the other one acknowledges, and nothing acknowledged is lost", async () => {
  const load = await startLoad("kill");
  const since = performance.now();
  process.kill(await deployment.pidOf(A), "SIGKILL");
  await until("the other region acknowledges", () => acknowledgedIn(load, B) > 50);
  const gapMs = longestGapAfter(load.acknowledged, since);
  process.stdout.write(`kill -9 under load: no acknowledgement for ${gapMs.toFixed(0)} ms\n`);
  await deployment.fault("restart", [A]);
  await load.stop();
  expect(load.surprises).toEqual([]);
  await until("both are in sync again", () => deployment.isSettled("tickets"));
  for (const region of [A, B]) {
    expect(await missingIn(await deployment.urlOf(region), token, load.acknowledged)).toEqual([]);
  }
  expect(epochsWithTwoWriters(load)).toEqual([]);
});

test("a region that was frozen and wakes acknowledges nothing", async () => {
  const load = await startLoad("freeze");
  const pid = await deployment.pidOf(A);
  const a = await deployment.urlOf(A);
  process.kill(pid, "SIGSTOP");
  const sleeping = Array.from({ length: 10 }, (_, number) =>
    submitTicket(a, token, `Said to a region that sleeps: ${number}`),
  );
  await until("the other region acknowledges", () => acknowledgedIn(load, B) > 20);
  process.kill(pid, "SIGCONT");
  const answers = await Promise.all(sleeping);
  expect(answers.filter(({ status }) => status < 500)).toEqual([]);
  await until("both are in sync again", () => deployment.isSettled("tickets"));
  await load.stop();
  expect(load.surprises).toEqual([]);
  expect(epochsWithTwoWriters(load)).toEqual([]);
  expect(await missingIn(a, token, load.acknowledged)).toEqual([]);
});

test("a process whose directory has a newer process ends when it wakes", async () => {
  const pid = await deployment.pidOf(A);
  const zombie = identify(pid);
  process.kill(pid, "SIGSTOP");
  const { directory } = deployment.running;
  const second = new SupervisedChild({
    entry: deployment.programs.region,
    logFile: join(deployment.dataDir, "logs", "second.log"),
    printedFile: join(deployment.dataDir, "logs", "second-printed"),
    startLimitMs: 10_000,
    config: {
      role: "region",
      site: A,
      address: `region/${A}`,
      voterAddress: `voter/${A}`,
      deploymentId: "test",
      dataDir: directory.siteDir("region", A),
      secretHex: directory.secretHex(),
      operatorToken: directory.operatorToken(),
      regions: [{ id: A }, { id: B }],
      witness: true,
      joining: false,
      host: "127.0.0.1",
      httpPort: 0,
      control: { host: "127.0.0.1", port: 0 },
      faults: {},
      healthBroken: false,
      holdsTakeovers: false,
      leases: "default",
      crashes: 0,
    },
  });
  try {
    await second.whenReady();
    process.kill(pid, "SIGCONT");
    await until("the older process has ended", () => zombie !== undefined && !isAlive(zombie));
    expect(second.hasExited).toBe(false);
  } finally {
    await second.stop(2000);
  }
});

test("a witness that was killed votes again after its start, also when a region is lost then", async () => {
  const load = await startLoad("witness");
  const before = await deployment.witnessPid();
  process.kill(before, "SIGKILL");
  await until("it is started again", async () => {
    const now = await deployment.witnessPid();
    return now !== 0 && now !== before;
  });
  const count = load.acknowledged.length;
  await until("tickets are acknowledged", () => load.acknowledged.length > count + 20);
  process.kill(await deployment.pidOf(A), "SIGKILL");
  await until("the other region acknowledges", () => acknowledgedIn(load, B) > 20);
});

test("a voter that lost its directory votes again under a new id", async () => {
  await deployment.fault("kill", [B]);
  const site = deployment.running.directory.siteDir("region", B);
  rmSync(join(site, VOTER_DIRECTORY), { recursive: true });
  await deployment.fault("restart", [B]);
  await until("both are in sync again", () => deployment.isSettled("tickets"));
  // Opened and closed: the version was 1.
  const changed = /"event":"members","version":3,"open":false/;
  const log = deployment.running.directory.logFile(B);
  await until("its new id is a member", () => changed.test(readFileSync(log, "utf8")));
  const witness = await deployment.witnessPid();
  process.kill(witness, "SIGSTOP");
  try {
    // Without the witness, two of three are needed: the new voter is one of them.
    await until("the fence has a majority", async () => {
      const fenced = await deployment.command(A, "tickets", "fence");
      return fenced.status === 200 && fenced.body.phase === "fenced";
    });
  } finally {
    process.kill(witness, "SIGCONT");
  }
});

test("a serving region that lost its whole disk takes nothing with it, and is rebuilt", async () => {
  const load = await startLoad("disk");
  await deployment.fault("kill", [A]);
  const log = deployment.running.directory.logFile(A);
  const linesBefore = readFileSync(log, "utf8").length;
  rmSync(deployment.running.directory.siteDir("region", A), { recursive: true });
  await deployment.fault("restart", [A]);
  await until("the other region acknowledges", () => acknowledgedIn(load, B) > 20);
  await until("both are in sync again", () => deployment.isSettled("tickets"));
  expect(readFileSync(log, "utf8").slice(linesBefore)).toContain("its incarnation is taken");
  await load.stop();
  await until("nothing is missing where the disk was lost", async () => {
    return (await missingIn(await deployment.urlOf(A), token, load.acknowledged)).length === 0;
  });
  expect(epochsWithTwoWriters(load)).toEqual([]);
});

test("operators move, fence and return an app from any region, and lose nothing", async () => {
  const load = await startLoad("move");
  const moved = await commandDone(B, "switchover", { to: B, reason: "a rehearsal" });
  expect([moved.servingRegions, moved.state]).toEqual([[B], "failover"]);
  await until("the target acknowledges", () => acknowledgedIn(load, B) > 20);
  const back = await commandDone(B, "failback");
  expect([back.servingRegions, back.state]).toEqual([[A], "active"]);
  await until("the primary acknowledges", () =>
    load.acknowledged.some(({ region, epoch }) => region === A && epoch >= back.epoch),
  );
  const fenced = await commandDone(B, "fence", { reason: "a rehearsal" });
  expect(fenced.state).toBe("fenced");
  const refused = await submitTicket(await deployment.urlOf(A), token, "Nobody may write now");
  expect([refused.status, refused.body.code]).toEqual([503, "fenced"]);
  await commandDone(A, "unfence");
  await load.stop();
  expect(load.surprises).toEqual([]);
  for (const region of [A, B]) {
    expect(await missingIn(await deployment.urlOf(region), token, load.acknowledged)).toEqual([]);
  }
  const journal = await ask(await deployment.urlOf(B), "/routing/journal?app=tickets");
  const causes: string[] = journal.body.items.map((entry: { cause: string }) => entry.cause);
  const asked = ["create", "switchover", "failback", "fence", "unfence"];
  expect(causes.filter((cause) => asked.includes(cause))).toEqual([
    "unfence",
    "fence",
    "failback",
    "switchover",
    "create",
  ]);
});
