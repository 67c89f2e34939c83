/** Broken adapters: each must fail the law named for its fault, which the sound one keeps. */
import { describe, expect, it } from "vitest";
import {
  contractTables,
  describeKeyValueContract,
  type KeyValueSetup,
  keyValueLaws,
} from "./contract.ts";
import type { EngineWriter } from "./engine.ts";
import { itemsOf, readItem, removeItem, type Stored, writeItem } from "./items.ts";
import { tupleRange } from "./key.ts";
import { createMemoryEngine, type MemoryEngine } from "./memory-engine.ts";
import { createMemoryKeyValueStore, type MemoryKeyValueStore } from "./memory-store.ts";
import type { Found, KeyValueStore, Page, Query, ReadOutcome, Write } from "./port.ts";
import type { ItemKey, TableDefinition } from "./table.ts";

const app = "contract";

interface Regions {
  readonly engines?: (engine: MemoryEngine) => MemoryEngine;
  readonly stores?: (store: MemoryKeyValueStore) => KeyValueStore;
  /** What a region does with an item of the other: the fault of replication. */
  readonly arrive?: (
    writer: EngineWriter,
    table: TableDefinition,
    key: ItemKey,
    late: Stored,
  ) => void;
}

/** The later clock wins, then the region: what merge.ts does, in its simplest form. */
function mergeLater(
  writer: EngineWriter,
  table: TableDefinition,
  key: ItemKey,
  late: Stored,
): void {
  const here = readItem(writer, app, table.name, key);
  const isOlder =
    here !== undefined &&
    (here.clock > late.clock ||
      (here.clock === late.clock && here.stamp.region >= late.stamp.region));
  if (!isOlder) writeItem(writer, app, table, key, late);
}

/** Two regions that exchange all their items whenever time passes and nothing parts them. */
function twoRegions({ engines, stores, arrive = mergeLater }: Regions = {}): KeyValueSetup {
  let nowMs = 1_000;
  let isParted = false;
  const open = (region: string) => {
    const engine = (engines ?? ((one) => one))(createMemoryEngine());
    const now = () => nowMs;
    const store = createMemoryKeyValueStore({ app, tables: contractTables, region, now, engine });
    return { engine, id: region, store: (stores ?? ((one) => one))(store) };
  };
  const [one, two] = [open("one"), open("two")] as const;
  const send = (from: typeof one, to: typeof one): void => {
    const all = Array.from(itemsOf(from.engine, app));
    to.engine.transact((writer) => {
      for (const { table, key, stored } of all) {
        const definition = contractTables.find(({ name }) => name === table) as TableDefinition;
        arrive(writer, definition, key, stored);
      }
    });
  };
  return {
    regions: [one, two],
    advance: async (ms) => {
      nowMs += ms;
      if (isParted) return;
      send(one, two);
      send(two, one);
    },
    partition: async () => {
      isParted = true;
    },
    heal: async () => {
      isParted = false;
    },
  };
}

describeKeyValueContract("two memory regions that exchange their items", async () => twoRegions());

type Broken = readonly [fault: string, law: RegExp, regions: () => Regions];

const stores = (change: (store: MemoryKeyValueStore) => Partial<KeyValueStore>) => (): Regions => ({
  stores: (store) => ({ ...store, ...change(store) }),
});

const transacting = (change: (writes: readonly Write[]) => readonly Write[]) =>
  stores((store) => ({
    transact: (writes, options) => store.transact(change(writes), options),
  }));

type AnyPage = ReadOutcome<Page<never>>;
const querying = (
  run: (
    store: MemoryKeyValueStore,
    query: Query,
    ask: (query: Query) => Promise<AnyPage>,
  ) => Promise<AnyPage>,
) =>
  stores((store) => ({
    query: ((table: TableDefinition, query: Query) =>
      run(
        store,
        query,
        (one) => store.query(table, one) as Promise<AnyPage>,
      )) as KeyValueStore["query"],
  }));

function sortPage(outcome: AnyPage, compare: (a: string, b: string) => number): AnyPage {
  if (outcome.kind === "failed") return outcome;
  const idOf = (found: Found<never>) => (found.item as { id: string }).id;
  const items = [...outcome.value.items].sort((a, b) => compare(idOf(a), idOf(b)));
  return { ...outcome, value: { ...outcome.value, items } };
}

const withoutIndexRemoval = (engine: MemoryEngine): MemoryEngine => {
  const index = tupleRange("x");
  return {
    ...engine,
    transact: (body) =>
      engine.transact((writer) =>
        body({
          ...writer,
          remove: (key) => {
            if (key < index.from || key >= index.to) writer.remove(key);
          },
        }),
      ),
  };
};

const broken: readonly Broken[] = [
  [
    "lost update: ifVersion is not looked at",
    /no update is lost/,
    transacting((writes) =>
      writes.map((write) => {
        const { ifVersion: _, ...rest } = write;
        return rest as Write;
      }),
    ),
  ],
  [
    "blind creation: ifAbsent is not looked at",
    /ifAbsent holds for what never was/,
    transacting((writes) =>
      writes.map((write) => (write.kind === "put" ? { ...write, ifAbsent: false } : write)),
    ),
  ],
  [
    "half a transaction: writes are done one by one",
    /writes nothing at all/,
    stores((store) => ({
      transact: async (writes, options) => {
        for (const write of writes.slice(0, -1)) await store.transact([write]);
        return store.transact(writes.slice(-1), options);
      },
    })),
  ],
  [
    "duplicate on retry: idempotency keys are not kept",
    /no second effect/,
    stores((store) => ({ transact: (writes) => store.transact(writes) })),
  ],
  [
    "idempotency outside the transaction: looked up first, written afterwards",
    /only one has an effect/,
    stores((store) => {
      const used = new Map<string, unknown>();
      return {
        transact: async (writes, options) => {
          const name = JSON.stringify([options?.idempotency?.scope, options?.idempotency?.key]);
          const known = used.get(name);
          const outcome = await store.transact(known === undefined ? writes : []);
          used.set(name, options?.idempotency?.response);
          return outcome;
        },
      };
    }),
  ],
  [
    "stale read: get answers what it answered before",
    /read by the next get/,
    stores((store) => {
      const cache = new Map<string, unknown>();
      const get = async (table: TableDefinition, key: never) => {
        const name = JSON.stringify([table.name, key]);
        if (!cache.has(name)) cache.set(name, await store.get(table, key));
        return cache.get(name);
      };
      return { get: get as KeyValueStore["get"] };
    }),
  ],
  [
    "prefix bug: a prefix ends at U+FFFF",
    /a prefix holds every sort key/,
    querying((_, { prefix, ...query }, ask) =>
      ask(prefix === undefined ? query : { ...query, from: prefix, to: `${prefix}\uffff` }),
    ),
  ],
  [
    "partition bug: a partition holds those whose names begin with it",
    /a query sees its partition only/,
    querying(async (_, query, ask) => {
      const own = await ask(query);
      const longer = await ask({ ...query, partition: `${query.partition}b` });
      if (own.kind === "failed" || longer.kind === "failed") return own;
      const items = [...own.value.items, ...longer.value.items];
      return { ...own, value: { ...own.value, items } };
    }),
  ],
  [
    "UTF-16 order: keys are compared as JavaScript does",
    /code-point order/,
    querying(async (_, query, ask) =>
      sortPage(
        await ask({ ...query, limit: 1_000 }),
        (a, b) => (a < b ? -1 : 1) * (query.order === "descending" ? -1 : 1),
      ),
    ),
  ],
  [
    "counting cursor: a page begins after so many items",
    /neither repeat nor hide others/,
    querying(async (_, { cursor, ...query }, ask) => {
      const all = await ask({ ...query, limit: 1_000 });
      if (all.kind === "failed") return all;
      const start = Number(cursor ?? 0);
      const end = start + (query.limit ?? 20);
      const items = all.value.items.slice(start, end);
      const more = end < all.value.items.length ? { cursor: String(end) } : {};
      return { ...all, value: { items, ...more } };
    }),
  ],
  [
    "cursor for anything: a cursor that does not fit begins anew",
    /a cursor is refused/,
    querying(async (_, query, ask) => {
      const answer = await ask(query);
      const { cursor: _cursor, ...fresh } = query;
      return answer.kind === "failed" ? ask(fresh) : answer;
    }),
  ],
  [
    "stale index: entries of old values stay",
    /an index follows its items/,
    () => ({ engines: withoutIndexRemoval }),
  ],
  [
    "resurrected delete: a delete leaves no tombstone behind",
    /stays a delete after healing/,
    stores((store) => ({
      transact: async (writes, options) => {
        const outcome = await store.transact(writes, options);
        const gone = Array.from(itemsOf(store.engine, app)).filter(
          ({ stored }) => stored.value === null,
        );
        store.engine.transact((writer) => {
          for (const { table, key } of gone) {
            const definition = contractTables.find(({ name }) => name === table);
            removeItem(writer, app, definition as TableDefinition, key);
          }
        });
        return outcome;
      },
    })),
  ],
  [
    "last arrival wins: what arrives replaces what is there",
    /leave the regions equal/,
    () => ({ arrive: (writer, table, key, late) => void writeItem(writer, app, table, key, late) }),
  ],
  [
    "deletes are not sent",
    /what was deleted stays deleted everywhere/,
    () => ({
      arrive: (writer, table, key, late) => {
        if (late.value !== null) mergeLater(writer, table, key, late);
      },
    }),
  ],
];

describe("the contract finds broken adapters", () => {
  for (const [fault, law, regions] of broken) {
    it(`finds ${fault}`, async () => {
      const named = keyValueLaws.filter(({ name }) => law.test(name));
      expect(named).toHaveLength(1);
      for (const { check } of named) {
        await check(twoRegions());
        await expect(check(twoRegions(regions()))).rejects.toThrow();
      }
    });
  }

  it("has a different name for each law", () => {
    expect(new Set(keyValueLaws.map(({ name }) => name)).size).toBe(keyValueLaws.length);
  });
});
