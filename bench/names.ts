/**
 * How soon a client that knows only a name is served again when its region is killed, while the DNS
 * server is under load. *composition*
 *
 *   node dist/bench/names.js [KILLS] [--json]
 *
 * A deployment of its own, real processes. CLIENTS plain clients, each with a stub resolver that
 * keeps an answer for its TTL, ask again and again for what the serving region alone answers with
 * 200. One more process asks the DNS server as fast as it can. The serving region is ended by
 * SIGKILL; detection is from the kill to the first answer of DNS that leads elsewhere, recovery
 * from the kill to a client's first success. Then the region is brought back, and the other is
 * the next.
 *
 * A DNS answer is wrong that is malformed, names neither of the two regions, or leads to the killed
 * one although it was asked for after another answer had led elsewhere.
 *
 * Exit status: 0 when every client recovered within detection plus two TTLs and no answer was
 * wrong, else 1.
 */

import { type ChildProcess, fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openLocal } from "../targets/local/open.ts";
import { until } from "../targets/local/tests/region-client.ts";
import {
  addressIn,
  createCachingClient,
  lookUp,
  questionOf,
} from "../targets/local/tests/stub-resolver.ts";
import { mustMeasure } from "./measured.ts";

const NAME = "tickets.understudy.test";
const PATH = "/health/tickets/serving";
const CLIENTS = 20;
const TTL_MS = 1_000;
const PAUSE_MS = 10;
const SOCKETS = 8;
const WINDOW = 4;
const LOST_MS = 500;
const BEFORE_MS = 1_500;
const AFTER_MS = 1_500;

interface Load {
  readonly port: number;
  readonly lost: string;
  readonly other: string;
  readonly durationMs: number;
}

interface LoadResult {
  readonly answered: number;
  readonly wrong: number;
  readonly unanswered: number;
  readonly perSecond: number;
}

/** What all processes of this machine agree on. */
const nowMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

async function ask(load: Load): Promise<LoadResult> {
  const { port, lost, other, durationMs } = load;
  const tally = { answered: 0, wrong: 0, unanswered: 0 };
  const begunMs = nowMs();
  const endMs = begunMs + durationMs;
  let ledElsewhereMs = Number.POSITIVE_INFINITY;
  const judge = (reply: Buffer, sentMs: number): void => {
    tally.answered += 1;
    const isSound = reply.readUInt16BE(2) === 0x8500;
    const address = isSound ? addressIn(reply)?.address : undefined;
    if (address === other) ledElsewhereMs = Math.min(ledElsewhereMs, nowMs());
    else if (address !== lost || sentMs > ledElsewhereMs) tally.wrong += 1;
  };
  const one = (): Promise<void> => {
    const socket = createSocket("udp4");
    const sent = new Map<number, number>();
    let id = 0;
    const send = (): void => {
      id = (id + 1) & 0xffff;
      sent.set(id, nowMs());
      socket.send(questionOf(NAME, id), port, "127.0.0.1");
    };
    return new Promise((resolve) => {
      socket.on("message", (reply) => {
        const key = reply.readUInt16BE(0);
        const sentMs = sent.get(key);
        if (sentMs === undefined) return;
        sent.delete(key);
        judge(reply, sentMs);
        if (nowMs() < endMs) send();
      });
      const watch = setInterval(() => {
        for (const [key, sentMs] of sent) {
          if (nowMs() - sentMs < LOST_MS) continue;
          sent.delete(key);
          tally.unanswered += 1;
          if (nowMs() < endMs) send();
        }
        if (nowMs() < endMs || sent.size > 0) return;
        clearInterval(watch);
        socket.close(() => resolve());
      }, 50);
      socket.bind(0, "127.0.0.1", () => {
        for (let at = 0; at < WINDOW; at++) send();
      });
    });
  };
  await Promise.all(Array.from({ length: SOCKETS }, one));
  return { ...tally, perSecond: Math.round(tally.answered / ((nowMs() - begunMs) / 1_000)) };
}

function message<Value>(child: ChildProcess): Promise<Value> {
  return new Promise((resolve, reject) => {
    child.once("message", (value) => resolve(value as Value));
    child.once("exit", (code) => reject(new Error(`the load ended with ${code}`)));
  });
}

interface Run {
  readonly detectionMs: number;
  readonly recoveriesMs: readonly number[];
  readonly load: LoadResult;
}

async function run(kills: number): Promise<Run[]> {
  const target = await openLocal({ log: (line) => process.stderr.write(`${line}\n`) });
  const child = fork(fileURLToPath(import.meta.url), ["load"]);
  const runs: Run[] = [];
  try {
    const { dns } = await target.status();
    if (dns === null || dns.httpPort === null) {
      throw new Error("regions have no addresses of their own on this machine");
    }
    const { port, httpPort } = dns;
    for (let kill = 0; kill < kills; kill++) {
      const { regions, apps } = await target.status();
      const hostOf = (id: string): string =>
        new URL(regions.find((region) => region.id === id)?.named ?? "").hostname;
      const lost = apps.find(({ app }) => app === "tickets")?.servingRegions[0] ?? "";
      const other = regions.find(({ id }) => id !== lost)?.id ?? "";
      const load: Load = {
        port,
        lost: hostOf(lost),
        other: hostOf(other),
        durationMs: BEFORE_MS + AFTER_MS + 2 * TTL_MS,
      };
      const loaded = message<LoadResult>(child);
      child.send(load);
      runs.push(await measure({ target, lost, load, httpPort, loaded }));
      await target.fault("restart", [lost]);
      await until("all is in sync again", async () => {
        const now = await target.status();
        return (
          now.regions.every(({ healthy }) => healthy) &&
          now.apps.every((app) => app.inSyncRegions.length === now.regions.length)
        );
      });
      const last = runs.at(-1);
      process.stderr.write(
        `kill ${kill + 1}: detected after ${Math.round(last?.detectionMs ?? 0)} ms, last client ` +
          `after ${Math.round(Math.max(...(last?.recoveriesMs ?? [])))} ms, ` +
          `${last?.load.perSecond} questions/s, ${last?.load.wrong} wrong\n`,
      );
    }
  } finally {
    child.kill();
    await target.stop();
  }
  return runs;
}

interface Scene {
  readonly target: Awaited<ReturnType<typeof openLocal>>;
  readonly lost: string;
  readonly load: Load;
  readonly httpPort: number;
  readonly loaded: Promise<LoadResult>;
}

async function measure({ target, lost, load, httpPort, loaded }: Scene): Promise<Run> {
  let killedMs = Number.POSITIVE_INFINITY;
  const client = async (at: number): Promise<number> => {
    await sleep((at * TTL_MS) / CLIENTS);
    const plain = createCachingClient(load.port, NAME, httpPort);
    let hasFailed = false;
    for (;;) {
      const answer = await plain.get(PATH).catch(() => undefined);
      const isGood = answer?.status === 200;
      if (!isGood && nowMs() >= killedMs) hasFailed = true;
      if (isGood && (hasFailed || nowMs() > killedMs + 1_000) && answer.address === load.other) {
        return nowMs() - killedMs;
      }
      await sleep(PAUSE_MS);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, at) => client(at)));
  await sleep(BEFORE_MS);
  const { regions } = await target.status();
  const pid = regions.find(({ id }) => id === lost)?.pid ?? 0;
  process.kill(pid, "SIGKILL");
  killedMs = nowMs();
  while ((await lookUp(load.port, NAME)).address !== load.other);
  const detectionMs = nowMs() - killedMs;
  return { detectionMs, recoveriesMs: await clients, load: await loaded };
}

const rounded = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
};

async function main(): Promise<void> {
  const runs = await run(Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? "10"));
  const detections = runs.map(({ detectionMs }) => detectionMs);
  const recoveries = runs.flatMap(({ recoveriesMs }) => recoveriesMs);
  const late = runs.flatMap(({ detectionMs, recoveriesMs }) =>
    recoveriesMs.filter((ms) => ms > detectionMs + 2 * TTL_MS),
  );
  const sum = (of: (load: LoadResult) => number): number =>
    runs.reduce((total, { load }) => total + of(load), 0);
  const perSecond = runs.map(({ load }) => load.perSecond);
  const report = {
    kills: runs.length,
    clients: recoveries.length,
    detectionMs: { median: rounded(detections, 0.5), worst: rounded(detections, 1) },
    recoveryMs: { median: rounded(recoveries, 0.5), worst: rounded(recoveries, 1) },
    laterThanTwoTtls: late.length,
    dns: {
      perSecond: { median: rounded(perSecond, 0.5), least: rounded(perSecond, 0) },
      answered: sum((load) => load.answered),
      wrong: sum((load) => load.wrong),
      unanswered: sum((load) => load.unanswered),
    },
  };
  mustMeasure("recoveries", report.clients);
  mustMeasure("answers", report.dns.answered);
  if (process.argv.includes("--json")) console.log(JSON.stringify(report));
  else console.dir(report);
  process.exitCode = late.length > 0 || report.dns.wrong > 0 ? 1 : 0;
}

if (process.argv[2] === "load") {
  process.on("message", async (load: Load) => process.send?.(await ask(load)));
} else {
  await main();
}
