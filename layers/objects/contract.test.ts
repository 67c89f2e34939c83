/** Broken adapters: each must fail the law named for its fault, which the sound one keeps. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { contractBuckets, type ObjectSetup, objectLaws } from "./contract.ts";
import { drain } from "./law-contract.ts";
import { createMemoryByteStore, type MemoryByteStore } from "./memory-bytes.ts";
import { createMemoryObjectRows } from "./memory-rows.ts";
import { createObjectStore } from "./object-store.ts";
import type { Body, ByteStore, Listing, ObjectRows, ObjectStore } from "./port.ts";

interface Breaking {
  readonly bytes?: (sound: MemoryByteStore) => Partial<ByteStore>;
  readonly rows?: (sound: ObjectRows) => Partial<ObjectRows>;
  readonly objects?: (sound: ObjectStore, bytes: MemoryByteStore) => Partial<ObjectStore>;
}

function open({ bytes, rows, objects }: Breaking = {}): ObjectSetup {
  const sound = createMemoryByteStore({ region: "one", sha256: () => createHash("sha256") });
  const soundRows = createMemoryObjectRows();
  const store = createObjectStore({
    bytes: { ...sound, ...bytes?.(sound) },
    rows: { ...soundRows, ...rows?.(soundRows) },
    buckets: contractBuckets,
    now: () => 0,
  });
  return {
    regions: [{ id: "one", objects: { ...store, ...objects?.(store, sound) } }],
    advance: async () => {},
    partition: async () => {},
    heal: async () => {},
  };
}

const parts = (body: Body) => (body instanceof Uint8Array ? [body] : body);

/** What a body gives before it throws, as if that were all. */
async function* untilError(body: Body): AsyncIterable<Uint8Array> {
  try {
    for await (const part of parts(body)) yield part;
  } catch {}
}

const listing = (change: (page: Listing, prefix: string) => Listing): Breaking => ({
  rows: (sound) => ({
    list: async (bucket, options) => {
      const page = await sound.list(bucket, options);
      if (page.kind === "failed") return page;
      return { kind: "ok", value: change(page.value, options.prefix ?? "") };
    },
  }),
});

const broken: readonly (readonly [fault: string, law: RegExp, breaking: Breaking])[] = [
  [
    "digests are not compared",
    /not those of the digest are refused/,
    { bytes: (sound) => ({ stage: (body) => sound.stage(body) }) },
  ],
  [
    "sizes are not compared",
    /more or fewer than was said/,
    {
      bytes: (sound) => ({
        stage: (body, { sizeBytes: _, ...options } = {}) => sound.stage(body, options),
      }),
    },
  ],
  [
    "half a body counts as a whole one",
    /a body that ends with an error leaves nothing/,
    { bytes: (sound) => ({ stage: (body, options) => sound.stage(untilError(body), options) }) },
  ],
  [
    "the name comes before the bytes",
    /a put that fails leaves what was there before/,
    {
      objects: (sound) => ({
        put: async (bucket, key, body, options) => {
          await sound.name(bucket, key, { digest: "0".repeat(64), sizeBytes: 0 }, options);
          return sound.put(bucket, key, body, options);
        },
      }),
    },
  ],
  [
    "a body is read whole before its size is judged",
    /stopped while it arrives/,
    {
      bytes: (sound) => ({
        stage: async (body, options) => {
          const whole: Uint8Array[] = [];
          for await (const part of parts(body)) whole.push(part);
          return sound.stage(whole, options);
        },
      }),
    },
  ],
  [
    "the last byte of a range is left out",
    /both ends included/,
    {
      bytes: (sound) => ({
        open: (digest, size, range) =>
          sound.open(digest, size, range?.last ? { ...range, last: range.last - 1 } : range),
      }),
    },
  ],
  [
    "a range beyond the end is an empty one",
    /without a byte of the object is refused/,
    {
      bytes: (sound) => ({
        open: async (digest, size, range) => {
          const opened = await sound.open(digest, size, range);
          return opened.kind === "failed" ? sound.open(digest, size) : opened;
        },
      }),
    },
  ],
  [
    "reading ends early, without an error",
    /read back, whole/,
    {
      bytes: (sound) => ({
        open: async (digest, size, range) => {
          const opened = await sound.open(digest, size, range);
          if (opened.kind === "failed") return opened;
          const bytes = (await drain(opened.value.body)).slice(0, 1000 - 1);
          const body = (async function* () {
            yield bytes;
          })();
          return { kind: "ok", value: { ...opened.value, body } };
        },
      }),
    },
  ],
  [
    "nothing of size 0 is kept",
    /an empty object is an object/,
    {
      rows: (sound) => ({
        get: async (bucket, key) => {
          const read = await sound.get(bucket, key);
          if (read.kind === "failed" || read.value?.sizeBytes !== 0) return read;
          return { kind: "ok", value: undefined };
        },
      }),
    },
  ],
  [
    "blind creation: ifAbsent is not looked at",
    /ifAbsent holds once/,
    { rows: (sound) => ({ put: (row, { ifAbsent: _, ...rest }) => sound.put(row, rest) }) },
  ],
  [
    "lost update: ifVersion is not looked at",
    /no update be lost/,
    { rows: (sound) => ({ put: (row, { ifVersion: _, ...rest }) => sound.put(row, rest) }) },
  ],
  [
    "bytes go with the first of their names",
    /under two names stay/,
    {
      objects: (sound, bytes) => {
        const gone = new Set<string>();
        return {
          remove: async (bucket, key, conditions) => {
            const info = await sound.head(bucket, key);
            if (info.kind === "ok" && info.value !== undefined) gone.add(info.value.digest);
            return sound.remove(bucket, key, conditions);
          },
          get: async (bucket, key, range) => {
            const got = await sound.get(bucket, key, range);
            const isGone = got.kind === "ok" && gone.has(got.value?.info.digest ?? "");
            if (!isGone) return got;
            return { kind: "failed", code: "travelling", reason: `not in ${bytes.region}` };
          },
        };
      },
    },
  ],
  [
    "a key is a path",
    /a key is text/,
    {
      rows: (sound) => {
        const path = (key: string): string => new URL(`file:///${key}`).pathname.slice(1) || "x";
        return {
          get: (bucket, key) => sound.get(bucket, path(key)),
          put: (row, conditions) => sound.put({ ...row, key: path(row.key) }, conditions),
        };
      },
    },
  ],
  [
    "UTF-16 order: keys are compared as JavaScript does",
    /code-point order/,
    listing((page) => ({
      ...page,
      objects: [...page.objects].sort((a, b) => (a.key < b.key ? -1 : 1)),
    })),
  ],
  [
    "prefix bug: a prefix ends at U+FFFF",
    /a prefix holds every key/,
    listing((page, prefix) => ({
      ...page,
      objects: page.objects.filter(({ key }) => (key.codePointAt(prefix.length) ?? 0) < 0xffff),
    })),
  ],
  [
    "bucket bug: a bucket holds those whose names begin with it",
    /nothing of another bucket/,
    {
      rows: (sound) => ({
        list: async (bucket, options) => {
          const [own, more] = [
            await sound.list(bucket, options),
            await sound.list(`${bucket}-2`, options),
          ];
          if (own.kind === "failed" || more.kind === "failed") return own;
          const objects = [...own.value.objects, ...more.value.objects];
          return { kind: "ok", value: { ...own.value, objects } };
        },
      }),
    },
  ],
  [
    "counting cursor: a page begins after so many objects",
    /neither repeat nor hide others/,
    {
      rows: (sound) => ({
        list: async (bucket, { cursor, ...options }) => {
          const all = await sound.list(bucket, { ...options, limit: 1000 });
          if (all.kind === "failed") return all;
          const start = Number(cursor ?? 0);
          const end = start + (options.limit ?? 100);
          const objects = all.value.objects.slice(start, end);
          const isWhole = end >= all.value.objects.length;
          return { kind: "ok", value: isWhole ? { objects } : { objects, cursor: String(end) } };
        },
      }),
    },
  ],
];

describe("the contract finds broken adapters", () => {
  for (const [fault, name, breaking] of broken) {
    it(`finds ${fault}`, async () => {
      const named = objectLaws.filter((law) => name.test(law.name));
      expect(named).toHaveLength(1);
      for (const { check } of named) {
        await check(open());
        await expect(check(open(breaking))).rejects.toThrow();
      }
    });
  }

  it("has a different name for each law", () => {
    expect(new Set(objectLaws.map(({ name }) => name)).size).toBe(objectLaws.length);
  });
});
