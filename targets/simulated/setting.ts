/** The app that the simulations of the cores run: one table, one record of routing. */
import { z } from "zod";
import { assert } from "../../base/assert.ts";
import { objectTable } from "../../layers/api/objects/object-table.ts";
import { type CheckedWrite, checkWrites } from "../../layers/key-value/checked-writes.ts";
import type { Write } from "../../layers/key-value/port.ts";
import { defineTable } from "../../layers/key-value/table.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";

export const ITEMS = defineTable({
  name: "items",
  schema: z.object({ id: z.string(), value: z.string() }),
  partitionKey: "id",
});

/** Writes as a store hands them to the cores. */
export function checked(...writes: readonly Write[]): readonly CheckedWrite[] {
  const result = checkWrites(writes);
  assert(result.kind === "ok", result.kind === "ok" ? "" : result.reason);
  return result.value;
}

/** Rows that expire. */
export const PASSING = defineTable({
  name: "passing",
  schema: z.object({ id: z.string(), until: z.number() }),
  partitionKey: "id",
  expires: "until",
});

/** What has been taken from a shelf; one row per region, which that region alone writes. */
export const SHELVES = defineTable({
  name: "shelves",
  schema: z.object({ home: z.string(), region: z.string(), taken: z.number() }),
  partitionKey: "home",
  sortKey: "region",
});

/** Of a home: what it decided last. The one of a later term stays, whatever the clocks say. */
export const DECISIONS = defineTable({
  name: "decisions",
  schema: z.object({ home: z.string(), term: z.number(), number: z.number() }),
  partitionKey: "home",
  conflicts: { highest: "term" },
});

export const REGION_NAMES = ["a", "b", "c", "d", "e"];
export const APP = "app";

export function appOptions(
  regions: readonly string[],
  mode: AppOptions["mode"],
  durability: AppOptions["durability"],
  inSyncTarget = 2,
  logKept = 100_000,
): AppOptions {
  return {
    app: APP,
    mode,
    durability,
    regions,
    inSyncTarget,
    minInSync: 1,
    policy: "automatic",
    tables: [ITEMS],
    rtoMs: 900_000,
    rpoMs: 900_000,
    coolDownMs: 0,
    logKept,
  };
}

export const withObjects = (options: AppOptions): AppOptions => ({
  ...options,
  tables: [...options.tables, objectTable],
});

export const withPassing = (options: AppOptions): AppOptions => ({
  ...options,
  tables: [...options.tables, PASSING],
});

/** Two names with opposite preferences; a region is given one back soon, so that storms meet it. */
export const withHomes = (options: AppOptions): AppOptions => ({
  ...options,
  tables: [...options.tables, SHELVES, DECISIONS],
  homes: { first: options.regions, last: [...options.regions].reverse() },
  homeSettledMs: 400,
});
