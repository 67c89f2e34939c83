import { expect, test } from "vitest";
import type { AppObjects } from "../../layers/api/index.ts";
import type { PhotoRow } from "./model/rows.ts";
import { createReplication } from "./replication.ts";

const row = (digest: string) => ({ digest }) as PhotoRow;
const objectsThat = (replication: AppObjects["replication"]) => ({ replication }) as AppObjects;

test("a region that says nothing makes photos count as travelling, and nobody wait for long", async () => {
  const silent = objectsThat(() => new Promise(() => undefined));
  const begun = performance.now();
  const found = await createReplication(silent, () => 0).of([row("a"), row("b")]);
  expect(found).toEqual(["travelling", "travelling"]);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test("what was complete is not asked for again within a minute; what was not, is", async () => {
  const asked: string[][] = [];
  let nowMs = 0;
  const objects = objectsThat(async (list) => {
    asked.push(list.map(({ digest }) => digest));
    return list.map(({ digest }) => ({
      status: digest === "a" ? ("complete" as const) : ("travelling" as const),
      regions: {},
    }));
  });
  const replication = createReplication(objects, () => nowMs);
  const rows = [row("a"), row("b")];
  expect(await replication.of(rows)).toEqual(["complete", "travelling"]);
  expect(await replication.of(rows)).toEqual(["complete", "travelling"]);
  nowMs += 60_000;
  await replication.of(rows);
  expect(asked).toEqual([["a", "b"], ["b"], ["a", "b"]]);
});

test("an error of those who are asked is no error of the gallery", async () => {
  const failing = objectsThat(() => Promise.reject(new Error("no link")));
  expect(await createReplication(failing, () => 0).of([row("a")])).toEqual(["travelling"]);
});
