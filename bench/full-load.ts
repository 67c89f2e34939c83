/**
 * As many writes as the machine takes, for minutes: does anybody take a busy region for a dead one?
 * *composition*
 *
 *   node dist/bench/full-load.js [SECONDS]
 *
 * Fifty users submit tickets, each as soon as the one before is acknowledged, so that the cores are
 * never idle. Every epoch but the first is a false failover. The suspicions that the regions'
 * voters had are counted as well, from the logs: those are hints that came to nothing.
 *
 * Exit status: 0 no failover and nothing missing, 1 otherwise.
 */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import { ask, signIn } from "../targets/local/tests/region-client.ts";
import { longestGapAfter, startTicketLoad } from "../targets/local/tests/ticket-load.ts";
import { openBench } from "./deployment.ts";
import { mustMeasure } from "./measured.ts";

const [seconds = "600"] = process.argv.slice(2);
/** More than it can take: each user then has one ticket under way all the time. */
const PER_SECOND = 50_000;
const TOLD_EVERY_S = 30;
const LOOKED_AT = 2_000;
const RENEWED_EVERY_S = 300;

const bench = await openBench();
const { say, fail, urls } = bench;
let { token } = bench;
/** Access tokens are good for ten minutes. */
const renewToken = async (): Promise<void> => {
  token = await signIn(urls[0] ?? "", "requester");
};
const epochs = async (): Promise<string> => {
  const { body } = await ask(urls[0] ?? "", "/routing/apps", { limitMs: 20_000 });
  return (body.items ?? body.apps ?? body)
    .map(({ app, epoch }: { app: string; epoch: number }) => `${app} ${epoch}`)
    .join(", ");
};
/** Since the load began: at the start, regions that are not there yet are suspected. */
function suspicionsSince(since: string): number {
  const directory = new DataDirectory(bench.target.dataDir);
  return ["eu-west-1", "ap-southeast-1"].reduce((count, region) => {
    const lines = readFileSync(directory.logFile(region), "utf8").split("\n");
    const told = lines.filter((line) => {
      return line.includes('"event":"suspicions"') && line.includes('"isSilent":true');
    });
    return count + told.filter((line) => (/"time":"([^"]+)"/.exec(line)?.[1] ?? "") > since).length;
  }, 0);
}

try {
  const before = await epochs();
  const since = new Date().toISOString();
  const load = startTicketLoad({
    get token() {
      return token;
    },
    urls: () => urls,
    perSecond: PER_SECOND,
    name: "full",
  });
  const begunMs = performance.now();
  for (let at = 0; at < Number(seconds); ) {
    at = Math.min(at + TOLD_EVERY_S, Number(seconds));
    const fromMs = performance.now();
    if (at % RENEWED_EVERY_S === 0) await renewToken();
    const size = load.acknowledged.length;
    await sleep(begunMs + at * 1000 - performance.now());
    const perSecond = (load.acknowledged.length - size) / ((performance.now() - fromMs) / 1000);
    const gapMs = longestGapAfter(load.acknowledged.slice(size), fromMs);
    say(`${at} s: ${perSecond.toFixed(0)} writes/s, longest pause ${gapMs.toFixed(0)} ms`);
  }
  await load.stop();
  const took = (performance.now() - begunMs) / 1000;
  const { acknowledged, surprises } = load;
  mustMeasure("acknowledged writes", acknowledged.length);
  const after = await epochs();
  const rate = (acknowledged.length / took).toFixed(0);
  say(`${acknowledged.length} writes in ${took.toFixed(0)} s, ${rate}/s`);
  say(`longest pause ${longestGapAfter(acknowledged, begunMs).toFixed(0)} ms`);
  say(`epochs before: ${before}; after: ${after}`);
  say(`suspicions of a silent region that came to nothing: ${suspicionsSince(since)}`);
  if (before !== after) fail(`a false failover: ${before} became ${after}`);
  for (const surprise of surprises.slice(0, 5)) fail(surprise);
  await bench.settled();
  await renewToken();
  // All were acknowledged by both; some are looked at one by one.
  const step = Math.max(1, Math.floor(acknowledged.length / LOOKED_AT));
  for (const url of urls) {
    for (let at = 0; at < acknowledged.length; at += step) {
      const one = acknowledged[at];
      const read = await ask(url, `/tickets/api/tickets/${one?.id}`, { token });
      if (read.status !== 200) fail(`missing in ${url}: ${one?.id} (${read.status})`);
    }
  }
} catch (error) {
  fail((error as Error).message);
} finally {
  await bench.close();
}
