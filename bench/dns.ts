/**
 * Questions a second that the DNS server answers, and whether the answers are right while the
 * state flips. *composition*
 *
 *   node dist/bench/dns.js [--json]
 *
 * The server is one process, so that it has one core at most; the load is two, of SOCKETS sockets
 * each with WINDOW questions under way. All share the machine: on two cores the load takes more
 * than its share, so the questions per second of the server's own processor time are told too.
 *
 * What is right is known without asking: the app moves to the other region every FLIP_MS of the
 * machine's monotonic clock, which all processes read alike. An answer must name a region that
 * served at some moment between question and answer. The echo is the floor: the same server, the
 * same sockets, the question sent back as it came.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { buildZone, type ZoneState } from "../layers/routing/dns-zone.ts";
import { startDnsServer } from "../targets/local/dns/server.ts";
import { listenUdp } from "../targets/local/dns/udp.ts";
import { mustMeasure } from "./measured.ts";

const CLIENTS = 2;
const SOCKETS = 8;
const WINDOW = 4;
const WARM_MS = 1_000;
const ROUND_MS = 3_000;
const ROUNDS = 5;
const FLIP_MS = 20;
/** A datagram may be lost: its place is given to a new question. */
const LOST_MS = 500;
const NAMES = ["tickets", "photos", "bookstore", "identity"] as const;
/** Bytes of a reply that holds one address: the address is its last four. */
const REGIONS = ["127.0.7.1", "127.0.7.2"] as const;

interface ClientResult {
  readonly answered: number;
  readonly wrong: number;
  readonly lost: number;
  /** A sample of at most 50,000. */
  readonly tookMs: readonly number[];
}

interface ServerReport {
  readonly port: number;
  readonly cpuMs: number;
}

/** What all processes of this machine agree on. */
const nowMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
const slotAt = (ms: number): number => Math.floor(ms / FLIP_MS);

function zoneOf(serving: number): ZoneState {
  const ids = ["eu-west-1", "ap-southeast-1"];
  return buildZone(
    { zone: "understudy.test", serverAddresses: ["127.0.0.1"] },
    {
      serial: serving,
      regions: ids.map((id, at) => ({ id, addresses: [REGIONS[at] ?? ""], healthy: true })),
      apps: NAMES.map((app) => ({ app, servingRegions: [ids[serving] ?? ""], regions: ids })),
    },
  );
}

async function serve(kind: string): Promise<void> {
  const zones = [zoneOf(0), zoneOf(1)] as const;
  const state = (): ZoneState => zones[slotAt(nowMs()) % 2 === 0 ? 0 : 1];
  const { port } =
    kind === "echo"
      ? await listenUdp("127.0.0.1", 0, (bytes) => bytes, console.error)
      : await startDnsServer({ host: "127.0.0.1", state });
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ port, cpuMs: (user + system) / 1_000 } satisfies ServerReport);
  });
  process.send?.({ port, cpuMs: 0 } satisfies ServerReport);
}

function questionOf(name: string): Buffer {
  const labels = [name, "understudy", "test"].flatMap((label) => [
    Buffer.from([label.length]),
    Buffer.from(label),
  ]);
  const header = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  const opt = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(header), ...labels, Buffer.from([0, 0, 1, 0, 1, ...opt])]);
}

/** One socket with its own window; ends after `untilMs`. */
function load(port: number, untilMs: number, isEcho: boolean, result: Tally): Promise<void> {
  const lookup: NonNullable<Parameters<typeof createSocket>[0] & object>["lookup"] = (
    address,
    _options,
    done,
  ) => done(null, address, 4);
  const socket: Socket = createSocket({ type: "udp4", lookup });
  const questions = NAMES.map(questionOf);
  const sentAt = new Map<number, number>();
  let next = 0;
  const send = (): void => {
    next = (next + 1) & 0xffff;
    const question = Buffer.from(questions[next % questions.length] ?? []);
    question.writeUInt16BE(next, 0);
    sentAt.set(next, nowMs());
    socket.send(question, port, "127.0.0.1");
  };
  return new Promise((resolve) => {
    socket.on("message", (reply) => {
      const id = reply.readUInt16BE(0);
      const at = sentAt.get(id);
      const got = nowMs();
      if (at === undefined) return;
      sentAt.delete(id);
      result.answered += 1;
      if (result.answered % 8 === 0 && result.tookMs.length < 50_000) result.tookMs.push(got - at);
      if (!isEcho && !isRight(reply, id, slotAt(at), slotAt(got))) result.wrong += 1;
      if (got < untilMs) send();
    });
    const watch = setInterval(() => {
      const now = nowMs();
      for (const [id, at] of sentAt) {
        if (now - at < LOST_MS) continue;
        sentAt.delete(id);
        result.lost += 1;
        if (now < untilMs) send();
      }
      if (now < untilMs || sentAt.size > 0) return;
      clearInterval(watch);
      socket.close(() => resolve());
    }, 50);
    socket.bind(0, "127.0.0.1", () => {
      for (let at = 0; at < WINDOW; at++) send();
    });
  });
}

interface Tally {
  answered: number;
  wrong: number;
  lost: number;
  tookMs: number[];
}

/** One answer, to the name that was asked, with an address that served meanwhile. */
function isRight(reply: Buffer, id: number, from: number, to: number): boolean {
  const name = NAMES[id % NAMES.length] ?? "";
  const isSound =
    reply.readUInt16BE(2) === 0x8500 &&
    reply.readUInt16BE(6) === 1 &&
    reply.toString("latin1", 13, 13 + name.length) === name;
  if (!isSound) return false;
  const optBytes = 11;
  const end = reply.length - optBytes;
  const address = reply.subarray(end - 4, end).join(".");
  for (let slot = from; slot <= to; slot++) if (address === REGIONS[slot % 2]) return true;
  return false;
}

async function runClient(port: number, kind: string): Promise<void> {
  process.on("message", async (durationMs: number) => {
    const result: Tally = { answered: 0, wrong: 0, lost: 0, tookMs: [] };
    const untilMs = nowMs() + durationMs;
    const all = Array.from({ length: SOCKETS }, () => load(port, untilMs, kind === "echo", result));
    await Promise.all(all);
    process.send?.(result satisfies ClientResult);
  });
  process.send?.("ready");
}

const start = (...words: string[]): ChildProcess => fork(fileURLToPath(import.meta.url), words);

function message<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a process ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (value) => {
      child.off("exit", onExit);
      resolve(value as Message);
    });
  });
}

interface Round {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  readonly wrong: number;
  readonly lost: number;
}

interface Side {
  readonly server: ChildProcess;
  readonly clients: readonly ChildProcess[];
}

async function startSide(kind: "dns" | "echo"): Promise<Side> {
  const server = start("serve", kind);
  const { port } = await message<ServerReport>(server);
  const clients = Array.from({ length: CLIENTS }, () => start("load", String(port), kind));
  await Promise.all(clients.map((client) => message(client)));
  return { server, clients };
}

async function round({ server, clients }: Side, durationMs: number): Promise<Round> {
  const cpu = async (): Promise<number> => {
    const report = message<ServerReport>(server);
    server.send("cpu");
    return (await report).cpuMs;
  };
  const cpuBefore = await cpu();
  const startedMs = nowMs();
  const results = clients.map((client) => message<ClientResult>(client));
  for (const client of clients) client.send(durationMs);
  const all = await Promise.all(results);
  const tookMs = Math.min(durationMs, nowMs() - startedMs);
  const cpuMs = (await cpu()) - cpuBefore;
  const sum = (of: (result: ClientResult) => number): number =>
    all.reduce((total, result) => total + of(result), 0);
  const sorted = all.flatMap((result) => result.tookMs).sort((a, b) => a - b);
  const answered = sum((result) => result.answered);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    perSecond: answered / (tookMs / 1_000),
    perCpuSecond: answered / (cpuMs / 1_000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    answered,
    wrong: sum((result) => result.wrong),
    lost: sum((result) => result.lost),
  };
}

function median(rounds: readonly Round[]): Round {
  const of = (key: keyof Round): number =>
    rounds.map((one) => one[key]).sort((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
  const total = (key: keyof Round): number => rounds.reduce((sum, one) => sum + one[key], 0);
  return {
    perSecond: Math.round(of("perSecond")),
    perCpuSecond: Math.round(of("perCpuSecond")),
    p50Ms: Number(of("p50Ms").toFixed(2)),
    p99Ms: Number(of("p99Ms").toFixed(2)),
    answered: total("answered"),
    wrong: total("wrong"),
    lost: total("lost"),
  };
}

async function main(): Promise<void> {
  const sides = { dns: await startSide("dns"), echo: await startSide("echo") };
  const rounds = { dns: [] as Round[], echo: [] as Round[] };
  try {
    for (const kind of ["dns", "echo"] as const) await round(sides[kind], WARM_MS);
    for (let at = 0; at < ROUNDS; at++) {
      for (const kind of ["dns", "echo"] as const) {
        rounds[kind].push(await round(sides[kind], ROUND_MS));
      }
    }
  } finally {
    for (const { server, clients } of Object.values(sides)) {
      for (const child of [server, ...clients]) child.kill();
    }
  }
  const [dns, echo] = [median(rounds.dns), median(rounds.echo)];
  mustMeasure("answers a second", Math.min(dns.perSecond, echo.perSecond));
  const ratio = Number((dns.perSecond / echo.perSecond).toFixed(2));
  if (process.argv.includes("--json")) return console.log(JSON.stringify({ dns, echo, ratio }));
  console.log(
    `${CLIENTS * SOCKETS} sockets, ${WINDOW} questions each, medians of ${ROUNDS} rounds`,
  );
  for (const [name, one] of Object.entries({ dns, echo })) {
    const { perSecond, perCpuSecond, p50Ms, p99Ms } = one;
    console.log(
      `${name.padEnd(5)} ${perSecond}/s, ${perCpuSecond} per second of its processor time, ` +
        `p50 ${p50Ms} ms, p99 ${p99Ms} ms, lost ${one.lost}`,
    );
  }
  console.log(`dns/echo ${ratio}; wrong answers ${dns.wrong} of ${dns.answered}`);
}

const [role, first = "", second = ""] = process.argv.slice(2);
if (role === "serve") await serve(first);
else if (role === "load") await runClient(Number(first), second);
else await main();
