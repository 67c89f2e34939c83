import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AppUse } from "./app-use.ts";
import type { Write } from "./port.ts";
import { defineTable } from "./table.ts";

const shape = {
  schema: z.object({ shelf: z.string(), region: z.string() }),
  partitionKey: "shelf",
  sortKey: "region",
} as const;
const plain = defineTable({ name: "plain", ...shape });
const loose = defineTable({ name: "loose", ...shape, conflicts: "last-writer" });
const own = defineTable({ name: "own", ...shape, conflicts: { ownRegion: "region" } });
const ranked = defineTable({
  name: "ranked",
  schema: z.object({ id: z.string(), term: z.number() }),
  partitionKey: "id",
  conflicts: { highest: "term" },
});
const tables = [plain, loose, own, ranked];

const use = (mode: "active-active" | "active-passive") =>
  new AppUse({ app: "shop", tables, mode, region: "here" });
const item = (region: string) => ({ shelf: "s", region });

const CONDITIONAL: readonly ((table: typeof plain | typeof own) => Write)[] = [
  (table) => ({ kind: "put", table, item: item("here"), ifAbsent: true }),
  (table) => ({ kind: "put", table, item: item("here"), ifVersion: "1.1.x" }),
  (table) => ({ kind: "delete", table, key: item("here"), ifVersion: "1.1.x" }),
  (table) => ({ kind: "check", table, key: item("here"), ifAbsent: true }),
];

describe("writes of an app that several regions serve", () => {
  test.each(CONDITIONAL.map((write, at) => [at, write] as const))(
    "have a condition (%i) only where their table says what becomes of a conflict",
    (_, write) => {
      const writes = (table: typeof plain | typeof own) =>
        use("active-active").writes([write(table)]);
      expect(() => writes(plain)).toThrow(/cannot be kept, because shop is active-active/);
      expect(writes(loose as typeof plain).kind).toBe("ok");
      expect(writes(own).kind).toBe("ok");
    },
  );

  test("leave alone what is another region's own", () => {
    const foreign = /region is there, and this is here: only that region writes the item/;
    const put: Write = { kind: "put", table: own, item: item("there") };
    const remove: Write = { kind: "delete", table: own, key: item("there") };
    const check: Write = { kind: "check", table: own, key: item("there"), ifAbsent: true };
    expect(() => use("active-active").writes([put])).toThrow(foreign);
    expect(() => use("active-active").writes([remove])).toThrow(foreign);
    expect(use("active-active").writes([check]).kind).toBe("ok");
    // One region serves at a time: there is no conflict.
    expect(use("active-passive").writes([put]).kind).toBe("ok");
  });
});

test("an item that has a rank is not deleted where several regions write", () => {
  const remove: Write = { kind: "delete", table: ranked, key: { id: "a" } };
  expect(() => use("active-active").writes([remove])).toThrow(/ranked: .* is not deleted/);
  expect(use("active-passive").writes([remove]).kind).toBe("ok");
});

test.each([
  ["a field of rank that is not there", { highest: "count" }, /conflicts.highest is no field/],
  ["an unknown word", "merge", /conflicts is unknown: got "merge"/],
  ["a field that is no key", { ownRegion: "count" }, /conflicts.ownRegion is no key field/],
])("conflicts of %s are refused", (_, conflicts, message) => {
  expect(() => defineTable({ name: "wrong", ...shape, conflicts } as never)).toThrow(message);
});
