/** Laws of query: order, bounds, pages, indexes. *contract* */
import { assert } from "../../base/assert.ts";
import type { KeyValueSetup, Law } from "./contract.ts";
import { notes, settings } from "./contract-tables.ts";
import { compareKeys } from "./key.ts";
import {
  eventually,
  first,
  ids,
  misused,
  type Note,
  page,
  pages,
  put,
  remove,
  same,
} from "./law-contract.ts";
import type { Query } from "./port.ts";

const law = (name: string, check: Law["check"]): Law => ({ name, needs: "one region", check });

const awkward = [
  "a",
  "a\u0000",
  "a\u0000\u0001",
  "a\u0001",
  "ab",
  "ab/c",
  "abc",
  "a\ud7ff",
  "a\ue000",
  "a\uffff",
  "a\uffff\uffff",
  "a\u{10000}",
  "a\u{10ffff}",
  "b",
  "\u0000",
  "\u0001",
  "\uffff",
  "\u{10000}",
];

async function fill(setup: KeyValueSetup, owner: string, sorts: readonly string[]): Promise<void> {
  for (const id of sorts) await put(first(setup), { owner, id });
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort(compareKeys);
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(at).padStart(3, "0"));

async function fails(setup: KeyValueSetup, query: Query, what: string): Promise<void> {
  const end = await first(setup).query(notes, query);
  assert(end.kind === "failed" && end.code === "invalid", `${what}: ${JSON.stringify(end)}`);
  assert(end.reason.length > 0, `${what}: a refusal names its reason`);
}

/** The items of an index, once it has caught up with what is expected. */
const indexed = (setup: KeyValueSetup, query: Query, expected: readonly string[], what: string) =>
  eventually(setup, async () => same(ids(await pages(first(setup), query)), expected, what));

export const queryLaws: readonly Law[] = [
  law("a query answers in code-point order of the sort key, both ways", async (setup) => {
    await fill(setup, "p", awkward);
    const up = await pages(first(setup), { partition: "p" });
    same(ids(up), sorted(awkward), "ascending");
    const down = await pages(first(setup), { partition: "p", order: "descending" });
    same(ids(down), sorted(awkward).reverse(), "descending");
  }),
  law("a query sees its partition only, not one whose name begins alike", async (setup) => {
    const partitions = ["a", "a\u0000", "ab", "a\u0001", "b", "a\uffff"];
    for (const owner of partitions) await fill(setup, owner, ["1", `of ${owner}`]);
    for (const partition of partitions) {
      const found = await pages(first(setup), { partition });
      same(ids(found), ["1", `of ${partition}`], JSON.stringify(partition));
    }
    same(await pages(first(setup), { partition: "c" }), [], "an empty partition");
  }),
  law("a prefix holds every sort key that begins with it, and no other", async (setup) => {
    await fill(setup, "p", awkward);
    for (const prefix of ["", "a", "ab", "a\u0000", "a\uffff", "a\ud7ff", "\u{10000}", "x"]) {
      const expected = sorted(awkward.filter((id) => id.startsWith(prefix)));
      for (const order of ["ascending", "descending"] as const) {
        const found = ids(await pages(first(setup), { partition: "p", prefix, order }));
        const what = `${JSON.stringify(prefix)} ${order}`;
        same(order === "ascending" ? found : found.reverse(), expected, what);
      }
    }
  }),
  law("a range takes its first bound and leaves its last", async (setup) => {
    await fill(setup, "p", awkward);
    const within = (from?: string, to?: string) =>
      sorted(awkward).filter(
        (id) =>
          (from === undefined || compareKeys(id, from) >= 0) &&
          (to === undefined || compareKeys(id, to) < 0),
      );
    const bounds: readonly { from?: string; to?: string }[] = [
      { from: "a", to: "b" },
      { from: "a\u0000" },
      { to: "a\u0001" },
      { from: "ab", to: "ab" },
      { from: "b", to: "a" },
      { from: "a\ue000", to: "a\u{10000}" },
    ];
    for (const { from, to } of bounds) {
      const query = {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      };
      const found = await pages(first(setup), { partition: "p", ...query });
      same(ids(found), within(from, to), JSON.stringify(query));
    }
  }),
  law("pages of any size together are the whole, each item once", async (setup) => {
    const all = numbered(23);
    await fill(setup, "p", all);
    for (const limit of [1, 5, 22, 23, 24]) {
      for (const order of ["ascending", "descending"] as const) {
        const one = await page(first(setup), { partition: "p", limit, order });
        assert(one.items.length <= limit, `at most ${limit} items`);
        const found = ids(await pages(first(setup), { partition: "p", limit, order }));
        same(order === "ascending" ? found : found.reverse(), all, `${limit}, ${order}`);
      }
    }
    const last = await page(first(setup), { partition: "p", limit: 23 });
    same(last.cursor, undefined, "the last page has no cursor");
  }),
  law("items that come and go between two pages neither repeat nor hide others", async (setup) => {
    const store = first(setup);
    await fill(setup, "p", numbered(10));
    const start = await page(store, { partition: "p", limit: 5 });
    const { cursor } = start;
    assert(cursor !== undefined, "there is a second page");
    for (const id of ["001", "004", "006"]) await remove(store, "p", id);
    for (const id of ["0005", "0041", "0075"]) await put(store, { owner: "p", id });
    const rest = await pages(store, { partition: "p", limit: 5, cursor });
    same(ids(rest), ["0041", "005", "007", "0075", "008", "009"], "second page");
  }),
  law("a page has at most 1 MB, and the next one goes on", async (setup) => {
    const body = "y".repeat(300_000);
    for (const id of numbered(6)) await put(first(setup), { owner: "p", id, body });
    const one = await page(first(setup), { partition: "p" });
    const bytes = JSON.stringify(one.items.map(({ item }) => item)).length;
    assert(bytes <= 1_048_576, `a page of ${bytes} bytes`);
    same(ids(await pages(first(setup), { partition: "p" })), numbered(6), "all pages");
  }),
  law("a cursor is refused by any query but its own, and so is one made up", async (setup) => {
    const store = first(setup);
    for (const id of numbered(4)) {
      await put(store, { owner: "p", id, tag: "t", at: id });
      await put(store, { owner: "q", id });
    }
    const { cursor } = await page(store, { partition: "p", limit: 2 });
    assert(cursor !== undefined, "there is a cursor");
    await fails(setup, { partition: "q", cursor }, "another partition");
    await fails(setup, { partition: "p", order: "descending", cursor }, "another order");
    await fails(setup, { partition: "p", index: "by-text", cursor }, "an index");
    const elsewhere = await store.query(settings, { partition: "p", cursor });
    assert(elsewhere.kind === "failed" && elsewhere.code === "invalid", "another table");
    for (const forged of ["", "x", "no cursor", `${cursor}x`, cursor.slice(0, -2), "é".repeat(9)]) {
      await fails(setup, { partition: "p", cursor: forged }, `forged ${forged}`);
    }
  }),
  law("texts that no key can be make a query invalid, and the rest is misuse", async (setup) => {
    await fails(setup, { partition: "" }, "no partition");
    await fails(setup, { partition: "p", prefix: "\ud800" }, "half a surrogate pair");
    const wrong: readonly (readonly [what: string, query: Query])[] = [
      ["an unknown index", { partition: "p", index: "by-magic" }],
      ["limit 0", { partition: "p", limit: 0 }],
      ["limit 1001", { partition: "p", limit: 1_001 }],
      ["limit 1.5", { partition: "p", limit: 1.5 }],
      ["prefix and range", { partition: "p", prefix: "a", from: "b" }],
      ["no sort key", { partition: "p", index: "by-text", prefix: "a" }],
      ["a partition that is a number", { partition: 1 as never }],
      ["an unknown order", { partition: "p", order: "newest" as never }],
    ];
    for (const [what, query] of wrong) await misused(first(setup).query(notes, query), what);
  }),
  law("an index is sparse and in the order of its sort key, equal ones included", async (setup) => {
    const items: Note[] = [
      { owner: "z", id: "1", tag: "red", at: "3" },
      { owner: "y", id: "2", tag: "red", at: "1" },
      { owner: "x", id: "3", tag: "red", at: "2" },
      { owner: "x", id: "4", tag: "red", at: "2" },
      { owner: "x", id: "5", tag: "red" },
      { owner: "x", id: "6", at: "0" },
      { owner: "x", id: "7", tag: "reddish", at: "0" },
    ];
    for (const item of items) await put(first(setup), item);
    const red = { index: "by-tag", partition: "red" };
    await indexed(setup, red, ["2", "3", "4", "1"], "ascending");
    const down = ids(await pages(first(setup), { ...red, order: "descending", limit: 1 }));
    same(down, ["1", "4", "3", "2"], "descending, one by one");
    same(ids(await pages(first(setup), { ...red, prefix: "2" })), ["3", "4"], "prefix");
    same(ids(await pages(first(setup), { ...red, from: "2" })), ["3", "4", "1"], "range");
  }),
  law("an index follows its items: changed, un-indexed, deleted, created anew", async (setup) => {
    const store = first(setup);
    const red = { index: "by-tag", partition: "red" };
    const blue = { index: "by-tag", partition: "blue" };
    await put(store, { owner: "a", id: "1", tag: "red", at: "1", count: 1 });
    await put(store, { owner: "a", id: "2", tag: "red", at: "2" });
    await indexed(setup, red, ["1", "2"], "created");
    await put(store, { owner: "a", id: "1", tag: "red", at: "3", count: 2 });
    await indexed(setup, red, ["2", "1"], "moved");
    same((await pages(store, red))[1]?.count, 2, "the present item, not the one indexed first");
    await put(store, { owner: "a", id: "1", tag: "blue", at: "3" });
    await indexed(setup, red, ["2"], "left for another partition");
    await indexed(setup, blue, ["1"], "arrived in another partition");
    await put(store, { owner: "a", id: "1" });
    await indexed(setup, blue, [], "un-indexed");
    await remove(store, "a", "2");
    await indexed(setup, red, [], "deleted");
    await put(store, { owner: "a", id: "2", tag: "red", at: "9" });
    await indexed(setup, red, ["2"], "created anew");
  }),
];
