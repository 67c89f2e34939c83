/**
 * What the store costs on top of LMDB, in one run: durable writes, gets, queries. *composition*
 *
 *   node dist/bench/key-value.js [--json]
 *
 * Both sides do the same work in the same process: a write reads the item's key, then puts item,
 * index entry and log entry (about 250, 10 and 300 bytes), and counts when it is on disk. Rounds
 * are interleaved and medians taken; only the ratios carry over to another machine.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { z } from "zod";
import { readItem, type Stored, writeItem } from "../layers/key-value/items.ts";
import { tuple, tupleRange } from "../layers/key-value/key.ts";
import { runQuery } from "../layers/key-value/query.ts";
import { defineTable, type JsonObject } from "../layers/key-value/table.ts";
import { type LmdbEngine, openLmdbEngine } from "../targets/local/lmdb-engine.ts";
import { mustMeasure } from "./measured.ts";

const CLIENTS = 64;
const WRITES = 40_000;
const GETS = 100_000;
const QUERIES = 5_000;
const ROUNDS = 5;
const OWNERS = 500;
const APP = "tickets";

const tickets = defineTable({
  name: "tickets",
  schema: z.object({
    owner: z.string(),
    id: z.string(),
    at: z.string(),
    title: z.string(),
    text: z.string(),
  }),
  partitionKey: "owner",
  sortKey: "id",
  indexes: { "by-time": { partitionKey: "owner", sortKey: "at" } },
});

interface Side {
  /** Resolves when that many writes are durable, `CLIENTS` of them at any time. */
  write(from: number, count: number): Promise<void>;
  /** Resolves when nothing is left to be done in the background. */
  settle(): Promise<void>;
  get(number: number): unknown;
  query(owner: string): number;
}

const ownerOf = (number: number): string => `user-${number % OWNERS}`;
const idOf = (number: number): string => `ticket-${String((number * 7_919) % 1_000_003)}`;
const ticket = (number: number): JsonObject => ({
  owner: ownerOf(number),
  id: idOf(number),
  at: String(1_700_000_000_000 + number),
  title: "A lamp is broken",
  text: "In the second room on the left, since Monday. ".repeat(3),
});
const keyOf = (number: number) => ({ partition: ownerOf(number), sort: idOf(number) });
const logEntry = (number: number, value: JsonObject) => ({
  clock: number,
  changes: [["tickets", ownerOf(number), idOf(number), value]],
});

/** Keeps `CLIENTS` writes under way; `start` answers when one is durable by `done`. */
function closedLoop(from: number, count: number, start: (number: number) => void) {
  let next = from;
  let left = count;
  let resolve = (): void => {};
  const finished = new Promise<void>((end) => {
    resolve = end;
  });
  const more = (): void => {
    if (next < from + count) start(next++);
  };
  return {
    begin: () => {
      for (let client = 0; client < CLIENTS; client++) more();
      return finished;
    },
    done: (durable: number) => {
      left -= durable;
      for (let at = 0; at < durable; at++) more();
      if (left === 0) resolve();
    },
  };
}

function engineSide(engine: LmdbEngine): Side {
  let loop: ReturnType<typeof closedLoop> | undefined;
  let flushed = engine.sequence;
  engine.onFlushed((sequence) => {
    const durable = sequence - flushed;
    flushed = sequence;
    loop?.done(durable);
  });
  const write = (number: number): void => {
    const value = ticket(number);
    const stamp = { epoch: 1, region: "one", sequence: number };
    const stored: Stored = { value, stamp, clock: number };
    engine.transact((writer) => {
      writeItem(writer, APP, tickets, keyOf(number), stored);
      writer.put(tuple("l", APP, 1, number), logEntry(number, value));
    });
  };
  return {
    write: (from, count) => {
      loop = closedLoop(from, count, write);
      return loop.begin();
    },
    settle: async () => {
      while (engine.pressure > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    get: (number) => readItem(engine, APP, tickets.name, keyOf(number))?.value,
    query: (partition) => {
      const page = runQuery(engine, APP, tickets, { partition, limit: 20 });
      return page.kind === "ok" ? page.found.length : 0;
    },
  };
}

function lmdbSide(root: RootDatabase, database: Database<unknown, string>): Side {
  const at = (number: number) => tuple("i", APP, "tickets", ownerOf(number), idOf(number));
  /** All writes of one turn are one batch; each ends when that batch is flushed. */
  const write = (from: number, count: number): Promise<void> => {
    let queue: number[] = [];
    const commit = async (): Promise<void> => {
      const batch = queue;
      queue = [];
      const committed = database.batch(() => {
        for (const number of batch) {
          const value = ticket(number);
          const [owner, id] = [ownerOf(number), idOf(number)];
          database.get(at(number));
          database.put(at(number), [value, 1, "one", number, number]);
          database.put(
            tuple("x", APP, "tickets", "by-time", owner, String(number), owner, id),
            true,
          );
          database.put(tuple("l", APP, 1, number), logEntry(number, value));
        }
      });
      await Promise.all([committed, root.flushed]);
      loop.done(batch.length);
    };
    const loop = closedLoop(from, count, (number) => {
      if (queue.length === 0) setImmediate(commit);
      queue.push(number);
    });
    return loop.begin();
  };
  return {
    write,
    settle: async () => {
      await root.flushed;
    },
    get: (number) => database.get(at(number)),
    query: (owner) => {
      const { from, to } = tupleRange("i", APP, "tickets", owner);
      let count = 0;
      for (const { value } of database.getRange({ start: from, end: to, limit: 20 })) {
        if (value !== undefined) count += 1;
      }
      return count;
    },
  };
}

async function perSecond(count: number, run: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await run();
  return (count / (performance.now() - start)) * 1000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function measure(sides: Readonly<Record<string, Side>>) {
  const rates: Record<string, Record<string, number[]>> = { write: {}, get: {}, query: {} };
  const note = (what: string, side: string, rate: number): void => {
    const bySide = rates[what] ?? {};
    bySide[side] = [...(bySide[side] ?? []), rate];
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const from = round * WRITES;
      note("write", name, await perSecond(WRITES, () => side.write(from, WRITES)));
      await side.settle();
      const written = from + WRITES;
      note(
        "get",
        name,
        await perSecond(GETS, () => {
          for (let at = 0; at < GETS; at++) side.get((at * 31) % written);
        }),
      );
      note(
        "query",
        name,
        await perSecond(QUERIES, () => {
          for (let at = 0; at < QUERIES; at++) side.query(ownerOf(at));
        }),
      );
    }
  }
  return rates;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  const engine = await openLmdbEngine({ path: join(folder, "engine") });
  const root = open({ path: join(folder, "raw.mdb"), maxDbs: 2 });
  const database = root.openDB<unknown, string>({ name: "data" });
  try {
    const rates = await measure({ lmdb: lmdbSide(root, database), store: engineSide(engine) });
    const rows = Object.entries(rates).map(([what, { lmdb = [], store = [] }]) => ({
      what,
      lmdbPerSecond: Math.round(median(lmdb)),
      storePerSecond: Math.round(median(store)),
      ratio: Number((median(store) / median(lmdb)).toFixed(2)),
    }));
    for (const { what, lmdbPerSecond, storePerSecond } of rows) {
      mustMeasure(`${what} a second`, Math.min(lmdbPerSecond, storePerSecond));
    }
    if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
    else {
      console.log(`Medians of ${ROUNDS} rounds; writes ${CLIENTS} at once, queries of 20 items.`);
      console.table(rows);
    }
  } finally {
    await engine.close();
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
