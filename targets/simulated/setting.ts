/** The app that the simulations of the cores run: one table, one record of routing. */
import { z } from "zod";
import { objectTable } from "../../layers/api/objects/object-table.ts";
import { defineTable } from "../../layers/key-value/table.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";

export const ITEMS = defineTable({
  name: "items",
  schema: z.object({ id: z.string(), value: z.string() }),
  partitionKey: "id",
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
    rpoMs: 900_000,
    coolDownMs: 0,
    logKept,
  };
}

export const withObjects = (options: AppOptions): AppOptions => ({
  ...options,
  tables: [...options.tables, objectTable],
});
