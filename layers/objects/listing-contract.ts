/** Laws of listings: order, prefixes, pages. *contract* */
import { assert } from "../../base/assert.ts";
import type { ObjectLaw, ObjectSetup } from "./contract.ts";
import { allKeys, content, done, first, law, list, PNG, same } from "./law-contract.ts";

const one = (name: string, check: ObjectLaw["check"]): ObjectLaw => law(name, "one region", check);

async function putAll(setup: ObjectSetup, keys: readonly string[], bucket = "pictures") {
  const staged = await done(first(setup).stage(content(5)));
  for (const key of keys) await done(first(setup).name(bucket, key, staged, PNG));
}

/** In code-point order; UTF-16 units would put the last two the other way round. */
const ORDERED = ["A", "B", "a", "a/", "a/1", "a/10", "a/2", "aa", "b", "é", "\uffee", "\u{1f4f7}"];

export const listingLaws: readonly ObjectLaw[] = [
  one("a listing is in code-point order of keys", async (setup) => {
    await putAll(setup, [...ORDERED].reverse());
    same(await allKeys(first(setup)), ORDERED, "all");
    same(await allKeys(first(setup), { limit: 5 }), ORDERED, "in pages of 5");
  }),
  one("a prefix holds every key that begins with it, and no other", async (setup) => {
    await putAll(setup, [...ORDERED, "a\u{10ffff}", "a\u{10ffff}z", "\uffff1"]);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["a/", ["a/", "a/1", "a/10", "a/2"]],
      ["a/1", ["a/1", "a/10"]],
      ["a\u{10ffff}", ["a\u{10ffff}", "a\u{10ffff}z"]],
      ["\uffff", ["\uffff1"]],
      ["z", []],
    ];
    for (const [prefix, expected] of cases) {
      same(await allKeys(first(setup), { prefix }), expected, `the prefix ${prefix}`);
      same(await allKeys(first(setup), { prefix, limit: 1 }), expected, `${prefix}, one by one`);
    }
    const all = await allKeys(first(setup), { prefix: "a" });
    assert(
      all.every((key) => key.startsWith("a")),
      "nothing beyond the prefix",
    );
    same(all.length, 8, "keys with the prefix a");
  }),
  one("a listing sees nothing of another bucket", async (setup) => {
    await putAll(setup, ["1", "2"]);
    await putAll(setup, ["2", "3"], "pictures-2");
    same(await allKeys(first(setup)), ["1", "2"], "pictures");
    same(await allKeys(first(setup), {}, "pictures-2"), ["2", "3"], "pictures-2");
    same(await allKeys(first(setup), {}, "uploads"), [], "uploads");
  }),
  one("objects that come and go between pages neither repeat nor hide others", async (setup) => {
    await putAll(setup, ["b", "d", "f", "h"]);
    const page = await list(first(setup), { limit: 2 });
    same(
      page.objects.map(({ key }) => key),
      ["b", "d"],
      "the first page",
    );
    assert(page.cursor !== undefined, "there is more");
    await putAll(setup, ["a", "g"]);
    await done(first(setup).remove("pictures", "b"));
    await done(first(setup).remove("pictures", "d"));
    same(await allKeys(first(setup), { cursor: page.cursor }), ["f", "g", "h"], "the rest");
  }),
  one("a limit that cannot be, or a cursor of nobody, is refused", async (setup) => {
    for (const limit of [0, -1, 1.5, 1001]) {
      const got = await first(setup).list("pictures", { limit });
      same(got.kind === "failed" ? got.code : "ok", "invalid", `the limit ${limit}`);
    }
  }),
];
