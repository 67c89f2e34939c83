/** What a link tells of a process that is killed or stopped: with real processes. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ampleMs } from "../tests/limits.ts";
import { bundled } from "./bundled.mjs";
import type { Link, PeerState } from "./link.ts";
import { createLink } from "./link.ts";

const SECRET_HEX = "00112233445566778899aabbccddeeff";
const PEER = "region/ap-southeast-1";
const children: ChildProcess[] = [];
const links: Link[] = [];

let linkModule = "";

const peerProgram = () => `
  import { createLink } from ${JSON.stringify(pathToFileURL(linkModule).href)};
  const link = await createLink({
    address: "${PEER}", incarnation: 1, secret: Buffer.from("${SECRET_HEX}", "hex"),
  });
  let bytes = 0, peak = 0;
  link.onMessage((from, message) => {
    if (!message.fill) return link.send(from, { echo: message, bytes, peak });
    bytes += message.fill.length;
    peak = Math.max(peak, process.memoryUsage().rss);
  });
  process.on("message", (peers) => link.setPeers(peers));
  process.on("disconnect", () => process.exit());
  process.send({ host: link.host, port: link.port });
`;

beforeAll(async () => {
  linkModule = await bundled(fileURLToPath(new URL("./link.ts", import.meta.url)));
});

afterAll(() => rmSync(dirname(linkModule), { recursive: true, force: true }));

afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function withPeerProcess() {
  const child = spawn(process.execPath, ["--input-type=module", "-e", peerProgram()], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(child);
  const endpoint = await new Promise<{ host: string; port: number }>((resolve) =>
    child.once("message", (message) => resolve(message as { host: string; port: number })),
  );
  const link = await createLink({
    address: "region/eu-west-1",
    incarnation: 1,
    secret: Buffer.from(SECRET_HEX, "hex"),
    log: () => undefined,
  });
  links.push(link);
  const news: { state: PeerState; at: number }[] = [];
  link.onPeer((_peer, state) => news.push({ state, at: performance.now() }));
  link.setPeers({ [PEER]: endpoint });
  child.send({ [link.address]: { host: link.host, port: link.port } });
  await expect.poll(() => news.map((n) => n.state)).toEqual(["up"]);
  return { child, link, news, endpoint };
}

test("a killed process is told as down, and as refused after two refusals", async () => {
  const { child, news } = await withPeerProcess();
  const killedAt = performance.now();
  child.kill("SIGKILL");
  const states = () => news.map(({ state }) => state);
  await expect.poll(states, { interval: 1 }).toEqual(["up", "down", "refused"]);
  // Generous: the point is that it is no time-out of seconds. Measured: about 3 ms and 14 ms.
  expect((news[2]?.at ?? Infinity) - killedAt).toBeLessThan(1000);
});

test("a link in a worker thread answers while the main thread of its process is busy", async () => {
  const program = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(pathToFileURL(linkModule).href)}).then(async ({ createLink }) => {
      const secret = Buffer.from("${SECRET_HEX}", "hex");
      const link = await createLink({ address: "voter/eu-west-1", incarnation: 1, secret });
      const asks = setInterval(() => link.send("${PEER}", "from the worker"), 5);
      link.onMessage(() => {
        clearInterval(asks);
        Atomics.store(new Int32Array(shared), 0, 1);
        Atomics.notify(new Int32Array(shared), 0);
      });
      let shared;
      parentPort.on("message", (message) => {
        shared = message.shared;
        link.setPeers({ "${PEER}": message.peer });
      });
      parentPort.postMessage({ host: link.host, port: link.port });
    });
  `;
  const { child, link, endpoint } = await withPeerProcess();
  const worker = new Worker(program, { eval: true });
  const self = await new Promise((resolve) => worker.once("message", resolve));
  child.send({ [link.address]: { host: link.host, port: link.port }, "voter/eu-west-1": self });
  const shared = new SharedArrayBuffer(4);
  worker.postMessage({ shared, peer: endpoint });
  // Blocks this thread: only the worker can be the one that talks to the peer.
  expect(Atomics.wait(new Int32Array(shared), 0, 0, ampleMs(10_000))).not.toBe("timed-out");
  await worker.terminate();
});

test("a stopped process gives no event, and goes on when it is continued", async () => {
  const { child, link, news } = await withPeerProcess();
  const echoes: unknown[] = [];
  link.onMessage((_from, message) => echoes.push((message as { echo: unknown }).echo));
  const echoed = () => {
    link.send(PEER, "ping");
    return echoes.length;
  };
  await expect.poll(echoed).toBeGreaterThan(0);
  child.kill("SIGSTOP");
  link.send(PEER, "while stopped");
  child.kill("SIGCONT");
  await expect.poll(() => echoes).toContain("while stopped");
  expect(news.map((n) => n.state)).toEqual(["up"]);
});

test("a hundred megabytes go through in bounded memory on both ends", async () => {
  const { link } = await withPeerProcess();
  const partBytes = 256 * 1024;
  const parts = 400;
  const limitBytes = 2 * 1024 * 1024;
  let mostQueued = 0;
  const rssBefore = process.memoryUsage().rss;
  let rssPeak = rssBefore;
  for (let part = 0; part < parts; part++) {
    link.send(PEER, { fill: new Uint8Array(partBytes).fill(part & 255) });
    mostQueued = Math.max(mostQueued, link.queuedBytes(PEER));
    rssPeak = Math.max(rssPeak, process.memoryUsage().rss);
    await link.whenBelow(PEER, limitBytes);
  }
  let answer: { bytes: number; peak: number } | undefined;
  link.onMessage((_from, message) => (answer = message as { bytes: number; peak: number }));
  const arrived = () => {
    link.send(PEER, "done");
    return answer?.bytes;
  };
  await expect.poll(arrived).toBe(parts * partBytes);
  expect(mostQueued).toBeLessThan(limitBytes + 2 * partBytes);
  expect(rssPeak - rssBefore).toBeLessThan(90 * 1024 * 1024);
  expect(answer?.peak).toBeLessThan(220 * 1024 * 1024);
});
