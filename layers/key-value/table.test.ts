import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import { defineTable, type ItemOf, type KeyOf } from "./table.ts";
import { jsonBytes, jsonBytesAtMost } from "./table-json.ts";

const orders = defineTable({
  name: "orders",
  schema: z.object({
    customer: z.string(),
    id: z.string(),
    status: z.string().nullish(),
    extra: z.unknown().optional(),
  }),
  partitionKey: "customer",
  sortKey: "id",
  indexes: { "by-status": { partitionKey: "status" } },
});

const reasonOf = (item: unknown): string => {
  const parsed = orders.parse(item);
  return parsed.kind === "failed" ? parsed.reason : "accepted";
};

describe("tables", () => {
  it("know the types of their items and keys", () => {
    const key: KeyOf<typeof orders> = { customer: "c", id: "1" };
    const item: ItemOf<typeof orders> = { ...key, status: "open" };
    expect(orders.keyOf(item)).toEqual({ partition: "c", sort: "1" });
    // @ts-expect-error A key has both fields.
    const half: KeyOf<typeof orders> = { customer: "c" };
    expect(() => orders.keyOf(half)).toThrow(/orders.id must be a text/);
  });

  it("say what was wrong, where, and what is allowed", () => {
    expect(reasonOf({ customer: "c" })).toMatch(/^orders: id: /);
    expect(reasonOf({ customer: "", id: "1" })).toMatch(/orders.customer must not be empty/);
    expect(reasonOf({ customer: "c", id: "é".repeat(600) })).toMatch(/1200 bytes.*at most 1024/);
    expect(reasonOf({ customer: "c".repeat(1000), id: "1".repeat(300) })).toMatch(/at most 1200/);
    expect(reasonOf({ customer: "c", id: "1", status: "s".repeat(1700) })).toMatch(/by-status/);
    expect(reasonOf({ customer: "c", id: "1", extra: new Date(0) })).toMatch(/extra is a Date/);
    expect(reasonOf({ customer: "c", id: "1", extra: [Number.NaN] })).toMatch(/extra\[0\] is NaN/);
    expect(reasonOf({ customer: "c", id: "1", extra: "é".repeat(205_000) })).toMatch(/409600/);
    expect(reasonOf({ customer: "c", id: "1", extra: "é".repeat(204_000) })).toBe("accepted");
  });

  it("leave an item without an index's fields out of it", () => {
    const parsed = orders.parse({ customer: "c", id: "1", status: null });
    expect(parsed.kind === "ok" && orders.indexEntries(parsed.value)).toEqual([]);
    const open = { index: "by-status", partition: "open", sort: "" };
    expect(orders.indexEntries({ customer: "c", id: "1", status: "open" })).toEqual([open]);
  });

  it("keep a copy of what they accept", () => {
    const extra = { list: [1, { two: 2 }] };
    const parsed = orders.parse({ customer: "c", id: "1", extra, unknown: "field" });
    extra.list.push(3);
    const expected = { customer: "c", id: "1", extra: { list: [1, { two: 2 }] } };
    expect(parsed).toEqual({ kind: "ok", value: expected });
  });

  it("are refused when their definition cannot work", () => {
    const schema = z.object({ id: z.string() });
    const define = (options: object) => () =>
      defineTable({ name: "t", schema, partitionKey: "id", ...options } as never);
    expect(define({ name: "No Spaces" })).toThrow(/small letters/);
    expect(define({ name: "No Spaces" })).toThrow(ConfigurationError);
    expect(define({ partitionKey: "nope" })).toThrow(
      /partitionKey is no field: got "nope".*has id/,
    );
    expect(define({ partitionKey: undefined })).toThrow(/there is no partitionKey/);
    expect(define({ schema: z.string() })).toThrow(/the schema is no object/);
    expect(define({ sortKey: "id" })).toThrow(/both keys are one field/);
    expect(define({ indexes: { "by-x": { partitionKey: "x" } } })).toThrow(/index by-x/);
    expect(define({ expires: "until" })).toThrow(/expires is no field: got "until"/);
  });

  it("never guess the size of JSON too low", () => {
    const samples = ["", 'a\u0001"\\', "é\u{1f600}", -1.5e-7, true, null, [], {}, { é: [1, "x"] }];
    for (const sample of [...samples, samples as never]) {
      expect(jsonBytesAtMost(sample as never)).toBeGreaterThanOrEqual(jsonBytes(sample as never));
    }
  });
});
