/** Laws of processes that end in the middle. *contract* */
import { assert } from "../../base/assert.ts";
import type { ObjectLaw, ObjectSetup } from "./contract.ts";
import {
  bytesOf,
  content,
  eventually,
  first,
  head,
  law,
  other,
  PNG,
  put,
  regionAt,
  same,
  sameBytes,
} from "./law-contract.ts";

async function restarted(setup: ObjectSetup, at: number): Promise<void> {
  const { id } = regionAt(setup, at);
  await setup.kill?.(id);
  await setup.restart?.(id);
}

/** Writes are taken again, by whichever region serves now; what they put is there. */
async function putAgain(setup: ObjectSetup, key: string, bytes: Uint8Array): Promise<void> {
  await eventually(setup, async () => {
    const tried = await first(setup).put("pictures", key, bytes, PNG);
    if (tried.kind !== "ok" && setup.regions.length > 1) await put(other(setup), key, bytes);
    else assert(tried.kind === "ok", `a put should succeed: ${JSON.stringify(tried)}`);
  });
  await eventually(setup, async () => sameBytes(await stale(setup, key), bytes, key));
}

const stale = (setup: ObjectSetup, key: string): Promise<Uint8Array | undefined> =>
  bytesOf(first(setup), key, { consistency: "stale" });

export const crashLaws: readonly ObjectLaw[] = [
  law(
    "a kill in the middle of a put leaves nothing, and the retry is one object",
    "kill",
    async (setup) => {
      const bytes = content(5000);
      let isHalf = (): void => undefined;
      const half = new Promise<void>((resolve) => {
        isHalf = resolve;
      });
      const never = new Promise<never>(() => undefined);
      const body = async function* () {
        yield bytes.slice(0, 2500);
        isHalf();
        await never;
      };
      void first(setup).put("pictures", "a", body(), PNG);
      await half;
      await setup.advance(5);
      await restarted(setup, 0);
      await eventually(setup, async () => {
        same(await head(first(setup), "a", "stale"), undefined, "the row");
      });
      await putAgain(setup, "a", bytes);
      const listed = await first(setup).list("pictures", {}, { consistency: "stale" });
      same(listed.kind === "ok" ? listed.value.objects.length : 0, 1, "objects");
    },
  ),
  law("what was acknowledged is there after a kill", "kill", async (setup) => {
    for (const size of [0, 100, 10_000]) {
      await put(first(setup), `of ${size}`, content(size, size));
    }
    await restarted(setup, 0);
    for (const size of [0, 100, 10_000]) {
      await eventually(setup, async () => {
        sameBytes(await stale(setup, `of ${size}`), content(size, size), `of ${size}`);
      });
    }
  }),
  law(
    "a transfer that a kill cut off is gone on with, whichever side it hit",
    ["kill", "two writers"],
    async (setup) => {
      for (const [at, key] of ["sender", "receiver"].entries()) {
        const bytes = content(200_000, at + 7);
        await eventually(setup, async () => void (await put(first(setup), key, bytes)));
        await setup.advance(30);
        await restarted(setup, at);
        await eventually(setup, async () => {
          const [status] = await first(setup).replication([
            (await head(first(setup), key, "stale")) ?? { digest: "0".repeat(64), sizeBytes: 0 },
          ]);
          same(status?.status, "complete", key);
        });
        sameBytes(await bytesOf(other(setup), key, { consistency: "stale" }), bytes, key);
      }
    },
  ),
  law(
    "what was acknowledged is served by the region that takes over, and what it takes in comes back",
    ["kill", "failover"],
    async (setup) => {
      await put(first(setup), "before", content(8000, 1));
      await setup.kill?.(regionAt(setup, 0).id);
      await eventually(setup, async () => {
        sameBytes(await bytesOf(other(setup), "before"), content(8000, 1), "before");
      });
      await eventually(
        setup,
        async () => void (await put(other(setup), "during", content(9000, 2))),
      );
      const during = await head(other(setup), "during");
      assert(during !== undefined, "during is there");
      await setup.restart?.(regionAt(setup, 0).id);
      await eventually(setup, async () => {
        const [status] = await other(setup).replication([during]);
        same(status?.status, "complete", "during");
        const back = await bytesOf(first(setup), "during", { consistency: "stale" });
        sameBytes(back, content(9000, 2), "during, back home");
      });
    },
  ),
];
