/**
 * What is left of a region that is asked for more than it can do: goodput, latency, and how many
 * requests became of each. *composition*
 *
 *   node dist/bench/overload.js [--json]
 *
 * A front door of its own process stands before two regions; one is killed, and the survivor does
 * a fixed number of requests a second, whatever it is asked for. First its own maximum is measured
 * with as many users as it can bear, then three times that many requests arrive, and do not wait
 * for each other. A refused one is not sent again by its user: what arrives more than once was sent
 * again by the front door.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { startFrontDoor } from "../targets/local/front-door/front-door.ts";
import { mustMeasure } from "./measured.ts";

/** Of one request, one after the other. */
const WORK_MS = 4;
const USERS = 8;
const SPAN_MS = 5_000;
const OVERLOAD = 3;

interface Span {
  readonly goodPerSecond: number;
  readonly refusedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that the region got, for each that was begun. */
  readonly perRequest: number;
}

/** One request at a time: a region with a fixed maximum, whatever else the machine is doing. */
function serveRegion(): void {
  let got = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const record = {
    app: "tickets",
    version: 1,
    epoch: 1,
    phase: "serving",
    servingRegions: ["a", "b"],
  };
  const server = createServer((request, response) => {
    const { url = "" } = request;
    if (url === "/routing/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: record\ndata: ${JSON.stringify({ type: "record", app: record })}\n\n`);
      return;
    }
    if (!url.startsWith("/tickets/")) return void response.end("{}");
    got += 1;
    turn = turn.then(() => sleep(WORK_MS));
    void turn.then(() => response.end("done"));
  });
  process.on("message", () => {
    process.send?.(got);
    got = 0;
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function serveDoor(ports: string): Promise<void> {
  const regions = ports.split(",").map((port, n) => ({
    id: n === 0 ? "a" : "b",
    url: `http://127.0.0.1:${port}`,
  }));
  process.send?.((await startFrontDoor({ port: 0, regions })).port);
}

function child(role: string, argument = ""): Promise<{ port: number; process: ChildProcess }> {
  const process = fork(fileURLToPath(import.meta.url), [role, argument]);
  return new Promise((resolve) => {
    process.once("message", (port) => resolve({ port: port as number, process }));
  });
}

const countOf = (region: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    region.once("message", (got) => resolve(got as number));
    region.send("count");
  });

async function measure(
  pool: Pool,
  region: ChildProcess,
  run: (send: () => Promise<void>, until: number) => Promise<number>,
): Promise<Span> {
  await countOf(region);
  const took: number[] = [];
  let refused = 0;
  const send = async (): Promise<void> => {
    const from = performance.now();
    const { statusCode, body } = await pool.request({ method: "GET", path: "/tickets/x" });
    await body.dump();
    if (statusCode === 200) took.push(performance.now() - from);
    else refused += 1;
  };
  const begun = await run(send, performance.now() + SPAN_MS);
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
  const perSecond = (count: number): number => Math.round((count * 1_000) / SPAN_MS);
  return {
    goodPerSecond: perSecond(took.length),
    refusedPerSecond: perSecond(refused),
    p50Ms: Math.round(at(0.5)),
    p99Ms: Math.round(at(0.99)),
    perRequest: Math.round((100 * (await countOf(region))) / begun) / 100,
  };
}

async function main(): Promise<void> {
  const [a, b] = await Promise.all([child("region"), child("region")]);
  const door = await child("door", `${a.port},${b.port}`);
  const pool = new Pool(`http://127.0.0.1:${door.port}`, { connections: 4_000 });
  a.process.kill("SIGKILL");
  await sleep(1_000);
  const alone = await measure(pool, b.process, async (send, until) => {
    let begun = 0;
    const user = async (): Promise<void> => {
      while (performance.now() < until) {
        begun += 1;
        await send();
      }
    };
    await Promise.all(Array.from({ length: USERS }, user));
    return begun;
  });
  const over = await measure(pool, b.process, async (send, until) => {
    const from = performance.now();
    const open: Promise<void>[] = [];
    const rate = (alone.goodPerSecond * OVERLOAD) / 1_000;
    while (performance.now() < until) {
      while (open.length < (performance.now() - from) * rate) open.push(send());
      await sleep(2);
    }
    await Promise.all(open);
    return open.length;
  });
  for (const { process } of [b, door]) process.kill();
  await pool.destroy();
  const goodput = Math.round((100 * over.goodPerSecond) / alone.goodPerSecond) / 100;
  mustMeasure("requests served a second", Math.min(alone.goodPerSecond, over.goodPerSecond));
  const result = { alone, over, goodputOfItsMaximum: goodput };
  if (process.argv.includes("--json")) return console.log(JSON.stringify(result));
  const line = (name: string, span: Span): string =>
    `${name.padEnd(10)} ${span.goodPerSecond}/s served, ${span.refusedPerSecond}/s refused, ` +
    `p50 ${span.p50Ms} ms, p99 ${span.p99Ms} ms, ${span.perRequest} attempts per request`;
  console.log(line("alone", alone));
  console.log(line(`${OVERLOAD} x that`, over));
  console.log(`goodput under overload: ${goodput} of its own maximum`);
}

const [, , role, argument = ""] = process.argv;
if (role === "region") serveRegion();
else if (role === "door") await serveDoor(argument);
else await main();
