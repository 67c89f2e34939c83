/**
 * Under load, one voter after the other is taken away and comes back: the serving region must not
 * notice. Then the supervisor is killed and another one takes over. *composition*
 *
 *   node dist/bench/voters.js [ROUNDS] [TICKETS_PER_SECOND]
 *
 * A round: the witness is killed and comes back; the standby is killed and restarted; the witness's
 * directory is deleted while it is down; the standby's voter directory is deleted while it is down.
 * In each the epoch must stay, nothing acknowledged may be missing, and the longest pause is told.
 * Then the serving region is restarted, which takes an epoch and not more. At the end of a round
 * the supervisor is killed with -9; `up` on its directory goes on with every ticket and no lower
 * epoch.
 *
 * Exit status: 0 all of that, 1 not.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attachLocal, type OpenTarget } from "../targets/local/open.ts";
import { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import { ask, missingIn, signUp, until } from "../targets/local/tests/region-client.ts";
import { longestGapAfter, startTicketLoad } from "../targets/local/tests/ticket-load.ts";
import { VOTER_DIRECTORY } from "../targets/local/voter/genesis.ts";
import { mustMeasure } from "./measured.ts";
import { startUp, type Up } from "./up.ts";

const [rounds = "3", rate = "100"] = process.argv.slice(2);
const LIMIT_MS = 30_000;
/** So many tickets show that the load goes on after a step. */
const AFTER_EACH = 50;
/** What an answer may take from the region to here. */
const ON_ITS_WAY_MS = 100;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const failures: string[] = [];
const fail = (what: string): void => {
  failures.push(what);
  say(`FAILED: ${what}`);
};
const dataDir = mkdtempSync(join(tmpdir(), "understudy-voters-"));
const directory = new DataDirectory(dataDir);
let up: Up = await startUp(dataDir);
let target: OpenTarget = await attachLocal(dataDir);
const urlsNow = (): string[] => up.ready.regions.map(({ url }) => url ?? "");

interface View {
  readonly epoch: number;
  readonly serving: string;
}

async function settled(): Promise<View> {
  let view: View = { epoch: 0, serving: "" };
  await until(
    "one region serves and all are in sync",
    async () => {
      const answers = await Promise.all(
        urlsNow().map((url) => ask(url, "/routing/apps/tickets", { limitMs: 1_000 })),
      );
      const [one, ...others] = answers.filter(({ body }) => body.holdsLease);
      if (one === undefined || others.length > 0) return false;
      view = { epoch: one.body.epoch, serving: one.body.servingRegions[0] };
      return one.body.inSyncRegions.length === answers.length;
    },
    LIMIT_MS,
  );
  return view;
}

const token = await settled().then(() => signUp(urlsNow()[0] ?? "", "requester"));
const load = startTicketLoad({ token, urls: urlsNow, perSecond: Number(rate), name: "voters" });
const goesOn = async (): Promise<void> => {
  const size = load.acknowledged.length;
  await until("tickets go on", () => load.acknowledged.length > size + AFTER_EACH, LIMIT_MS);
};

/** `epochs`: by how many the epoch may grow. */
async function step(what: string, epochs: number, work: (view: View) => Promise<void>) {
  await goesOn();
  const before = await settled();
  const sinceMs = performance.now();
  await work(before);
  await goesOn();
  const after = await settled();
  const gapMs = longestGapAfter(load.acknowledged, sinceMs);
  const grown = after.epoch - before.epoch;
  say(`${what}: epoch ${before.epoch} -> ${after.epoch}, longest pause ${gapMs.toFixed(0)} ms`);
  if (grown < 0 || grown > epochs) fail(`${what}: the epoch grew by ${grown}, not ${epochs}`);
  if (epochs === 0 && after.serving !== before.serving) fail(`${what}: ${after.serving} serves`);
}

const standbyOf = ({ serving }: View): string =>
  up.ready.regions.find(({ id }) => id !== serving)?.id ?? "";

async function loseDisk(site: string, path: string): Promise<void> {
  await target.fault("kill", [site]);
  rmSync(path, { recursive: true });
  await goesOn();
  await target.fault("restart", [site]);
}

async function round(): Promise<void> {
  await step("witness killed and back", 0, async () => {
    const { witness } = await target.status();
    process.kill(witness?.pid ?? 0, "SIGKILL");
    await until("it is back", async () => {
      const now = (await target.status()).witness;
      return now?.up === true && now.pid !== witness?.pid;
    });
  });
  await step("standby killed and restarted", 0, async (view) => {
    await target.fault("kill", [standbyOf(view)]);
    await goesOn();
    await target.fault("restart", [standbyOf(view)]);
  });
  await step("witness's disk lost", 0, () =>
    loseDisk("witness", directory.siteDir("witness", "witness")),
  );
  await step("standby's voter's disk lost", 0, (view) => {
    const standby = standbyOf(view);
    return loseDisk(standby, join(directory.siteDir("region", standby), VOTER_DIRECTORY));
  });
  await step("serving region restarted", 2, (view) =>
    target.fault("restart", [view.serving]).then(() => undefined),
  );
  await step("supervisor killed, another one takes over", 4, async () => {
    process.kill(up.supervisorPid, "SIGKILL");
    await up.ended;
    up = await startUp(dataDir);
    target = await attachLocal(dataDir);
    say(`  up again after ${up.tookMs.toFixed(0)} ms`);
  });
}

try {
  for (let at = 1; at <= Number(rounds); at++) {
    say(`round ${at} of ${rounds}`);
    await round();
  }
  await load.stop();
  await settled();
  const { acknowledged, surprises } = load;
  mustMeasure("acknowledged tickets", acknowledged.length);
  say(`${acknowledged.length} acknowledged`);
  for (const surprise of surprises.slice(0, 5)) fail(surprise);
  let highest = { epoch: 0, at: 0 };
  for (const { epoch, at, id } of acknowledged) {
    const isLate = epoch < highest.epoch && at - highest.at > ON_ITS_WAY_MS;
    if (isLate) fail(`${id} was acknowledged in epoch ${epoch} after ${highest.epoch}`);
    if (epoch > highest.epoch) highest = { epoch, at };
  }
  for (const url of urlsNow()) {
    const missing = await missingIn(url, token, acknowledged);
    say(`missing in ${url}: ${missing.length}`);
    if (missing.length > 0) fail(`missing in ${url}: ${missing[0]}`);
  }
} catch (error) {
  fail((error as Error).message);
} finally {
  await up.stop();
  if (process.env["KEEP"] === undefined) rmSync(dataDir, { recursive: true, force: true });
  else say(`kept: ${dataDir}`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
