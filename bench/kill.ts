/**
 * Kills the serving region under load, again and again, and measures how long no write succeeds.
 * *composition*
 *
 *   node dist/bench/kill.js [KILLS] [TICKETS_PER_SECOND] [MODE]     MODE: kill, freeze
 *
 * A deployment of its own, real processes and disks, tickets straight to the regions over HTTP. Its
 * supervisor runs in this process: one more would add 10 ms to a gap on two cores. The region that
 * serves is ended by SIGKILL (or stopped by SIGSTOP); the gap is from the last acknowledgement
 * before to the first one after. Each victim is brought back and must be in sync again before the
 * next. At the end every acknowledged ticket is read in every region.
 *
 * Exit status: 0 nothing acknowledged is missing or there twice, 1 something is.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDeployment } from "../targets/local/supervisor/supervisor.ts";
import { ask, missingIn, signUp, until } from "../targets/local/tests/region-client.ts";
import { longestGapAfter, startTicketLoad } from "../targets/local/tests/ticket-load.ts";
import { mustMeasure } from "./measured.ts";

const [kills = "20", rate = "200", mode = "kill"] = process.argv.slice(2);
const program = (path: string): string =>
  fileURLToPath(new URL(`../targets/local/${path}`, import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "understudy-kill-"));
const deployment = await startDeployment({
  dataDir,
  programs: {
    region: program("region/main.js"),
    witness: program("voter/witness-main.js"),
    "front-door": program("front-door/main.js"),
  },
  httpPort: 0,
  log: (line) => process.stderr.write(`${line}\n`),
});
const regionsNow = async () => (await deployment.status()).regions;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function fault(kind: string, region: string): Promise<void> {
  const { control, operatorTokenFile } = await deployment.status();
  const token = readFileSync(operatorTokenFile, "utf8").trim();
  const body = { kind, regions: [region] };
  const answer = await ask(control, "/control/faults", {
    method: "POST",
    token,
    body,
    limitMs: 60_000,
  });
  if (answer.status >= 300) throw new Error(`${kind} ${region}: ${JSON.stringify(answer.body)}`);
}

let failed = false;
try {
  await deployment.whenServing(20_000);
  let urls = (await regionsNow()).map((region) => region.url ?? "");
  const token = await signUp(urls[0] ?? "", "requester");
  const isSettled = async (): Promise<boolean> => {
    const views = await Promise.all(urls.map((url) => ask(url, "/routing/apps/tickets")));
    const serving = views.filter(({ body }) => body.holdsLease);
    return serving.length === 1 && serving[0]?.body.inSyncRegions.length === urls.length;
  };
  await until("both regions are in sync", isSettled);
  const load = startTicketLoad({ token, urls: () => urls, perSecond: Number(rate), name: "kill" });
  const gaps: number[] = [];
  for (let kill = 1; kill <= Number(kills); kill++) {
    await until("both regions are in sync", isSettled);
    const size = load.acknowledged.length;
    await until("the load runs", () => load.acknowledged.length > size + Number(rate) / 2);
    const regions = await regionsNow();
    // On a busy machine a region may have fallen behind again: then there would be no candidate.
    await until("both regions are in sync", isSettled);
    const views = await Promise.all(urls.map((url) => ask(url, "/routing/apps/tickets")));
    const victim = regions[views.findIndex(({ body }) => body.holdsLease)];
    const pid = victim?.pid ?? undefined;
    if (victim === undefined || pid === undefined) throw new Error("nobody serves");
    const since = performance.now();
    const killedAt = Date.now();
    process.kill(pid, mode === "freeze" ? "SIGSTOP" : "SIGKILL");
    await until("another region acknowledges", () =>
      load.acknowledged.slice(-1).some(({ region }) => region !== victim.id),
    );
    const first = load.acknowledged.find((one) => one.at > since && one.region !== victim.id);
    const gap = longestGapAfter(load.acknowledged, since);
    gaps.push(gap);
    const afterMs = ((first?.at ?? Number.NaN) - since).toFixed(0);
    if (process.env["KEEP"] !== undefined) say(`at ${killedAt}`);
    say(`${mode} ${kill}: ${victim.id}, gap ${gap.toFixed(0)} ms, first after ${afterMs} ms`);
    if (mode === "freeze") process.kill(pid, "SIGCONT");
    else await fault("restart", victim.id);
    urls = (await regionsNow()).map((region) => region.url ?? "");
  }
  await load.stop();
  await until("both regions are in sync", isSettled);
  const { acknowledged, surprises } = load;
  mustMeasure("kills", gaps.length);
  mustMeasure("acknowledged tickets", acknowledged.length);
  gaps.sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)] ?? 0;
  say(`gap: median ${median.toFixed(0)} ms, worst ${(gaps.at(-1) ?? 0).toFixed(0)} ms`);
  say(`acknowledged: ${acknowledged.length} tickets; surprises: ${surprises.length}`);
  for (const surprise of surprises.slice(0, 5)) say(`  ${surprise}`);
  for (const url of urls) {
    const missing = await missingIn(url, token, acknowledged);
    say(`missing in ${url}: ${missing.length} ${missing.slice(0, 3).join(" ")}`);
    failed ||= missing.length > 0;
  }
  const ids = new Set(acknowledged.map(({ id }) => id));
  if (ids.size !== acknowledged.length) say(`ids: ${acknowledged.length - ids.size} twice`);
  failed ||= ids.size !== acknowledged.length;
} finally {
  await deployment.stop();
  if (process.env["KEEP"] === undefined) rmSync(dataDir, { recursive: true, force: true });
  else say(`kept: ${dataDir}`);
}
process.exitCode = failed ? 1 : 0;
