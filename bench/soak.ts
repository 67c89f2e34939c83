/**
 * Whether stores stay as large as they are: keyed writes for ten days, on the real engine, in two
 * regions. *composition*
 *
 *   node dist/bench/soak.js [WRITES]        default 1,000,000; 200,000 at least
 *
 * The regions' cores, their network and the wall clock are those of the simulated world, the stores
 * are LMDB on disk with its write-ahead log. A tenth of the writes is a day, so a tenth of them has
 * a key that still counts. Every write has a key and replaces one of ROWS rows; of each tenth row
 * comes one that expires within the day. Ten times it prints the sizes; it fails when they go on
 * growing after the third day, or when fewer writes were acknowledged than were asked for.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { tupleRange } from "../layers/key-value/key.ts";
import type { MemoryEngine } from "../layers/key-value/memory-engine.ts";
import type { Write } from "../layers/key-value/port.ts";
import { IDEMPOTENCY } from "../layers/region/platform-tables.ts";
import { type LmdbEngine, openLmdbEngine } from "../targets/local/lmdb-engine.ts";
import {
  APP,
  appOptions,
  checked,
  ITEMS,
  PASSING,
  withPassing,
} from "../targets/simulated/setting.ts";
import { World } from "../targets/simulated/world.ts";
import { mustMeasure } from "./measured.ts";

const [asked = "1000000"] = process.argv.slice(2);
const WRITES = Math.max(200_000, Number(asked));
const DAY = Math.round(WRITES / 10);
const DAY_MS = 24 * 60 * 60 * 1000;
/** The wall clock jumps so often a day, and after each jump the voters grant new leases. */
const JUMPS = 10;
const ROWS = 1000;
/** 2,000 writes a second. */
const WRITES_A_TICK = 20;
const TICK_MS = 10;
/** The real disk is waited for once in so many ticks. */
const SETTLED_EVERY = 10;
/** What a size may differ from that of the third day. */
const MOST_GROWTH = 1.25;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A real store under a site of the simulated world, to which everything is on disk at once. */
function underSite(engine: LmdbEngine): MemoryEngine {
  const listeners: ((sequence: number) => void)[] = [];
  let flushed = engine.sequence;
  const site = {
    get: (key: string) => engine.get(key),
    range: (range: Parameters<LmdbEngine["range"]>[0]) => engine.range(range),
    transact: <Result>(body: Parameters<LmdbEngine["transact"]>[0]) =>
      engine.transact(body) as Result,
    get sequence() {
      return engine.sequence;
    },
    get flushedSequence() {
      return flushed;
    },
    incarnation: engine.incarnation,
    onFlushed: (listener: (sequence: number) => void) => listeners.push(listener),
    flush: (sequence = engine.sequence) => {
      flushed = sequence;
      for (const listener of listeners) listener(sequence);
    },
    onSuperseded: () => {},
    reopen: () => site,
  };
  return site as unknown as MemoryEngine;
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

interface Sizes {
  readonly diskBytes: number;
  readonly heapBytes: number;
  readonly keys: number;
  readonly tombstones: number;
  readonly entries: number;
}

const scratch = mkdtempSync(join(tmpdir(), "understudy-soak-"));
const regions = ["a", "b"];
const folders = regions.map((region) => join(scratch, region));
const engines = await Promise.all(folders.map((path) => openLmdbEngine({ path })));
const app = withPassing(appOptions(regions, "active-passive", "replicated", 2, DAY));
const world = new World({ seed: 1, regions, apps: [app] });
for (const [at, region] of regions.entries()) {
  world.node(region).engine = underSite(engines[at] as LmdbEngine);
}

async function settle(): Promise<void> {
  for (const engine of engines) while (engine.flushedSequence < engine.sequence) await turn();
}

const sizeOf = (engine: LmdbEngine, ...prefix: [string, ...string[]]): number => {
  let count = 0;
  for (const _ of engine.range(tupleRange(...prefix))) count++;
  return count;
};

function measure(at: number): Sizes {
  const engine = engines[at] as LmdbEngine;
  collectGarbage();
  return {
    diskBytes: bytesIn(folders[at] as string),
    heapBytes: process.memoryUsage().heapUsed,
    keys: sizeOf(engine, "i", APP, IDEMPOTENCY),
    tombstones: sizeOf(engine, "t", APP),
    entries: sizeOf(engine, "l", APP),
  };
}

let acknowledged = 0;
let sent = 0;
let waiting = 0;
let ticks = 0;
const again: number[] = [];

function write(number: number): void {
  const second = world.node("a").instant().wall / 1000;
  const item = { id: `row-${number % ROWS}`, value: `${number} ${"x".repeat(100)}` };
  const writes: Write[] = [{ kind: "put", table: ITEMS, item }];
  if (number % 10 === 0) {
    const passing = { id: `passing-${number}`, until: second + 3600 };
    writes.push({ kind: "put", table: PASSING, item: passing });
  }
  const idempotency = {
    scope: `user-${number % 97}`,
    key: `key-${number.toString(36)}`,
    requestHash: "h".repeat(43),
    response: { status: 201, body: { id: item.id, text: "y".repeat(200) } },
  };
  waiting++;
  const isTaken = world.app("a", APP)?.write(
    [
      {
        writes: checked(...writes),
        idempotency,
        answer: ({ kind }) => {
          waiting--;
          if (kind === "ok") acknowledged++;
          else again.push(number);
        },
      },
    ],
    world.node("a").instant(),
  );
  if (isTaken === true) return;
  waiting--;
  again.push(number);
}

function moveClocks(): void {
  for (const node of world.nodes.values()) node.clocks.offsetMs += DAY_MS / JUMPS;
}

const told: Sizes[] = [];
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;

async function day(): Promise<void> {
  const target = acknowledged + DAY;
  let jumpAt = acknowledged + DAY / JUMPS;
  while (acknowledged < target) {
    for (let at = 0; at < WRITES_A_TICK && waiting < 5000; at++) write(again.pop() ?? sent++);
    world.app("a", APP)?.endTurn(world.node("a").instant());
    world.advance(TICK_MS);
    if (acknowledged >= jumpAt) {
      jumpAt += DAY / JUMPS;
      moveClocks();
    }
    if (++ticks % SETTLED_EVERY === 0) await settle();
  }
}

try {
  world.start();
  if (world.until(() => world.holders(APP)[0] === "a", 10_000) === undefined) {
    throw new Error("the simulated regions did not start");
  }
  const startedAt = performance.now();
  process.stdout.write(
    "    writes    disk of a    disk of b         heap      keys  tombstones  log entries\n",
  );
  for (let number = 1; number <= 10; number++) {
    await day();
    const [first, second] = [measure(0), measure(1)];
    told.push({ ...first, diskBytes: Math.max(first.diskBytes, second.diskBytes) });
    const counts = `${String(first.keys).padStart(8)}  ${String(first.tombstones).padStart(10)}`;
    process.stdout.write(
      `${String(acknowledged).padStart(10)}   ${mb(first.diskBytes)}   ${mb(second.diskBytes)}` +
        `   ${mb(first.heapBytes)}  ${counts}  ${String(first.entries).padStart(11)}\n`,
    );
  }
  mustMeasure("acknowledged writes", acknowledged, WRITES);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(
    `${acknowledged} keyed writes in ${seconds.toFixed(0)} s, ` +
      `${(world.now / 1000).toFixed(0)} s of virtual time\n`,
  );
  const [third, last] = [told[2] as Sizes, told[9] as Sizes];
  for (const what of ["diskBytes", "heapBytes", "keys", "entries"] as const) {
    mustMeasure(what, third[what]);
    const growth = last[what] / third[what];
    process.stdout.write(`${what}: ${growth.toFixed(2)} times those of the third day\n`);
    if (growth > MOST_GROWTH) throw new Error(`${what} grew ${growth.toFixed(2)} times`);
  }
  process.stdout.write("nothing grows\n");
} finally {
  await Promise.all(engines.map((engine) => engine.close()));
  rmSync(scratch, { recursive: true, force: true });
}
