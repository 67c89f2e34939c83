/** The tables the contract's laws use. *pure* */
import { z } from "zod";
import { defineTable } from "./table.ts";

/** Two keys, a sparse index with and one without a sort key. */
export const notes = defineTable({
  name: "notes",
  schema: z.object({
    owner: z.string(),
    id: z.string(),
    text: z.string().optional(),
    body: z.string().optional(),
    tag: z.string().optional(),
    at: z.string().optional(),
    count: z.number().optional(),
  }),
  partitionKey: "owner",
  sortKey: "id",
  indexes: {
    "by-tag": { partitionKey: "tag", sortKey: "at" },
    "by-text": { partitionKey: "text" },
  },
});

/** One key. */
export const settings = defineTable({
  name: "settings",
  schema: z.object({ name: z.string(), value: z.number() }),
  partitionKey: "name",
});

/** None of the app's tables. */
export const strangers = defineTable({
  name: "strangers",
  schema: z.object({ id: z.string() }),
  partitionKey: "id",
});

export const contractTables = [notes, settings] as const;
