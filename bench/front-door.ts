/**
 * What the front door costs: latency added and throughput left, against the region itself and
 * against HAProxy where it is installed, in one run. *composition*
 *
 *   node dist/bench/front-door.js [--json]
 *
 * Region, front door and HAProxy are processes of their own; all share the machine with the load,
 * so only the ratios carry over to another machine. Rounds are interleaved and medians taken.
 * Latency is measured at a paced rate (64 connections together), throughput with each connection
 * sending its next request as soon as it has its answer.
 */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startFrontDoor } from "../targets/local/front-door/front-door.ts";
import { mustMeasure } from "./measured.ts";

const CONNECTIONS = 64;
const PACED_PER_SECOND = 2_000;
const ROUND_MS = 2_000;
const ROUNDS = 5;
const HAPROXY = "/usr/sbin/haproxy";
const ANSWER = JSON.stringify({
  items: Array.from({ length: 8 }, (_, id) => ({ id, title: "book" })),
});

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function serveRegion(): void {
  const record = { app: "tickets", version: 1, epoch: 1, phase: "serving", servingRegions: ["a"] };
  const server = createServer((request, response) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(ANSWER),
      "understudy-region": "a",
    };
    if (request.url === "/routing/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: record\ndata: ${JSON.stringify({ type: "record", app: record })}\n\n`);
      return;
    }
    request.resume();
    request.on("end", () => response.writeHead(200, headers).end(ANSWER));
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function serveDoor(regionPort: number): Promise<void> {
  const regions = [{ id: "a", url: `http://127.0.0.1:${regionPort}` }];
  const door = await startFrontDoor({ port: 0, regions });
  process.send?.(door.port);
}

function child(role: string, argument = ""): Promise<{ port: number; process: ChildProcess }> {
  // As the supervisor starts it; what profiles this process profiles that one as well.
  const execArgv = role === "door" ? ["--max-semi-space-size=32"] : [];
  const process = fork(fileURLToPath(import.meta.url), [role, argument], {
    execArgv: [...globalThis.process.execArgv, ...execArgv],
  });
  return new Promise((resolve, reject) => {
    process.once("message", (port) => resolve({ port: port as number, process }));
    process.once("exit", (code) => reject(new Error(`${role} ended with ${code}`)));
  });
}

async function startHaproxy(regionPort: number, directory: string) {
  const port = await freePort();
  const file = join(directory, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  maxconn 1000
  nbthread 1
defaults
  mode http
  option http-keep-alive
  http-reuse always
  option redispatch
  retries 2
  option forwardfor
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend door
  bind 127.0.0.1:${port}
  default_backend regions
backend regions
  server a 127.0.0.1:${regionPort}
`,
  );
  const process = spawn(HAPROXY, ["-f", file, "-db", "-q"], { stdio: "ignore" });
  for (let tries = 0; tries < 200 && !(await accepts(port)); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { port, process };
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createTcpServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** `intervalMs` 0: the next request follows the answer at once. */
function load(port: number, intervalMs: number): Promise<Measured> {
  const request = Buffer.from(
    "GET /tickets/api/tickets?limit=20 HTTP/1.1\r\nhost: 127.0.0.1\r\n" +
      "accept: application/json\r\n" +
      "user-agent: bench\r\nauthorization: Bearer 0123456789012345678901234567890123456789\r\n\r\n",
  );
  const took: number[] = [];
  const until = performance.now() + ROUND_MS;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let sentAt = 0;
      let answerBytes = 0;
      let got = 0;
      const send = (): void => {
        if (performance.now() >= until) {
          socket.destroy();
          return resolve();
        }
        sentAt = performance.now();
        got = 0;
        socket.write(request);
      };
      const next = (): void => {
        if (intervalMs === 0) send();
        else setTimeout(send, intervalMs * (0.5 + Math.random()));
      };
      socket.on("data", (chunk) => {
        if (got === 0) answerBytes = lengthOf(chunk);
        got += chunk.length;
        if (got < answerBytes) return;
        took.push(performance.now() - sentAt);
        next();
      });
      socket.on("connect", next).on("error", reject);
    });
  return Promise.all(Array.from({ length: CONNECTIONS }, one)).then(() => {
    took.sort((a, b) => a - b);
    const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
    return { perSecond: (took.length * 1000) / ROUND_MS, p50Ms: at(0.5), p99Ms: at(0.99) };
  });
}

/** Head and body of the answer that starts with this chunk. */
function lengthOf(chunk: Buffer): number {
  const head = chunk.indexOf("\r\n\r\n");
  const text = chunk.toString("latin1", 0, head);
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`unexpected answer: ${text}`);
  return head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  const region = await child("region");
  const door = await child("door", String(region.port));
  const haproxy = existsSync(HAPROXY) ? await startHaproxy(region.port, directory) : undefined;
  const targets: Record<string, number> = { direct: region.port, "front door": door.port };
  if (haproxy !== undefined) targets["haproxy"] = haproxy.port;
  const none = (): Record<string, Measured[]> =>
    Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  const paced = none();
  const full = none();
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, port] of Object.entries(targets)) {
      const slow = await load(port, (CONNECTIONS * 1000) / PACED_PER_SECOND);
      const fast = await load(port, 0);
      if (round < 0) continue;
      paced[name]?.push(slow);
      full[name]?.push(fast);
    }
  }
  for (const one of [door, region, haproxy]) one?.process.kill();
  rmSync(directory, { recursive: true });

  const rows = Object.keys(targets).map((name) => ({
    name,
    p50Ms: median((paced[name] ?? []).map((m) => m.p50Ms)),
    p99Ms: median((paced[name] ?? []).map((m) => m.p99Ms)),
    perSecond: median((full[name] ?? []).map((m) => m.perSecond)),
  }));
  for (const { name, perSecond } of rows) mustMeasure(`requests a second, ${name}`, perSecond);
  const [direct, own, peer] = rows;
  const result = {
    rows,
    addedMsP50: (own?.p50Ms ?? 0) - (direct?.p50Ms ?? 0),
    throughputOfDirect: (own?.perSecond ?? 0) / (direct?.perSecond ?? 1),
    ...(peer === undefined ? {} : { throughputOfHaproxy: (own?.perSecond ?? 0) / peer.perSecond }),
  };
  if (process.argv.includes("--json")) return console.log(JSON.stringify(result));
  for (const { name, p50Ms, p99Ms, perSecond } of rows) {
    const latency = `p50 ${p50Ms.toFixed(3)} ms  p99 ${p99Ms.toFixed(3)} ms at ${PACED_PER_SECOND}/s`;
    console.log(`${name.padEnd(12)} ${latency}   ${Math.round(perSecond)} requests/s at full load`);
  }
  console.log(`added by the front door: ${result.addedMsP50.toFixed(3)} ms at the median`);
  console.log(`throughput: ${result.throughputOfDirect.toFixed(2)} of direct`);
  if (result.throughputOfHaproxy !== undefined) {
    console.log(`throughput: ${result.throughputOfHaproxy.toFixed(2)} of HAProxy (one thread)`);
  }
}

const [, , role, argument] = process.argv;
// So that a profile of it is written (node --cpu-prof).
if (role !== undefined) process.on("SIGTERM", () => process.exit(0));
if (role === "region") serveRegion();
else if (role === "door") await serveDoor(Number(argument));
else await main();
