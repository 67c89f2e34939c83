import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRng } from "../../base/rng.ts";
import { removeItem, writeItem } from "./items.ts";
import { compareKeys, tupleRange } from "./key.ts";
import { createMemoryEngine } from "./memory-engine.ts";
import type { Query } from "./port.ts";
import { runQuery } from "./query.ts";
import { defineTable } from "./table.ts";

const app = "shop";
const table = defineTable({
  name: "things",
  schema: z.object({ shelf: z.string(), id: z.string(), color: z.string().optional() }),
  partitionKey: "shelf",
  sortKey: "id",
  indexes: { "by-color": { partitionKey: "color", sortKey: "id" } },
});
type Thing = { shelf: string; id: string; color?: string };

function shelf() {
  const engine = createMemoryEngine();
  let sequence = 0;
  const write = (thing: Thing, isDeleted = false): void => {
    sequence += 1;
    const value = isDeleted ? null : { ...thing };
    const stored = { value, stamp: { epoch: 1, region: "one", sequence }, clock: sequence };
    engine.transact((writer) => writeItem(writer, app, table, table.keyOf(thing), stored));
  };
  const collect = (thing: Thing): void => {
    engine.transact((writer) => removeItem(writer, app, table, table.keyOf(thing)));
  };
  const walk = (query: Query): { ids: string[]; pages: number } => {
    const ids: string[] = [];
    for (let pages = 1, next = query; ; pages++) {
      const result = runQuery(engine, app, table, next);
      if (result.kind === "failed") throw new Error(result.reason);
      ids.push(...result.found.map(({ key }) => key.sort));
      if (result.cursor === undefined) return { ids, pages };
      next = { ...query, cursor: result.cursor };
    }
  };
  return { engine, write, collect, walk };
}

describe("queries", () => {
  it("agree with a filter over random items, tombstones and pages", () => {
    const rng = createRng(5);
    const letters = ["a", "b", "\u0000", "\uffff", "\u{10000}"];
    const word = () => rng.pick(letters) + (rng.chance(0.7) ? rng.pick(letters) : "");
    const { engine, write, collect, walk } = shelf();
    const live = new Map<string, Thing>();
    for (let round = 0; round < 1_500; round++) {
      const thing: Thing = { shelf: rng.pick(["s", "st"]), id: word() };
      if (rng.chance(0.6)) thing.color = rng.pick(["red", "re"]);
      const name = JSON.stringify([thing.shelf, thing.id]);
      const fate = rng.below(4);
      if (fate === 0) collect(thing);
      else write(thing, fate === 1);
      if (fate > 1) live.set(name, thing);
      else live.delete(name);
      const [from, to, prefix] = [word(), word(), rng.pick(letters)];
      const bounds = rng.pick([{}, { from, to }, { prefix }]);
      const isIndex = rng.chance(0.5);
      const partition = isIndex ? rng.pick(["red", "re"]) : rng.pick(["s", "st"]);
      const order = rng.pick(["ascending", "descending"] as const);
      const index = isIndex ? { index: "by-color" } : {};
      const { ids } = walk({ ...index, partition, order, limit: 1 + rng.below(6), ...bounds });
      const expected = [...live.values()]
        .filter((one) => (isIndex ? one.color : one.shelf) === partition)
        .map(({ id }) => id)
        .filter((id) => !("prefix" in bounds) || id.startsWith(prefix))
        .filter(
          (id) => !("from" in bounds) || (compareKeys(id, from) >= 0 && compareKeys(id, to) < 0),
        )
        .sort(compareKeys);
      if (order === "descending") expected.reverse();
      expect(ids).toEqual(expected);
    }
    for (const thing of live.values()) collect(thing);
    expect(Array.from(engine.range(tupleRange("x", app)))).toEqual([]);
  });

  it("step over many deleted items in bounded pages", () => {
    const { write, walk } = shelf();
    for (let at = 0; at < 12_000; at++)
      write({ shelf: "s", id: String(at).padStart(5, "0") }, true);
    write({ shelf: "s", id: "99999" });
    const { ids, pages } = walk({ partition: "s" });
    expect(ids).toEqual(["99999"]);
    expect(pages).toBe(3);
  });
});
