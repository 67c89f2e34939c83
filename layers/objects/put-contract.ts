/** Laws of one region: what is put, what is read, and what is refused. *contract* */
import { assert } from "../../base/assert.ts";
import type { ObjectLaw } from "./contract.ts";
import {
  bytesOf,
  chunked,
  content,
  done,
  drain,
  first,
  head,
  law,
  list,
  PNG,
  put,
  read,
  refused,
  same,
  sameBytes,
} from "./law-contract.ts";
import type { Digest, ObjectStore } from "./port.ts";

const one = (name: string, check: ObjectLaw["check"]): ObjectLaw => law(name, "one region", check);

/** Sizes around chunks, and one that takes several of them. */
const SIZES = [0, 1, 63, 64, 65, 1000, 300_000];
const EMPTY: Digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

async function nothingIs(store: ObjectStore, key: string): Promise<void> {
  same(await head(store, key), undefined, `the row of ${key}`);
  const keys = (await list(store)).objects.map((object) => object.key);
  assert(!keys.includes(key), `${key} is listed`);
}

export const putLaws: readonly ObjectLaw[] = [
  one("what is put is read back, whole and under its digest", async (setup) => {
    for (const size of SIZES) {
      const bytes = content(size, size + 1);
      const made = await put(first(setup), `of ${size}`, chunked(bytes, 777));
      same([made.sizeBytes, made.contentType], [size, "image/png"], "what put answers");
      const info = await head(first(setup), `of ${size}`);
      same(info?.digest, made.digest, "digest");
      same(info?.version, made.version, "version");
      sameBytes(await bytesOf(first(setup), `of ${size}`), bytes, `of ${size}`);
    }
  }),
  one("an empty object is an object", async (setup) => {
    const made = await put(first(setup), "empty", new Uint8Array(0));
    same([made.digest, made.sizeBytes], [EMPTY, 0], "empty");
    same((await bytesOf(first(setup), "empty"))?.length, 0, "its bytes");
  }),
  one("a range gives its bytes, both ends included", async (setup) => {
    const bytes = content(1000);
    const { digest, sizeBytes } = await put(first(setup), "a", bytes);
    const cases = [
      [{ first: 0, last: 0 }, 0, 0],
      [{ first: 10, last: 19 }, 10, 19],
      [{ first: 990 }, 990, 999],
      [{ first: 900, last: 5000 }, 900, 999],
      [{ first: 999 }, 999, 999],
      [undefined, 0, 999],
    ] as const;
    for (const [range, from, to] of cases) {
      const opened = await first(setup).open({ digest, sizeBytes }, range);
      assert(opened.kind === "ok", `a range should be read: ${JSON.stringify(opened)}`);
      same([opened.value.first, opened.value.last], [from, to], "what the range came to");
      sameBytes(await drain(opened.value.body), bytes.slice(from, to + 1), `${from} to ${to}`);
    }
  }),
  one("a range without a byte of the object is refused", async (setup) => {
    await put(first(setup), "a", content(100));
    for (const range of [{ first: 100 }, { first: 7, last: 3 }, { first: -1 }, { first: 0.5 }]) {
      const got = await first(setup).get("pictures", "a", range);
      const code = got.kind === "failed" ? got.code : "none";
      same(code, "range-not-satisfiable", `the range ${JSON.stringify(range)}`);
    }
  }),
  one("bytes that are not those of the digest are refused, and nothing is kept", async (setup) => {
    const [right, wrong] = [content(500, 1), content(500, 2)];
    const { digest } = await done(first(setup).stage(right));
    const given = first(setup).put("pictures", "a", wrong, { ...PNG, digest });
    await refused(given, "digest-mismatch");
    await nothingIs(first(setup), "a");
    await put(first(setup), "a", right, { digest });
    sameBytes(await bytesOf(first(setup), "a"), right, "the right bytes");
  }),
  one("bytes that are more or fewer than was said are refused", async (setup) => {
    for (const sizeBytes of [99, 101]) {
      const body = chunked(content(100), 10);
      await refused(
        first(setup).put("pictures", "a", body, { ...PNG, sizeBytes }),
        "digest-mismatch",
      );
    }
    await nothingIs(first(setup), "a");
    await put(first(setup), "a", content(100), { sizeBytes: 100 });
  }),
  one("a body that ends with an error leaves nothing", async (setup) => {
    const broken = chunked(content(5000), 500, true);
    await refused(first(setup).put("pictures", "a", broken, PNG), "interrupted");
    await nothingIs(first(setup), "a");
  }),
  one("a put that fails leaves what was there before", async (setup) => {
    await put(first(setup), "a", content(100, 1));
    const broken = chunked(content(5000, 2), 500, true);
    await refused(first(setup).put("pictures", "a", broken, PNG), "interrupted");
    sameBytes(await bytesOf(first(setup), "a"), content(100, 1), "what was there");
  }),
  one("a body that is too large is stopped while it arrives", async (setup) => {
    let given = 0;
    const endless = async function* () {
      for (; given < 10_000; given++) yield content(100);
    };
    const options = { ...PNG, limitBytes: 1000 };
    await refused(first(setup).put("pictures", "a", endless(), options), "too-large");
    assert(given < 100, `${given} chunks were read of a body that is too large after 11`);
    await nothingIs(first(setup), "a");
    await put(first(setup), "a", content(1000), { limitBytes: 1000 });
  }),
  one("staged bytes are inert until they are named", async (setup) => {
    const staged = await done(first(setup).stage(content(100)));
    same((await list(first(setup))).objects, [], "objects");
    await done(first(setup).name("pictures", "a", staged, PNG));
    sameBytes(await bytesOf(first(setup), "a"), content(100), "named");
  }),
  law("a row that names bytes which are not there is refused", "checked names", async (setup) => {
    const never = { digest: "0".repeat(64), sizeBytes: 5 };
    await refused(first(setup).name("pictures", "a", never, PNG), "condition-failed");
    await nothingIs(first(setup), "a");
    const staged = await done(first(setup).stage(content(10)));
    const larger = { ...staged, sizeBytes: 11 };
    await refused(first(setup).name("pictures", "a", larger, PNG), "condition-failed");
  }),
  law("ifAbsent holds once", "conditions", async (setup) => {
    await put(first(setup), "a", content(10, 1), { ifAbsent: true });
    const again = first(setup).put("pictures", "a", content(10, 2), { ...PNG, ifAbsent: true });
    await refused(again, "condition-failed");
    sameBytes(await bytesOf(first(setup), "a"), content(10, 1), "the first");
  }),
  law("ifVersion lets no update be lost", "conditions", async (setup) => {
    const { version } = await put(first(setup), "a", content(10, 1));
    await put(first(setup), "a", content(10, 2), { ifVersion: version });
    const late = first(setup).put("pictures", "a", content(10, 3), { ...PNG, ifVersion: version });
    await refused(late, "condition-failed");
    await refused(first(setup).remove("pictures", "a", { ifVersion: version }), "condition-failed");
    sameBytes(await bytesOf(first(setup), "a"), content(10, 2), "the second");
  }),
  one("what is removed is gone, and can be made again", async (setup) => {
    const before = await put(first(setup), "a", content(10));
    await done(first(setup).remove("pictures", "a"));
    await nothingIs(first(setup), "a");
    same(await read(first(setup).get("pictures", "a")), undefined, "get");
    await done(first(setup).remove("pictures", "a"));
    const after = await put(first(setup), "a", content(10));
    assert(before.version !== after.version, "another version");
    sameBytes(await bytesOf(first(setup), "a"), content(10), "made again");
  }),
  one("bytes under two names stay while one of them does", async (setup) => {
    await put(first(setup), "a", content(100));
    const info = await head(first(setup), "a");
    assert(info !== undefined, "a is there");
    await done(first(setup).name("pictures", "b", info, PNG));
    await done(first(setup).remove("pictures", "a"));
    await setup.advance(3000);
    sameBytes(await bytesOf(first(setup), "b"), content(100), "under the other name");
  }),
  one("the same bytes put twice at once are there", async (setup) => {
    const both = ["a", "b"].map((key) => put(first(setup), key, chunked(content(5000), 999)));
    const [left, right] = await Promise.all(both);
    same(left?.digest, right?.digest, "digests");
    for (const key of ["a", "b"]) sameBytes(await bytesOf(first(setup), key), content(5000), key);
  }),
  one("a key is text and leads nowhere else", async (setup) => {
    for (const key of ["../../etc/passwd", "a/../b", "/", "ü \u{1f4f7}", "%2e%2e/", "con"]) {
      await put(first(setup), key, content(10));
      same((await head(first(setup), key))?.key, key, "key");
      sameBytes(await bytesOf(first(setup), key), content(10), key);
    }
  }),
  one(
    "names, types and digests that cannot be are refused before a byte is read",
    async (setup) => {
      const never = async function* () {
        yield await Promise.reject(new Error("a byte was read"));
      };
      const keys = ["", "a\u0000", "x".repeat(1025), "\ud800"];
      for (const key of keys) {
        await refused(first(setup).put("pictures", key, never(), PNG), "invalid");
      }
      await refused(first(setup).put("no-such", "a", never(), PNG), "invalid");
      const type = { contentType: "not a type" };
      await refused(first(setup).put("pictures", "a", never(), type), "invalid");
      await refused(
        first(setup).put("pictures", "a", never(), { ...PNG, digest: "abc" }),
        "invalid",
      );
      const opened = await first(setup).open({ digest: "../x", sizeBytes: 1 });
      same(opened.kind === "failed" ? opened.code : "ok", "invalid", "open");
    },
  ),
];
