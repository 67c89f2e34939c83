/**
 * One client hammers both regions directly while they are cut off, or frozen, and healed, again and
 * again: are there ever two that acknowledge, or a read answered as `current` by the old one?
 * *composition*
 *
 *   node dist/bench/two-writers.js [ROUNDS] [FAULTS]
 *     FAULTS: any of both,in,out,link,freeze, comma-separated, taken in turn; default both,in,out
 *
 * Writes and reads leave on a fixed schedule, to each region alike, whoever serves: 40 writes and
 * 20 reads a second each. A round breaks the region that serves, waits until the other one has
 * acknowledged (but for `link`, where nobody should notice), heals and waits until both are in
 * sync. `freeze` lasts 5 s. Judged from the answers alone: drill/checker/epochs.ts, and nothing
 * that the old region acknowledges after it has woken. At the end each acknowledged ticket is read
 * in each region.
 *
 * Exit status: 0 none of that happened and nothing is missing, 1 something did.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { checkEpochs } from "../drill/checker/epochs.ts";
import type { Operation } from "../drill/history.ts";
import { outcomeOf } from "../drill/workload/answers.ts";
import { type Door, openPlainDoor } from "../drill/workload/doors.ts";
import { missingIn, until } from "../targets/local/tests/region-client.ts";
import { openBench } from "./deployment.ts";
import { mustMeasure } from "./measured.ts";

const FAULTS = ["both", "in", "out", "link", "freeze"] as const;
type Fault = (typeof FAULTS)[number];

const WRITE_EVERY_MS = 25;
const READ_EVERY_MS = 50;
const FROZEN_MS = 5_000;
const HELD_MOST_MS = 400;
const PATIENCE_MS = 15_000;

const [rounds = "20", named = "both,in,out"] = process.argv.slice(2);
const faults = named.split(",").map((name): Fault => {
  const fault = FAULTS.find((one) => one === name);
  if (fault === undefined) throw new Error(`no fault ${name}; there are ${FAULTS.join(", ")}`);
  return fault;
});

const bench = await openBench();
const { token, say } = bench;
const operations: Operation[] = [];
const kept: { id: string; description: string }[] = [];
const lastBy = new Map<string, number>();
let number = 0;
let newest = "";

async function write(door: Door): Promise<void> {
  const startMs = performance.now();
  const one = ++number;
  const description = `A ticket of somebody who asks both regions, number ${one}`;
  const key = `both-${one}`;
  const path = "/tickets/api/tickets";
  const answer = await door.send({ method: "POST", path, token, body: { description }, key });
  const endMs = performance.now();
  const told = outcomeOf(answer, true);
  if (told.outcome === "ok" && "body" in answer) {
    const { region = "" } = told;
    newest = String(answer.body["id"]);
    kept.push({ id: newest, description });
    lastBy.set(region, endMs);
  }
  const head = { number: one, path: door.path, user: "both", dueMs: startMs, startMs, endMs };
  operations.push({ ...head, kind: "submit", ...told });
}

/** Of what was acknowledged last, which is the hardest to have. */
async function read(door: Door): Promise<void> {
  if (newest === "") return;
  const startMs = performance.now();
  const one = ++number;
  const path = `/tickets/api/tickets/${newest}`;
  const answer = await door.send({ method: "GET", path, token, consistency: "current" });
  const endMs = performance.now();
  const told = outcomeOf(answer, false);
  if (told.status === 404 && told.consistency === "current") {
    bench.fail(
      `${told.region} answered as current that ${path} is not there (epoch ${told.epoch})`,
    );
  }
  const head = { number: one, path: door.path, user: "both", dueMs: startMs, startMs, endMs };
  operations.push({ ...head, kind: "view-current", ...told });
}

async function servingOf(): Promise<{ serving: string; standby: string; pid: number }> {
  const { apps, regions } = await bench.target.status();
  const serving = apps.find(({ app }) => app === "tickets")?.servingRegions[0] ?? "";
  const standby = regions.find(({ id }) => id !== serving)?.id ?? "";
  return { serving, standby, pid: regions.find(({ id }) => id === serving)?.pid ?? 0 };
}

async function round(fault: Fault): Promise<string> {
  const { serving, standby, pid } = await servingOf();
  const { target } = bench;
  const sinceMs = performance.now();
  if (fault === "freeze") process.kill(pid, "SIGSTOP");
  else if (fault === "link") await target.fault("partition", [serving, standby]);
  else await target.fault("partition", [serving], { direction: fault });
  const who = fault === "link" ? serving : standby;
  try {
    await until(
      `${who} acknowledges (${fault} ${serving})`,
      () => (lastBy.get(who) ?? 0) > sinceMs + (fault === "link" ? 1_000 : 0),
      PATIENCE_MS,
    );
  } catch (error) {
    bench.fail((error as Error).message);
  }
  const tookMs = (lastBy.get(who) ?? Number.NaN) - sinceMs;
  const leftMs = fault === "freeze" ? sinceMs + FROZEN_MS - performance.now() : 0;
  await sleep(Math.max(leftMs, Math.random() * HELD_MOST_MS));
  const wokenMs = performance.now();
  if (fault === "freeze") process.kill(pid, "SIGCONT");
  else await target.fault("heal", []);
  await bench.settled();
  if (fault !== "link") judgeWoken(serving, wokenMs);
  return `${fault} ${serving}: ${who} after ${tookMs.toFixed(0)} ms`;
}

/** The old region is in sync again, and has not been given the app back. */
function judgeWoken(region: string, wokenMs: number): void {
  const late = operations.filter(
    (o) => o.region === region && o.kind === "submit" && o.outcome === "ok" && o.endMs > wokenMs,
  );
  const highest = operations.reduce((most, o) => Math.max(most, o.epoch ?? 0), 0);
  const wrong = late.filter((o) => (o.epoch ?? 0) < highest);
  for (const o of wrong) {
    bench.fail(`${region} acknowledged operation ${o.number} after it woke, in epoch ${o.epoch}`);
  }
}

try {
  const doors = bench.urls.map((url) => openPlainDoor(url));
  const open = new Set<Promise<void>>();
  const send = (work: Promise<void>): void => {
    const done: Promise<void> = work.finally(() => open.delete(done));
    open.add(done);
  };
  const timers = [
    setInterval(() => {
      for (const door of doors) send(write(door));
    }, WRITE_EVERY_MS),
    setInterval(() => {
      for (const door of doors) send(read(door));
    }, READ_EVERY_MS),
  ];
  await until("tickets are acknowledged", () => kept.length > 20);
  for (let at = 1; at <= Number(rounds); at++) {
    const fault = faults[(at - 1) % faults.length] ?? "both";
    say(`${at}: ${await round(fault)}`);
  }
  for (const timer of timers) clearInterval(timer);
  await Promise.all(open);
  for (const door of doors) door.close();
  await bench.settled();
  const { held, faults: found } = checkEpochs(operations, []);
  for (const { rule, what } of found) bench.fail(`${rule}: ${what}`);
  const reads = operations.filter((o) => o.kind === "view-current" && o.outcome === "ok").length;
  mustMeasure("acknowledged tickets", kept.length);
  mustMeasure("epochs", held.length);
  say(`${rounds} rounds, ${held.length} epochs, ${operations.length} requests to both regions`);
  say(`acknowledged: ${kept.length}; reads answered as current: ${reads}`);
  say(`two writers, late acknowledgements, stale current reads: ${found.length}`);
  for (const url of bench.urls) {
    const missing = await missingIn(url, token, kept);
    say(`missing in ${url}: ${missing.length}`);
    for (const one of missing.slice(0, 5)) bench.fail(`missing in ${url}: ${one}`);
  }
} catch (error) {
  bench.fail((error as Error).message);
} finally {
  await bench.close();
}
