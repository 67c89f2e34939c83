/**
 * The table of an app's objects: one row per name. *public*
 *
 * It is one of the app's own tables, so that it is gated, replicated, merged and judged like them;
 * `defineApp` adds it where an app has buckets. The region's core knows it by name: a row here is
 * what makes bytes travel, and its index is how bytes that nobody names are found.
 */
import { z } from "zod";
import { failed } from "../../../base/outcome.ts";
import type { KeyValueStore, ReadOptions, Write } from "../../key-value/port.ts";
import { defineTable, type ItemOf, limits } from "../../key-value/table.ts";
import { OBJECTS } from "../../objects/names.ts";
import type {
  Conditions,
  ObjectInfo,
  ObjectReading,
  ObjectRow,
  ObjectRows,
} from "../../objects/port.ts";

export const objectTable = defineTable({
  name: OBJECTS,
  schema: z.strictObject({
    bucket: z.string(),
    key: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.int().nonnegative(),
    contentType: z.string(),
    createdOnMs: z.int(),
    expires: z.int().optional(),
  }),
  partitionKey: "bucket",
  sortKey: "key",
  indexes: { "by-digest": { partitionKey: "digest" } },
  expires: "expires",
});

type Item = ItemOf<typeof objectTable>;

const DEFAULT_LIMIT = 100;

/** A row as a write of a transaction. */
export const putRow = (row: ObjectRow, conditions: Conditions = {}): Write => ({
  kind: "put",
  table: objectTable,
  item: row,
  ...conditions,
});

export const removeRow = (
  bucket: string,
  key: string,
  { ifVersion }: Pick<Conditions, "ifVersion"> = {},
): Write => ({
  kind: "delete",
  table: objectTable,
  key: { bucket, key },
  ...(ifVersion === undefined ? {} : { ifVersion }),
});

const infoOf = (item: Item, version: string): ObjectInfo => {
  const { expires, ...rest } = item;
  return expires === undefined ? { ...rest, version } : { ...rest, expires, version };
};

const readingOf = ({ consistency, session }: ObjectReading = {}): ReadOptions => ({
  ...(consistency === undefined ? {} : { consistency }),
  ...(session === undefined ? {} : { session }),
});

export function createObjectRows(store: KeyValueStore): ObjectRows {
  const write = async (one: Write) => {
    const outcome = await store.transact([one]);
    if (outcome.kind === "failed") {
      const { code, reason } = outcome;
      return failed(code === "elsewhere" ? "not-serving" : code, reason);
    }
    if (outcome.kind !== "ok") return outcome;
    const { version, receipt } = outcome.value;
    return { kind: "ok", value: { version, receipt } } as const;
  };
  return {
    get: async (bucket, key, reading) => {
      const read = await store.get(objectTable, { bucket, key }, readingOf(reading));
      if (read.kind === "failed") return read;
      const found = read.value;
      return { kind: "ok", value: found && infoOf(found.item, found.version) };
    },
    put: (row, conditions) => write(putRow(row, conditions)),
    remove: async (bucket, key, conditions) => {
      if (conditions.ifAbsent === true) {
        return failed("invalid", "what is absent cannot be removed: leave ifAbsent out");
      }
      return write(removeRow(bucket, key, conditions));
    },
    list: async (bucket, { prefix, limit = DEFAULT_LIMIT, cursor }, reading) => {
      const query = {
        partition: bucket,
        limit: Math.min(limit, limits.queryItems),
        ...(prefix === undefined || prefix === "" ? {} : { prefix }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const read = await store.query(objectTable, query, readingOf(reading));
      if (read.kind === "failed") return read;
      const objects = read.value.items.map(({ item, version }) => infoOf(item, version));
      const next = read.value.cursor;
      return { kind: "ok", value: next === undefined ? { objects } : { objects, cursor: next } };
    },
  };
}
