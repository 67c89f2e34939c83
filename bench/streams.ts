/**
 * What passes a front door while others behave badly. *composition*
 *
 *   node dist/bench/streams.js [--megabytes 2048] [--idle 10000] [--json]
 *
 * 1. A large download and a large upload, each through the front door, with its memory looked at.
 * 2. Idle connections, slow heads, slow bodies, half-open sockets and garbage; how long ordinary
 *    requests take meanwhile, against how long they took before.
 */

import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { startFrontDoor } from "../targets/local/front-door/front-door.ts";
import { mustMeasure } from "./measured.ts";

const CHUNK = Buffer.alloc(256 * 1024, 120);
const EACH = 200;

const valueOf = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

function serveRegion(): void {
  const server = createServer((request, response) => {
    const bytes = Number(/bytes=(\d+)/.exec(request.url ?? "")?.[1] ?? 0);
    let got = 0;
    request.on("data", (chunk: Buffer) => (got += chunk.length));
    request.on("end", () => {
      if (bytes === 0) return response.end(String(got));
      response.writeHead(200, { "content-length": bytes });
      let left = bytes;
      const more = (): void => {
        while (left > 0) {
          const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
          left -= chunk.length;
          // A write that the socket takes at once drains in the same turn; a region that reads from
          // a disk does not keep its loop from others until one client's buffers are full.
          if (!response.write(chunk)) return void response.once("drain", () => setImmediate(more));
        }
        response.end();
      };
      more();
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function serveDoor(port: string): Promise<void> {
  const regions = [{ id: "a", url: `http://127.0.0.1:${port}` }];
  process.send?.((await startFrontDoor({ port: 0, regions, follow: false })).port);
}

function child(role: string, argument = ""): Promise<{ port: number; process: ChildProcess }> {
  const process = fork(fileURLToPath(import.meta.url), [role, argument]);
  return new Promise((resolve) => {
    process.once("message", (port) => resolve({ port: port as number, process }));
  });
}

/** Resident memory, in MB; Linux only. */
const residentMb = (pid: number | undefined): number =>
  Math.round(
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
  );

async function passing(pid: number | undefined, work: Promise<unknown>): Promise<number> {
  let most = residentMb(pid);
  const look = setInterval(() => {
    most = Math.max(most, residentMb(pid));
  }, 50);
  await work;
  clearInterval(look);
  return most;
}

const download = (port: number, bytes: number): Promise<number> =>
  new Promise((resolve, reject) => {
    httpRequest({ port, path: `/tickets/x?bytes=${bytes}` }, (response) => {
      let got = 0;
      response.on("data", (chunk: Buffer) => (got += chunk.length));
      response.on("end", () => resolve(got)).on("error", reject);
    })
      .on("error", reject)
      .end();
  });

const upload = (port: number, bytes: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const chunks = function* () {
      for (let left = bytes; left > 0; left -= CHUNK.length)
        yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
    };
    const headers = { "content-length": bytes };
    const out = httpRequest({ port, path: "/tickets/x", method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(Number(text))).on("error", reject);
    });
    Readable.from(chunks()).pipe(out).on("error", reject);
  });

async function ordinary(
  port: number,
): Promise<{ p50Ms: number; p99Ms: number; failures: string[] }> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8 });
  const took: number[] = [];
  const failures: string[] = [];
  for (let at = 0; at < 1_000; at++) {
    const from = performance.now();
    const { statusCode, body } = await pool.request({ method: "GET", path: "/tickets/x" });
    const text = await body.text();
    took.push(performance.now() - from);
    if (statusCode !== 200) failures.push(`request ${at}: ${statusCode} ${text}`);
  }
  await pool.destroy();
  took.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((took[Math.floor(1_000 * share)] ?? 0) * 100) / 100;
  return { p50Ms: at(0.5), p99Ms: at(0.99), failures };
}

/** Opens bad clients, and keeps them bad. */
async function misbehave(port: number, idle: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const open = (text: string | Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => resolve()).on("data", () => undefined);
      socket.once("connect", () => {
        if (text.length > 0) socket.write(text);
        resolve();
      });
      sockets.push(socket);
    });
  for (let at = 0; at < idle; at += 100) {
    await Promise.all(Array.from({ length: Math.min(100, idle - at) }, () => open("")));
  }
  const garbage = Buffer.from(Array.from({ length: 400 }, (_, at) => (at * 37) % 256));
  for (let at = 0; at < EACH; at++) {
    await open("GET /tickets/x HTTP/1.1\r\nhost: x\r\nx-slow: ");
    await open("POST /tickets/x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nslow");
    await open("GET /tickets/x?bytes=50000000 HTTP/1.1\r\nhost: x\r\n\r\n");
    sockets.at(-1)?.pause();
    await open(garbage);
  }
  return sockets;
}

async function main(): Promise<void> {
  const megabytes = valueOf("--megabytes", 2_048);
  const idle = valueOf("--idle", 10_000);
  const region = await child("region");
  const door = await child("door", String(region.port));
  const { pid } = door.process;
  const before = await ordinary(door.port);
  const bytes = megabytes * 1024 * 1024;
  const restMb = residentMb(pid);
  const downMb = await passing(pid, download(door.port, bytes));
  const upMb = await passing(pid, upload(door.port, bytes));
  const sockets = await misbehave(door.port, idle);
  const open = sockets.filter((socket) => !socket.destroyed).length;
  const amid = await ordinary(door.port);
  for (const socket of sockets) socket.destroy();
  await sleep(500);
  const after = await ordinary(door.port);
  for (const { process } of [region, door]) process.kill();
  mustMeasure("bad connections", open);
  for (const { p50Ms } of [before, amid, after]) mustMeasure("ms a request", p50Ms, 0.001);
  const result = { megabytes, memoryMb: { restMb, downMb, upMb }, open, before, amid, after };
  if (process.argv.includes("--json")) return console.log(JSON.stringify(result));
  console.log(
    `memory: ${restMb} MB at rest, at most ${downMb} MB with ${megabytes} MB down, ${upMb} MB up`,
  );
  console.log(`ordinary requests, ${open} bad connections open:`);
  for (const [name, { p50Ms, p99Ms, failures }] of Object.entries({ before, amid, after })) {
    console.log(`  ${name.padEnd(7)} p50 ${p50Ms} ms  p99 ${p99Ms} ms  ${failures.length} failed`);
    for (const failure of failures) console.log(`    ${failure}`);
  }
}

const [, , role, argument = ""] = process.argv;
if (role === "region") serveRegion();
else if (role === "door") await serveDoor(argument);
else await main();
