/**
 * Kills the serving region under load, again and again, and measures how long no write succeeds.
 * *composition*
 *
 *   node dist/bench/kill.js [KILLS] [TICKETS_PER_SECOND] [MODE]     MODE: kill, freeze
 *
 * A deployment of its own, real processes and disks, tickets straight to the regions over HTTP. The
 * region that serves is ended by SIGKILL (or stopped by SIGSTOP); the gap is from the last
 * acknowledgement before to the first one after. Each victim is brought back and must be in sync
 * again before the next. At the end every acknowledged ticket is read in every region.
 *
 * Exit status: 0 nothing acknowledged is missing or there twice, 1 something is.
 */
import { missingIn, until } from "../targets/local/tests/region-client.ts";
import { longestGapAfter, startTicketLoad } from "../targets/local/tests/ticket-load.ts";
import { openBench } from "./deployment.ts";

const [kills = "20", rate = "200", mode = "kill"] = process.argv.slice(2);
const bench = await openBench();
const { target, urls, token, say, settled } = bench;
try {
  const load = startTicketLoad({ token, urls: () => urls, perSecond: Number(rate), name: "kill" });
  const gaps: number[] = [];
  for (let kill = 1; kill <= Number(kills); kill++) {
    await settled();
    const size = load.acknowledged.length;
    await until("the load runs", () => load.acknowledged.length > size + Number(rate) / 2);
    // On a busy machine a region may have fallen behind again: then there would be no candidate.
    await settled();
    const { id, pid } = await serving();
    const since = performance.now();
    const killedAt = Date.now();
    process.kill(pid, mode === "freeze" ? "SIGSTOP" : "SIGKILL");
    await until("another region acknowledges", () =>
      load.acknowledged.slice(-1).some(({ region }) => region !== id),
    );
    const first = load.acknowledged.find((one) => one.at > since && one.region !== id);
    const gap = longestGapAfter(load.acknowledged, since);
    gaps.push(gap);
    const afterMs = ((first?.at ?? Number.NaN) - since).toFixed(0);
    if (process.env["KEEP"] !== undefined) say(`at ${killedAt}`);
    say(`${mode} ${kill}: ${id}, gap ${gap.toFixed(0)} ms, first after ${afterMs} ms`);
    if (mode === "freeze") process.kill(pid, "SIGCONT");
    else await target.fault("restart", [id]);
  }
  await load.stop();
  await settled();
  const { acknowledged, surprises } = load;
  gaps.sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)] ?? 0;
  say(`gap: median ${median.toFixed(0)} ms, worst ${(gaps.at(-1) ?? 0).toFixed(0)} ms`);
  say(`acknowledged: ${acknowledged.length} tickets; surprises: ${surprises.length}`);
  for (const surprise of surprises.slice(0, 5)) say(`  ${surprise}`);
  for (const url of urls) {
    const missing = await missingIn(url, token, acknowledged);
    if (missing.length === 0) say(`missing in ${url}: none`);
    else bench.fail(`missing in ${url}: ${missing.length} ${missing.slice(0, 3).join(" ")}`);
  }
  const ids = new Set(acknowledged.map(({ id }) => id));
  if (ids.size !== acknowledged.length) {
    bench.fail(`${acknowledged.length - ids.size} tickets were acknowledged twice`);
  }
} finally {
  await bench.close();
}

async function serving(): Promise<{ readonly id: string; readonly pid: number }> {
  const { apps, regions } = await target.status();
  const id = apps.find(({ app }) => app === "tickets")?.servingRegions[0];
  const pid = regions.find((region) => region.id === id)?.pid;
  if (id === undefined || !pid) throw new Error("no region serves tickets");
  return { id, pid };
}
