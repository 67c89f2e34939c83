/** Laws of what a start makes of stored definitions. */
import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import { definitionsKey, openDefinitions, readDefinitions } from "./definitions.ts";
import type { Engine } from "./engine.ts";
import { writeItem } from "./items.ts";
import { createMemoryEngine } from "./memory-engine.ts";
import { defineTable, type JsonObject, type TableDefinition } from "./table.ts";

const APP = "demo";
const BY_COLOR = { "by-color": { partitionKey: "color" } } as const;

const rows = (shape: z.ZodRawShape, indexes: object = {}) =>
  defineTable({
    name: "rows",
    schema: z.strictObject({ id: z.string(), color: z.string(), ...shape }),
    partitionKey: "id",
    indexes,
  } as never) as unknown as TableDefinition;

/** How often the look at rows left the thread. */
function open(engine: Engine, table: TableDefinition): number {
  const opening = openDefinitions(engine, APP, [table]);
  for (let steps = 0; ; steps++) {
    const step = opening.next();
    if (step.done === true) return steps;
  }
}

function fill(engine: Engine, table: TableDefinition, values: readonly JsonObject[]): void {
  engine.transact((writer) => {
    for (const value of values) {
      const stored = { value, stamp: { epoch: 1, region: "a", sequence: 1 }, clock: 1 };
      writeItem(writer, APP, table, table.keyOf(value), stored);
    }
  });
}

const colored = (id: string, color = "red", more: JsonObject = {}) => ({ id, color, ...more });

/** An engine, and how many entries were read of its ranges. */
function watched(engine: Engine): { engine: Engine; items: () => number } {
  let read = 0;
  const range: Engine["range"] = function* (asked) {
    for (const entry of engine.range(asked)) {
      read++;
      yield entry;
    }
  };
  const watching = Object.create(engine, {
    range: { value: range },
    transact: { value: engine.transact.bind(engine) },
  }) as Engine;
  return { engine: watching, items: () => read };
}

test("a start with the definitions of before looks at no row and writes nothing", () => {
  const engine = createMemoryEngine();
  fill(
    engine,
    rows({}),
    Array.from({ length: 2000 }, (_, at) => colored(`r${at}`)),
  );
  const first = watched(engine);
  expect(open(first.engine, rows({}))).toBe(3);
  expect(first.items()).toBeGreaterThan(1999);
  const before = engine.sequence;
  const again = watched(engine);
  expect(open(again.engine, rows({}))).toBe(0);
  expect([again.items(), engine.sequence]).toEqual([0, before]);
});

test("a look at rows leaves the thread after half a megabyte of them", () => {
  const engine = createMemoryEngine();
  const large = { text: "x".repeat(100_000) };
  fill(
    engine,
    rows({ text: z.string() }),
    Array.from({ length: 30 }, (_, at) => colored(`r${at}`, "red", large)),
  );
  expect(open(engine, rows({ text: z.string() }))).toBeGreaterThanOrEqual(5);
});

test("an index on a field with another default at each call is not built at each start", () => {
  const engine = createMemoryEngine();
  fill(engine, rows({}), [colored("a")]);
  let calls = 0;
  const timed = () =>
    rows({ at: z.string().default(() => `call ${calls++}`) }, { "by-at": { partitionKey: "at" } });
  open(engine, timed());
  const noted = readDefinitions(engine, APP)?.tables["rows"];
  open(engine, timed());
  expect(readDefinitions(engine, APP)?.tables["rows"]).toEqual(noted);
  expect(timed().indexEntries(colored("a"))).toEqual([]);
});

test("schemas that share an id, and are described otherwise, are compared by what they accept", () => {
  const engine = createMemoryEngine();
  const described = (text: string) => rows({ size: z.string().optional().meta({ id: text }) });
  open(engine, described("T"));
  const before = engine.sequence;
  open(engine, described("U"));
  expect(engine.sequence).toBe(before);
  const twice = rows({ a: z.string().meta({ id: "V" }), b: z.number().meta({ id: "V" }) });
  expect(open(engine, twice)).toBe(0);
});

test.each([
  ["too long", "x".repeat(3000), /rows\.color \(index by-color\) has 3000 bytes; a key has at/],
  ["empty", "", /rows\.color \(index by-color\) must not be empty/],
])("an index is refused where the text of a row is %s", (_, color, message) => {
  const engine = createMemoryEngine();
  fill(engine, rows({}), [colored("a", color)]);
  open(engine, rows({}));
  const before = engine.sequence;
  expect(() => open(engine, rows({}, BY_COLOR))).toThrow(ConfigurationError);
  expect(() => open(engine, rows({}, BY_COLOR))).toThrow(message);
  expect(engine.sequence).toBe(before);
});

test("an item whose entry no key can hold has none", () => {
  const engine = createMemoryEngine();
  const table = rows({}, BY_COLOR);
  fill(engine, table, [colored("a", "x".repeat(3000)), colored("b")]);
  expect(table.indexEntries(colored("a", "x".repeat(3000)))).toEqual([]);
  expect(table.indexEntries(colored("b"))).toHaveLength(1);
});

test("definitions of a newer version are refused", () => {
  const engine = createMemoryEngine();
  engine.transact((writer) => writer.put(definitionsKey(APP), { version: 2, tables: {} }));
  expect(() => open(engine, rows({}))).toThrow(/written by a newer Understudy/);
});
