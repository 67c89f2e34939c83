/** Laws of get and transact within one region. *contract* */
import { assert } from "../../base/assert.ts";
import type { Law } from "./contract.ts";
import { notes, settings, strangers } from "./contract-tables.ts";
import {
  deleteNote,
  first,
  getNote,
  misused,
  put,
  putNote,
  readValue,
  refused,
  remove,
  same,
  written,
} from "./law-contract.ts";
import type { Write } from "./port.ts";

const law = (name: string, check: Law["check"]): Law => ({ name, needs: "one region", check });
const conditional = (name: string, check: Law["check"]): Law => ({
  name,
  needs: "conditions",
  check,
});
const record = (requestHash: string, scope = "ada") => ({
  idempotency: { scope, key: "k1", requestHash, response: { status: 201, body: [requestHash] } },
});

export const writeLaws: readonly Law[] = [
  law("an acknowledged write is read by the next get", async (setup) => {
    const store = first(setup);
    for (let count = 1; count <= 5; count++) {
      const { version } = await put(store, { owner: "a", id: "1", count });
      const found = await getNote(store, "a", "1");
      same(found, { item: { owner: "a", id: "1", count }, version }, "get");
    }
    same(await getNote(store, "a", "2"), undefined, "an item that was never written");
  }),
  law("every write gives the item another version, equal content or not", async (setup) => {
    const store = first(setup);
    const versions = new Set<string>();
    for (let count = 0; count < 4; count++) {
      versions.add((await put(store, { owner: "a", id: "1", text: "the same" })).version);
      if (count === 1) await remove(store, "a", "1");
    }
    same(versions.size, 4, "different versions");
  }),
  conditional(
    "of two writes on one version only the first succeeds: no update is lost",
    async (setup) => {
      const store = first(setup);
      const { version } = await put(store, { owner: "a", id: "1", count: 0 });
      const add = (count: number) =>
        store.transact([putNote({ owner: "a", id: "1", count }, { ifVersion: version })]);
      const ends = await Promise.all([add(1), add(2), add(3)]);
      same(ends.map(({ kind }) => kind).sort(), ["failed", "failed", "ok"], "outcomes");
      await refused(add(4), "condition-failed");
      const winner = ends.findIndex(({ kind }) => kind === "ok") + 1;
      same((await getNote(store, "a", "1"))?.item.count, winner, "the winner's value");
    },
  ),
  conditional(
    "ifAbsent holds for what never was and for what was deleted, and only then",
    async (setup) => {
      const store = first(setup);
      const create = () => store.transact([putNote({ owner: "a", id: "1" }, { ifAbsent: true })]);
      const ends = await Promise.all([create(), create()]);
      same(ends.map(({ kind }) => kind).sort(), ["failed", "ok"], "two creations");
      await remove(store, "a", "1");
      await written(create());
    },
  ),
  conditional("ifVersion never holds for an absent or deleted item", async (setup) => {
    const store = first(setup);
    const { version } = await put(store, { owner: "a", id: "1" });
    await remove(store, "a", "1");
    const again = putNote({ owner: "a", id: "1" }, { ifVersion: version });
    await refused(store.transact([again]), "condition-failed");
    await refused(
      store.transact([deleteNote({ owner: "a", id: "1" }, version)]),
      "condition-failed",
    );
    same(await getNote(store, "a", "1"), undefined, "still deleted");
  }),
  conditional(
    "a deleted item is gone from get and query, and may be created anew",
    async (setup) => {
      const store = first(setup);
      const { version } = await put(store, { owner: "a", id: "1", text: "old" });
      await written(store.transact([deleteNote({ owner: "a", id: "1" }, version)]));
      same(await getNote(store, "a", "1"), undefined, "get");
      const query = () => readValue(store.query(notes, { partition: "a" }));
      same((await query()).items, [], "query");
      await remove(store, "a", "1");
      const created = await put(store, { owner: "a", id: "1", count: 2 });
      assert(created.version !== version, "a new version");
      const item = { owner: "a", id: "1", count: 2 };
      same((await query()).items, [{ item, version: created.version }], "nothing of the old one");
    },
  ),
  conditional("a transaction whose condition fails writes nothing at all", async (setup) => {
    const store = first(setup);
    await put(store, { owner: "a", id: "taken", count: 1 });
    const writes: Write[] = [
      putNote({ owner: "a", id: "new" }),
      { kind: "put", table: settings, item: { name: "limit", value: 1 } },
      deleteNote({ owner: "a", id: "taken" }),
      putNote({ owner: "b", id: "taken" }),
      { kind: "check", table: notes, key: { owner: "a", id: "absent" }, ifVersion: "1.1.x" },
    ];
    await refused(store.transact(writes), "condition-failed");
    same(await getNote(store, "a", "new"), undefined, "put before the condition");
    same((await getNote(store, "a", "taken"))?.item.count, 1, "delete before the condition");
    same(await readValue(store.get(settings, { name: "limit" })), undefined, "another table");
    same(await getNote(store, "b", "taken"), undefined, "another partition");
  }),
  law("a transaction writes all its items, in several tables", async (setup) => {
    const store = first(setup);
    await written(
      store.transact([
        putNote({ owner: "a", id: "2" }),
        { kind: "put", table: settings, item: { name: "limit", value: 7 } },
      ]),
    );
    assert((await getNote(store, "a", "2")) !== undefined, "the note is there");
    const limit = await readValue(store.get(settings, { name: "limit" }));
    same(limit?.item, { name: "limit", value: 7 }, "the setting is there");
  }),
  conditional("a check holds without writing", async (setup) => {
    const store = first(setup);
    const { version } = await put(store, { owner: "a", id: "1", count: 1 });
    await written(
      store.transact([
        { kind: "check", table: notes, key: { owner: "a", id: "1" }, ifVersion: version },
        { kind: "check", table: notes, key: { owner: "a", id: "9" }, ifAbsent: true },
        putNote({ owner: "a", id: "2" }),
      ]),
    );
    same((await getNote(store, "a", "1"))?.version, version, "a checked item keeps its version");
    assert((await getNote(store, "a", "2")) !== undefined, "the note is there");
  }),
  law("limits are refused with a reason, and leave nothing", async (setup) => {
    const store = first(setup);
    const one = (item: object) => store.transact([{ kind: "put", table: notes, item }]);
    const body = "x".repeat(410_000);
    await refused(one({ owner: "a", id: "1", body }), "too-large", "invalid");
    await refused(one({ owner: "a", id: "x".repeat(1_025) }), "too-large", "invalid");
    await refused(one({ owner: "x".repeat(1_201), id: "1" }), "too-large", "invalid");
    await refused(one({ owner: "a", id: "\ud800" }), "invalid");
    await refused(one({ owner: "a", id: "" }), "invalid");
    const many = Array.from({ length: 97 }, (_, at) => putNote({ owner: "a", id: `${at}` }));
    await refused(store.transact(many), "too-large", "invalid");
    await written(store.transact(many.slice(1)));
    same(await getNote(store, "a", "0"), undefined, "nothing of what was refused");
    assert((await getNote(store, "a", "96")) !== undefined, "96 writes fit");
  }),
  law(
    "what only the calling code can have got wrong is thrown, and leaves nothing",
    async (setup) => {
      const store = first(setup);
      const good = putNote({ owner: "a", id: "1" });
      const { item: _, ...keyless } = good;
      const wrong: readonly (readonly [what: string, write: object])[] = [
        ["a key that is a number", { ...good, item: { owner: "a", id: 1 } }],
        ["a put without its key", { ...good, item: { owner: "a" } }],
        ["a put of nothing", keyless],
        ["what JSON cannot say", { ...good, item: { owner: "a", id: "2", count: Number.NaN } }],
        ["a delete without its key", { kind: "delete", table: notes, key: { owner: "a" } }],
        ["an item named twice", good],
        [
          "two conditions",
          { ...good, item: { owner: "a", id: "3" }, ifAbsent: true, ifVersion: "1" },
        ],
        ["an unknown kind", { ...good, kind: "update" }],
        ["another app's table", { kind: "put", table: strangers, item: { id: "1" } }],
        ["a table like one of the app's", { ...good, table: { ...notes, indexes: {} } }],
      ];
      for (const [what, write] of wrong) {
        await misused(store.transact([good, write as Write]), what);
      }
      await misused(store.transact([]), "a transaction of nothing");
      await misused(store.get(strangers, { id: "1" }), "a read of another app's table");
      await misused(store.query(strangers, { partition: "1" }), "a query of another app's table");
      await misused(store.get(notes, { owner: "a" } as never), "a read without the key");
      same(await getNote(store, "a", "1"), undefined, "nothing of what was refused");
    },
  ),
  {
    name: "a condition is refused where several regions write: it could hold in each of them",
    needs: "no conditions",
    check: async (setup) => {
      const store = first(setup);
      const { version } = await put(store, { owner: "a", id: "1", count: 1 });
      const key = { owner: "a", id: "1" };
      const conditional: readonly Write[] = [
        putNote({ owner: "a", id: "2" }, { ifAbsent: true }),
        putNote({ owner: "a", id: "1" }, { ifVersion: version }),
        deleteNote(key, version),
        { kind: "check", table: notes, key, ifVersion: version },
        { kind: "check", table: notes, key, ifAbsent: true },
      ];
      for (const write of conditional) {
        await misused(store.transact([putNote({ owner: "b", id: "1" }), write]), write.kind);
      }
      same((await getNote(store, "a", "1"))?.item.count, 1, "the item as it was");
      same(await getNote(store, "b", "1"), undefined, "what stood beside the condition");
      await written(
        store.transact([putNote({ owner: "b", id: "1" }), { kind: "check", table: notes, key }]),
      );
    },
  },
  law(
    "a retry with the same idempotency key has no second effect and the same answer",
    async (setup) => {
      const store = first(setup);
      const order = (id: string) => store.transact([putNote({ owner: "a", id })], record("h1"));
      const done = await written(order("1"));
      assert(done.replayed === undefined, "the first is no replay");
      const [again, third] = await Promise.all([written(order("2")), written(order("3"))]);
      const response = { status: 201, body: ["h1"] };
      same([again.replayed, third.replayed], [response, response], "the stored response");
      same(await getNote(store, "a", "2"), undefined, "no second effect");
      same(await getNote(store, "a", "3"), undefined, "no third effect");
    },
  ),
  law("of two requests at once with one idempotency key only one has an effect", async (setup) => {
    const store = first(setup);
    const order = (id: string) => store.transact([putNote({ owner: "a", id })], record("h1"));
    const ends = await Promise.all([written(order("1")), written(order("2"))]);
    same(ends.filter(({ replayed }) => replayed === undefined).length, 1, "effects");
    const page = await readValue(store.query(notes, { partition: "a" }));
    same(page.items.length, 1, "items");
  }),
  law(
    "an idempotency key with another request is refused, in another scope it is free",
    async (setup) => {
      const store = first(setup);
      await written(store.transact([putNote({ owner: "a", id: "1" })], record("h1")));
      const other = store.transact([putNote({ owner: "a", id: "2" })], record("h2"));
      await refused(other, "idempotency-mismatch");
      same(await getNote(store, "a", "2"), undefined, "nothing was written");
      const scoped = store.transact([putNote({ owner: "a", id: "3" })], record("h2", "bob"));
      same((await written(scoped)).replayed, undefined, "another scope");
      const known = await readValue(store.recall("ada", "k1"));
      same(known?.requestHash, "h1", "recall");
      same(known?.response, { status: 201, body: ["h1"] }, "recall");
      same(await readValue(store.recall("eve", "k1")), undefined, "recall in an unused scope");
    },
  ),
  conditional("a request that failed leaves its idempotency key free", async (setup) => {
    const store = first(setup);
    await put(store, { owner: "a", id: "1" });
    const create = putNote({ owner: "a", id: "1" }, { ifAbsent: true });
    await refused(store.transact([create], record("h1")), "condition-failed");
    same(await readValue(store.recall("ada", "k1")), undefined, "recall");
    await remove(store, "a", "1");
    same((await written(store.transact([create], record("h1")))).replayed, undefined, "a new try");
  }),
  law("receipts name writes: each transaction has its own", async (setup) => {
    const store = first(setup);
    const receipts = new Set<string>();
    for (let at = 0; at < 5; at++)
      receipts.add((await put(store, { owner: "a", id: "1" })).receipt);
    same(receipts.size, 5, "receipts");
    const session = [...receipts];
    const read = await store.get(notes, { owner: "a", id: "1" }, { session });
    assert(read.kind === "ok", "a session's read succeeds");
    same(read.info.missing ?? [], [], "own writes are not missing where they were made");
  }),
  law("subscribers hear of each changed partition, until they leave", async (setup) => {
    const store = first(setup);
    const heard: string[] = [];
    const leave = store.subscribe(({ table, partition }) => heard.push(`${table} ${partition}`));
    await written(
      store.transact([
        putNote({ owner: "a", id: "1" }),
        { kind: "put", table: settings, item: { name: "limit", value: 1 } },
      ]),
    );
    await setup.advance(50);
    same([...new Set(heard)].sort(), ["notes a", "settings limit"], "heard");
    leave();
    const before = heard.length;
    await put(store, { owner: "a", id: "2" });
    await setup.advance(50);
    same(heard.length, before, "after leaving");
  }),
  law("subscribers never hear of the platform's own tables", async (setup) => {
    const store = first(setup);
    const heard: string[] = [];
    store.subscribe(({ table, partition }) => heard.push(`${table} ${partition}`));
    await written(store.transact([putNote({ owner: "a", id: "1" })], record("hash", "user-7")));
    await written(store.transact([putNote({ owner: "b", id: "1" })], record("hash", "user-8")));
    await setup.advance(50);
    same([...new Set(heard)].sort(), ["notes a", "notes b"], "heard");
  }),
];
