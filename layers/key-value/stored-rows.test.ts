/** Laws of what a stored row is under the schema of today. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createRowReader, textDefaults } from "./stored-rows.ts";

const read = (schema: z.ZodObject, stored: object): unknown => {
  const row = createRowReader(schema)(stored);
  return row.kind === "ok" ? row.value : `${row.field}: ${row.reason}`;
};

describe("a stored row", () => {
  test("gets what it lacks from the schema, deep inside, too", () => {
    const schema = z.strictObject({
      id: z.string(),
      size: z.string().default("L"),
      box: z.object({ depth: z.number().default(1) }),
      note: z.string().optional(),
    });
    expect(read(schema, { id: "a", box: {} })).toEqual({ id: "a", size: "L", box: { depth: 1 } });
  });

  test("loses what the schema does not know, and keeps it where the schema is loose", () => {
    const shape = { id: z.string() };
    const stored = { id: "a", old: 1 };
    expect(read(z.strictObject(shape), stored)).toEqual({ id: "a" });
    expect(read(z.object(shape), stored)).toEqual({ id: "a" });
    expect(read(z.looseObject(shape), stored)).toEqual(stored);
  });

  test("names the field that does not fit", () => {
    const schema = z.strictObject({ id: z.string(), kind: z.enum(["a", "b"]) });
    expect(read(schema, { id: "a", kind: "c" })).toMatch(/^kind: .*"a"\|"b"/);
    expect(read(schema, { id: "a" })).toMatch(/^kind: /);
  });

  test("is not put through a transformation again, wherever that stands", () => {
    const twice = z.number().transform((n) => n * 2);
    const schema = z.strictObject({
      plain: twice,
      deep: z.array(z.object({ of: twice })),
      maybe: twice.optional(),
      lazy: z.lazy(() => twice),
    });
    const stored = { plain: 4, deep: [{ of: 4 }], maybe: 4, lazy: 4 };
    expect(read(schema, stored)).toEqual(stored);
  });

  test("is not asked what a refinement of the whole object says", () => {
    const schema = z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b);
    expect(read(schema, { a: 2, b: 1 })).toEqual({ a: 2, b: 1 });
  });

  test("has the text of a default, and of nothing else, where an index asks for one", () => {
    const schema = z.strictObject({
      size: z.string().default("L"),
      count: z.number().default(1),
      id: z.string(),
    });
    const fields = ["size", "count", "id", "other"];
    expect(fields.map(textDefaults(schema, fields))).toEqual([
      "L",
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("has none for an index where the default is another one at each call", () => {
    let calls = 0;
    const schema = z.strictObject({ at: z.string().default(() => `call ${calls++}`) });
    expect(textDefaults(schema, ["at"])("at")).toBeUndefined();
  });
});
