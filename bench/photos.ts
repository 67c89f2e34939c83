/**
 * The gallery's first page, and one in its middle, with fifty photos and with fifty thousand.
 * *composition*
 *
 *   node dist/bench/photos.js [--json]
 *
 * The app's own HTTP route over the store's own query on disk, signed in, 24 photos a page. Both
 * sides run in the same process; rounds are interleaved and medians taken. Only ratios carry over.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Photo } from "../apps/photos/model/photo.ts";
import { rowOf } from "../apps/photos/model/rows.ts";
import { photos } from "../apps/photos/model/tables.ts";
import { photosApp } from "../apps/photos/server.ts";
import { createWorld, type World } from "../layers/api/testing/world.ts";
import { readItem, versionOf, writeItem } from "../layers/key-value/items.ts";
import { createMemoryKeyValueStore } from "../layers/key-value/memory-store.ts";
import type { KeyValueStore } from "../layers/key-value/port.ts";
import { runQuery } from "../layers/key-value/query.ts";
import type { JsonObject } from "../layers/key-value/table-json.ts";
import { createMemoryByteStore } from "../layers/objects/memory-bytes.ts";
import { type LmdbEngine, openLmdbEngine } from "../targets/local/lmdb-engine.ts";
import { mustMeasure } from "./measured.ts";

const SIZES = [50, 50_000] as const;
const PAGE = 24;
const ROUNDS = 30;
const REQUESTS = 40;
const BATCH = 500;
const REGION = "eu-west-1";
const FIRST_MS = Date.parse("2026-01-01T00:00:00Z");
const sha256 = () => createHash("sha256");
const digest = (text: string): string => sha256().update(text).digest("base64url");

interface Side {
  readonly count: number;
  page(cursor?: string): Promise<string | undefined>;
  readonly middle: string;
  close(): Promise<void>;
}

const photo = (number: number): Photo => ({
  id: `photo-${digest(String(number)).slice(0, 20)}`,
  title: `Photo number ${number}`,
  altText: "A landscape that a generator made, with a low sun and seven ridges.",
  owner: `person-${number % 97}`,
  createdOn: new Date(FIRST_MS + number * 1_000).toISOString(),
  contentType: "image/jpeg",
  sizeBytes: 400_000 + number,
  width: 1_500,
  height: 1_000,
  placeholder: `data:image/webp;base64,${"A".repeat(160)}`,
});

async function fill(engine: LmdbEngine, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    engine.transact((writer) => {
      for (let number = from; number < Math.min(from + BATCH, count); number++) {
        const row = rowOf(photo(number), sha256().update(String(number)).digest("hex"));
        const stamp = { epoch: 1, region: REGION, sequence: number + 1 };
        const stored = { value: row as JsonObject, stamp, clock: number };
        writeItem(writer, "photos", photos, photos.keyOf(row), stored);
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads come from the disk; nothing is written while measuring. */
function storeOver(engine: LmdbEngine): KeyValueStore {
  const memory = createMemoryKeyValueStore({
    app: "photos",
    tables: photosApp.tables,
    region: REGION,
    now: () => FIRST_MS,
  });
  const info = { consistency: "leased", region: REGION, epoch: 1 } as const;
  return {
    ...memory,
    query: async (table, query) => {
      const result = runQuery(engine, "photos", table, query);
      if (result.kind === "failed") throw new Error(result.reason);
      const items = result.found.map(({ stored }) => ({
        item: stored.value,
        version: versionOf(stored.stamp),
      }));
      const { cursor } = result;
      const value = cursor === undefined ? { items } : { items, cursor };
      return { kind: "ok", value: value as never, info };
    },
    get: async (table, key) => {
      const stored = readItem(engine, "photos", table.name, table.keyOf(key));
      const value = stored && { item: stored.value, version: versionOf(stored.stamp) };
      return { kind: "ok", value: value as never, info };
    },
  };
}

async function openSide(count: number, path: string): Promise<Side> {
  const engine = await openLmdbEngine({ path });
  await fill(engine, count);
  const bytes = createMemoryByteStore({ region: REGION, sha256 });
  const store = storeOver(engine);
  const world: World = createWorld({
    apps: [photosApp],
    digest,
    storeFor: ({ id, tables }) =>
      id === "photos"
        ? store
        : createMemoryKeyValueStore({ app: id, tables, region: REGION, now: () => FIRST_MS }),
    more: { bytesOf: () => bytes },
  });
  const token = (await world.signUp("reader")).accessToken;
  const page = async (cursor?: string): Promise<string | undefined> => {
    const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const sent = await world.send("GET", `/photos/api/photos?limit=${PAGE}${more}`, { token });
    if (sent.status !== 200 || sent.body.items.length === 0) throw new Error(String(sent.status));
    return sent.body.cursor as string | undefined;
  };
  const skip = { limit: Math.min(1_000, count / 2), index: "newest", partition: "all" };
  let middle: string | undefined;
  for (let read = 0; read < count / 2; read += skip.limit) {
    const found = runQuery(engine, "photos", photos, {
      ...skip,
      order: "descending",
      ...(middle === undefined ? {} : { cursor: middle }),
    });
    middle = found.kind === "ok" ? found.cursor : undefined;
  }
  if (middle === undefined) throw new Error("the gallery has no middle");
  return { count, page, middle, close: () => engine.close() };
}

async function meanMs(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  for (let request = 0; request < REQUESTS; request++) await work();
  return (performance.now() - begun) / REQUESTS;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const folder = mkdtempSync(join(tmpdir(), "understudy-bench-photos-"));
const sides: Side[] = [];
try {
  for (const count of SIZES) sides.push(await openSide(count, join(folder, String(count))));
  const first = sides.map((): number[] => []);
  const middle = sides.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, side] of sides.entries()) {
      first[index]?.push(await meanMs(() => side.page()));
      middle[index]?.push(await meanMs(() => side.page(side.middle)));
    }
  }
  const rows = sides.map(({ count }, index) => ({
    photos: count,
    firstPageMs: Number(median(first[index] ?? []).toFixed(3)),
    middlePageMs: Number(median(middle[index] ?? []).toFixed(3)),
  }));
  for (const { firstPageMs } of rows) mustMeasure("ms a page", firstPageMs, 0.001);
  const [small, large] = rows;
  const ratio = Number(((large?.firstPageMs ?? 0) / (small?.firstPageMs ?? 1)).toFixed(2));
  if (process.argv.includes("--json")) console.log(JSON.stringify({ rows, ratio }));
  else {
    console.table(rows);
    console.log(`first page with ${large?.photos} / with ${small?.photos} photos: ${ratio}`);
  }
} finally {
  for (const side of sides) await side.close();
  rmSync(folder, { recursive: true, force: true });
}
