/** Laws between regions: what arrives, what stays deleted, and that regions end up equal. *contract* */
import { assert } from "../../base/assert.ts";
import type { KeyValueSetup, Law } from "./contract.ts";
import { notes } from "./contract-tables.ts";
import {
  eventually,
  first,
  getNote,
  type Note,
  other,
  page,
  put,
  putNote,
  readValue,
  remove,
  same,
  written,
} from "./law-contract.ts";
import type { KeyValueStore } from "./port.ts";

const between = (name: string, check: Law["check"]): Law => ({ name, needs: "two regions", check });
const writers = (name: string, check: Law["check"]): Law => ({ name, needs: "two writers", check });

const stale = (store: KeyValueStore, id: string) => getNote(store, "a", id, "stale");

async function partitioned(setup: KeyValueSetup): Promise<void> {
  const [a, b] = setup.regions;
  assert(a !== undefined && b !== undefined, "two regions");
  await setup.partition(a.id, b.id);
}

const items = async (store: KeyValueStore): Promise<Note[]> =>
  (await page(store, { partition: "a", limit: 1_000 }, "stale")).items.map(({ item }) => item);

const equal = (setup: KeyValueSetup): Promise<void> =>
  eventually(setup, async () => {
    const [one, two] = [await items(first(setup)), await items(other(setup))];
    same(two, one, "the second region, against the first");
  });

export const replicationLaws: readonly Law[] = [
  between("a write arrives in the other region, with its version", async (setup) => {
    const { version } = await put(first(setup), { owner: "a", id: "1", count: 1 });
    await eventually(setup, async () => {
      const found = await stale(other(setup), "1");
      same(found, { item: { owner: "a", id: "1", count: 1 }, version }, "arrived");
    });
  }),
  between(
    "a read in the other region says how fresh it is and where it was made",
    async (setup) => {
      await put(first(setup), { owner: "a", id: "1" });
      const read = await other(setup).get(notes, { owner: "a", id: "1" }, { consistency: "stale" });
      assert(read.kind === "ok", "a stale read succeeds");
      same(read.info.region, setup.regions[1]?.id, "region");
      same(read.info.consistency, "stale", "consistency");
    },
  ),
  between(
    "all items of a transaction arrive, each of them old or new at any time",
    async (setup) => {
      const both = (count: number) =>
        first(setup).transact([
          putNote({ owner: "a", id: "1", count }),
          putNote({ owner: "a", id: "2", count }),
        ]);
      await written(both(1));
      await eventually(setup, async () => same((await items(other(setup))).length, 2, "arrived"));
      await written(both(2));
      await eventually(setup, async () => {
        const counts = (await items(other(setup))).map(({ count }) => count);
        assert(
          counts.length === 2 && counts.every((count) => count === 1 || count === 2),
          "no other",
        );
        same(counts, [2, 2], "both");
      });
    },
  ),
  between("an item never goes back to an older value in the other region", async (setup) => {
    let seen = 0;
    for (let count = 1; count <= 20; count++) {
      await put(first(setup), { owner: "a", id: "1", count });
      await setup.advance(5);
      const now = (await stale(other(setup), "1"))?.item.count ?? 0;
      assert(now >= seen, `went back from ${seen} to ${now}`);
      seen = now;
    }
    await eventually(setup, async () => {
      same((await stale(other(setup), "1"))?.item.count, 20, "the last value");
    });
  }),
  writers("a partition stops nothing here, and what was missed arrives after it", async (setup) => {
    await put(first(setup), { owner: "a", id: "1", count: 1 });
    await equal(setup);
    await partitioned(setup);
    await put(first(setup), { owner: "a", id: "1", count: 2 });
    await setup.advance(500);
    same((await stale(other(setup), "1"))?.item.count, 1, "nothing passes a partition");
    await setup.heal();
    await eventually(setup, async () =>
      same((await stale(other(setup), "1"))?.item.count, 2, "healed"),
    );
  }),
  between("what is written after a healed partition arrives", async (setup) => {
    await put(first(setup), { owner: "a", id: "1", count: 1 });
    await equal(setup);
    await partitioned(setup);
    await setup.advance(20);
    await setup.heal();
    await eventually(setup, async () => {
      const end = await first(setup).transact([putNote({ owner: "a", id: "1", count: 2 })]);
      assert(end.kind === "ok", `writes are taken again: ${JSON.stringify(end)}`);
    });
    await equal(setup);
    same((await stale(other(setup), "1"))?.item.count, 2, "arrived");
  }),
  between("what was deleted stays deleted everywhere", async (setup) => {
    for (const id of ["1", "2", "3"]) await put(first(setup), { owner: "a", id, tag: "t", at: id });
    await equal(setup);
    await remove(first(setup), "a", "2");
    await equal(setup);
    same(
      (await items(other(setup))).map(({ id }) => id),
      ["1", "3"],
      "table",
    );
    await eventually(setup, async () => {
      const query = { index: "by-tag", partition: "t" };
      const found = await readValue(other(setup).query(notes, query, { consistency: "stale" }));
      same(
        found.items.map(({ item }) => item.id),
        ["1", "3"],
        "index",
      );
    });
  }),
  writers(
    "a delete made later than an update elsewhere stays a delete after healing",
    async (setup) => {
      await put(first(setup), { owner: "a", id: "1", count: 1 });
      await equal(setup);
      await partitioned(setup);
      await put(other(setup), { owner: "a", id: "1", count: 2 });
      await setup.advance(200);
      await remove(first(setup), "a", "1");
      await setup.advance(200);
      await setup.heal();
      await setup.advance(1_000);
      await equal(setup);
      same(await items(first(setup)), [], "first region");
      same(await items(other(setup)), [], "second region");
    },
  ),
  writers(
    "writes of both sides of a partition leave the regions equal, the later one kept",
    async (setup) => {
      await partitioned(setup);
      for (let round = 0; round < 5; round++) {
        for (const [at, { store }] of setup.regions.slice(0, 2).entries()) {
          await put(store, { owner: "a", id: "shared", count: round * 2 + at });
          await put(store, { owner: "a", id: `own ${at} ${round}` });
          await setup.advance(50);
        }
      }
      await setup.heal();
      await eventually(setup, async () => {
        for (const { store } of setup.regions.slice(0, 2)) {
          const all = await items(store);
          same(all.length, 11, "items of both sides");
          same(all.find(({ id }) => id === "shared")?.count, 9, "the later write");
        }
      });
      await equal(setup);
    },
  ),
];
