import { expect, test } from "vitest";
import { z } from "zod";
import { wallMs } from "../../base/clock.ts";
import { checkWrites } from "../key-value/checked-writes.ts";
import { writeItem } from "../key-value/items.ts";
import { createMemoryEngine } from "../key-value/memory-engine.ts";
import type { Merge } from "../key-value/merge.ts";
import { defineTable } from "../key-value/table.ts";
import { ByteLedger } from "./byte-ledger.ts";
import { evaluate } from "./evaluating.ts";
import { REGION_RULES } from "./rules.ts";

const ranked = defineTable({
  name: "ranked",
  schema: z.object({ id: z.string(), term: z.number() }),
  partitionKey: "id",
  conflicts: { highest: "term" },
});

/** What becomes of a put with this term where one with term 5 is there. */
function putOf(term: number, merge: Merge): string {
  const engine = createMemoryEngine();
  const stored = {
    value: { id: "a", term: 5 },
    stamp: { epoch: 1, region: "a", sequence: 1 },
    clock: 1,
  };
  const key = { partition: "a", sort: "" };
  engine.transact((writer) => writeItem(writer, "app", ranked, key, stored));
  const checked = checkWrites([{ kind: "put", table: ranked, item: { id: "a", term } }]);
  if (checked.kind !== "ok") throw new Error(checked.reason);
  const parts = { app: "app", merge, bytes: new ByteLedger("app"), rules: REGION_RULES };
  const end = evaluate(parts, engine, checked.value, undefined, wallMs(0));
  return end.kind === "failed" ? `${end.code}: ${end.reason}` : end.kind;
}

test("a write that what is there outranks is refused, also one without any condition", () => {
  expect(putOf(4, "active-active")).toBe("condition-failed: ranked a has a higher term");
  expect(putOf(0, "active-active")).toMatch(/^condition-failed/);
  expect(putOf(5, "active-active")).toBe("changes");
  expect(putOf(6, "active-active")).toBe("changes");
});

test("where one region writes at a time nothing is outranked", () => {
  expect(putOf(4, "active-passive")).toBe("changes");
});
