/**
 * A deployment for tests of definitions: an app whose table is that of the version which the file
 * beside the data names. *composition*
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import {
  createAppApi,
  defineApp,
  defineDeployment,
  problemOfRead,
} from "../../../layers/api/index.ts";
import { defineTable } from "../../../layers/key-value/table.ts";

const version = readFileSync(process.env.DEFINITIONS_VERSION, "utf8").trim();
const shape = { id: z.string(), all: z.literal("all"), color: z.string(), text: z.string() };
/** Large enough that an index over some thousand rows takes many batches. */
const TEXT = "x".repeat(5000);
if (version === "defaulted") shape.size = z.string().default("L");
if (version === "required") shape.size = z.string();

const rows = defineTable({
  name: "rows",
  schema: z.strictObject(shape),
  partitionKey: version === "rekeyed" ? "color" : "id",
  ...(version === "plain" || version === "manual"
    ? {}
    : { indexes: { "by-color": { partitionKey: "all", sortKey: "color" } } }),
});

const open = { summary: "x", auth: "none", replies: {} };
const params = z.object({ id: z.string() });

const app = defineApp({
  id: "demo",
  mode: "active-passive",
  durability: "replicated",
  failover: version === "manual" ? "manual" : "automatic",
  objectives: { rtoMs: 1_000, rpoMs: 0 },
  tables: [rows],
  api: (context) =>
    createAppApi(context)
      .put("/api/rows/:id", {
        ...open,
        params,
        body: z.strictObject({ from: z.int(), to: z.int() }),
        handle: (call) => {
          const writes = [];
          for (let at = call.body.from; at < call.body.to; at++) {
            const id = `${call.params.id}${String(at).padStart(6, "0")}`;
            const item = { id, all: "all", color: `of ${id}`, text: TEXT };
            writes.push({ kind: "put", table: rows, item });
          }
          return call.commit(writes, { status: 204 });
        },
      })
      .get("/api/rows/:id", {
        ...open,
        params,
        handle: async (call) => {
          const read = await context.store.get(rows, call.params, call.reading);
          return read.kind === "failed"
            ? problemOfRead(read)
            : call.found(read.info, read.value?.item);
        },
      })
      .get("/api/colors/:id", {
        ...open,
        params,
        handle: async (call) => {
          let cursor;
          let count = 0;
          do {
            const asked = { index: "by-color", partition: call.params.id, limit: 1000 };
            const query = cursor === undefined ? asked : { ...asked, cursor };
            const read = await context.store.query(rows, query, call.reading);
            if (read.kind === "failed") return problemOfRead(read);
            count += read.value.items.length;
            cursor = read.value.cursor;
          } while (cursor !== undefined);
          return { kind: "answer", status: 200, body: { count } };
        },
      }),
});

export default defineDeployment({ regions: ["eu-west-1", "ap-southeast-1"], apps: [app] });
