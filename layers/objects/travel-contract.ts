/** Laws between regions: what arrives, in which direction, and what is seen meanwhile. *contract* */
import { assert } from "../../base/assert.ts";
import type { ObjectLaw, ObjectSetup } from "./contract.ts";
import {
  bytesOf,
  chunked,
  content,
  done,
  drain,
  eventually,
  first,
  head,
  law,
  other,
  put,
  read,
  regionAt,
  same,
  sameBytes,
} from "./law-contract.ts";
import type { ObjectStore } from "./port.ts";

const stale = (store: ObjectStore, key: string) => bytesOf(store, key, { consistency: "stale" });

const arrives = (setup: ObjectSetup, store: ObjectStore, key: string, bytes: Uint8Array) =>
  eventually(setup, async () => sameBytes(await stale(store, key), bytes, key));

async function partitioned(setup: ObjectSetup): Promise<void> {
  await setup.partition(regionAt(setup, 0).id, regionAt(setup, 1).id);
}

const filesOf = async (setup: ObjectSetup, at: number): Promise<readonly string[]> =>
  (await setup.filesOf?.(regionAt(setup, at).id)) ?? [];

export const travelLaws: readonly ObjectLaw[] = [
  law("an object arrives in the other region, bytes and all", "two regions", async (setup) => {
    const bytes = content(20_000);
    const { version, digest } = await put(first(setup), "a", chunked(bytes, 999));
    await arrives(setup, other(setup), "a", bytes);
    const info = await head(other(setup), "a", "stale");
    same([info?.version, info?.digest], [version, digest], "the row");
  }),
  law("its status says where it is, and ends as complete", "two regions", async (setup) => {
    const made = await put(first(setup), "a", content(1000));
    await eventually(setup, async () => {
      const [status] = await first(setup).replication([made]);
      same(status?.status, "complete", "status");
      same(status?.regions[regionAt(setup, 1).id], "here", "the other region");
    });
    const [nowhere] = await first(setup).replication([{ digest: "0".repeat(64), sizeBytes: 1 }]);
    same(nowhere?.status, "travelling", "bytes that nobody has");
  }),
  law(
    "a row that is ahead of its bytes is told as travelling, never as other bytes",
    ["two writers", "held bytes"],
    async (setup) => {
      await setup.holdBytes?.(true);
      const made = await put(first(setup), "a", content(5000));
      await eventually(setup, async () => {
        same((await head(other(setup), "a", "stale"))?.digest, made.digest, "the row arrives");
      });
      const got = await other(setup).get("pictures", "a", undefined, { consistency: "stale" });
      same(got.kind === "failed" ? got.code : "ok", "travelling", "its bytes");
      await setup.holdBytes?.(false);
      await arrives(setup, other(setup), "a", content(5000));
    },
  ),
  law(
    "reading goes through to a region that has the bytes, ranges too",
    ["two writers", "held bytes"],
    async (setup) => {
      const bytes = content(10_000);
      await setup.holdBytes?.(true);
      await put(first(setup), "a", bytes);
      await eventually(setup, async () => {
        same((await head(other(setup), "a", "stale"))?.key, "a", "the row arrives");
      });
      await setup.holdBytes?.(false);
      await eventually(setup, async () => {
        const range = { first: 100, last: 9_000 };
        const found = await read(
          other(setup).get("pictures", "a", range, { consistency: "stale" }),
        );
        assert(found !== undefined, "the object is there");
        const { first: from, last, sizeBytes } = found.content;
        same([from, last, sizeBytes], [100, 9_000, 10_000], "the range");
        sameBytes(await drain(found.content.body), bytes.slice(100, 9_001), "its bytes");
      });
    },
  ),
  law("objects of both sides of a partition are in both regions", "two writers", async (setup) => {
    await partitioned(setup);
    await put(first(setup), "first", content(3000, 1));
    await put(other(setup), "second", content(3000, 2));
    await setup.advance(300);
    same(await head(other(setup), "first", "stale"), undefined, "nothing passes a partition");
    await setup.heal();
    for (const store of [first(setup), other(setup)]) {
      await arrives(setup, store, "first", content(3000, 1));
      await arrives(setup, store, "second", content(3000, 2));
    }
  }),
  law(
    "what was put before a partition and cut off arrives after it",
    "two regions",
    async (setup) => {
      await put(first(setup), "before", content(100));
      await arrives(setup, other(setup), "before", content(100));
      await partitioned(setup);
      await setup.advance(20);
      await setup.heal();
      await eventually(setup, async () => void (await put(first(setup), "a", content(50_000))));
      await arrives(setup, other(setup), "a", content(50_000));
    },
  ),
  law("what is removed is gone in both regions", "two regions", async (setup) => {
    await put(first(setup), "a", content(100));
    await arrives(setup, other(setup), "a", content(100));
    await done(first(setup).remove("pictures", "a"));
    await eventually(setup, async () =>
      same(await head(other(setup), "a", "stale"), undefined, "a"),
    );
  }),
  law(
    "bytes that nobody names any more leave every disk; those that are named stay",
    ["two regions", "files"],
    async (setup) => {
      const gone = await put(first(setup), "a", content(100, 1));
      const kept = await put(first(setup), "b", content(100, 2));
      const orphan = await done(first(setup).stage(content(100, 3)));
      await arrives(setup, other(setup), "b", content(100, 2));
      await done(first(setup).remove("pictures", "a"));
      await eventually(setup, async () => {
        for (const at of [0, 1]) {
          const files = await filesOf(setup, at);
          same(files.includes(gone.digest), false, "removed bytes");
          same(files.includes(orphan.digest), false, "bytes that were never named");
          same(files.includes(kept.digest), true, "named bytes");
        }
      });
    },
  ),
];
