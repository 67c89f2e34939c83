/** An index that is built in one region while another one serves. */
import { expect, test } from "vitest";
import { definitionsKey, readDefinitions } from "../../layers/key-value/definitions.ts";
import { tuple } from "../../layers/key-value/key.ts";
import type { WriteOutcome } from "../../layers/key-value/port.ts";
import { runQuery } from "../../layers/key-value/query.ts";
import { defineTable } from "../../layers/key-value/table.ts";
import { APP, appOptions, checked, ITEMS } from "./setting.ts";
import { World } from "./world.ts";

const BY_VALUE = defineTable({
  name: "items",
  schema: ITEMS.schema,
  partitionKey: "id",
  indexes: { "by-value": { partitionKey: "value" } },
});
const SLOW_DISK_MS = 400;

const options = appOptions(["a", "b"], "active-passive", "replicated");

/** Two regions with 600 rows, in sync; `a` serves. */
function filled(seed: number) {
  const world = new World({ seed, regions: ["a", "b"], apps: [options] });
  world.start();
  const isInSync = (): boolean => world.app("a", APP)?.record?.inSyncRegions.length === 2;
  world.until(() => world.holders(APP).includes("a") && isInSync(), 20_000);
  const write = (id: string, value: string): void => {
    let end: WriteOutcome | undefined;
    world.node("a").process?.run(() => {
      const writes = checked({ kind: "put", table: ITEMS, item: { id, value } });
      const answer = (outcome: WriteOutcome): void => {
        end = outcome;
      };
      world.app("a", APP)?.write([{ writes, answer }], world.node("a").instant());
    });
    world.until(() => end !== undefined, 5000);
    expect(end?.kind).toBe("ok");
  };
  for (let at = 0; at < 600; at++) write(`k${at}`, "before");
  return { world, write, isInSync };
}

test.each([
  ["waits for the serving one", "a", 10_000],
  ["does not wait where the serving one is gone", "b", 3000],
])("a region that is done building first %s", (_, served, withinMs) => {
  const { world } = filled(13);
  for (const [id, delayMs] of [
    ["a", 900],
    ["b", 400],
  ] as const) {
    const node = world.node(id);
    node.kill();
    node.apps = [{ ...options, tables: [BY_VALUE] }];
    node.flushDelayMs = delayMs;
  }
  for (const id of ["a", "b"]) world.node(id).start();
  world.until(() => world.app("b", APP)?.isBuilding === false, 10_000);
  expect(world.app("a", APP)?.isBuilding).toBe(true);
  if (served === "b") world.node("a").kill();
  world.until(() => world.holders(APP).length > 0, withinMs);
  expect(world.holders(APP)).toEqual([served]);
});

test("it goes on taking writes and stays in sync, and the app does not move to it before it is done", () => {
  const { world, write, isInSync } = filled(11);

  const b = world.node("b");
  b.kill();
  b.apps = [{ ...options, tables: [BY_VALUE] }];
  b.flushDelayMs = SLOW_DISK_MS;
  b.start();
  const building = () => world.app("b", APP)?.data.building.building(b.engine);
  world.until(() => (building()?.done ?? 0) > 0 && isInSync(), 20_000);
  expect(building()).toEqual({ table: "items", index: "by-value", done: 512 });

  const answers: unknown[] = [];
  const by = { by: "operator", reason: "a test" };
  const now = () => world.node("a").instant();
  const answer = (end: unknown): void => void answers.push(end);
  const moving = { ...by, cause: "switchover", waitMs: 1000 } as const;
  world.app("a", APP)?.commands.switchover("b", moving, answer, now());
  world.app("b", APP)?.commands.failover({ ...by, acceptDataLoss: true }, answer, now());
  expect(answers).toMatchObject([
    { kind: "failed", code: "no-candidate", reason: "b is building indexes: wait for it" },
    { kind: "failed", code: "no-candidate" },
  ]);
  expect(world.app("b", APP)?.renewal(now())).toMatchObject({ healthy: false, eligible: false });
  write("k0", "during");
  write("k599", "during");
  write("new", "during");

  world.node("a").kill();
  world.until(() => world.holders(APP).includes("b"), 20_000);
  expect(building()).toBeUndefined();
  const count = (partition: string): number => {
    const page = runQuery(b.engine, APP, BY_VALUE, { index: "by-value", partition, limit: 1000 });
    return page.kind === "ok" ? page.found.length : -1;
  };
  expect([count("before"), count("during")]).toEqual([598, 3]);
});

test("data that was kept before definitions were has its indexes built once", () => {
  const options = { ...appOptions(["a"], "active-passive", "local"), tables: [BY_VALUE] };
  const world = new World({ seed: 12, regions: ["a"], apps: [options] });
  world.start();
  const serves = (): boolean => world.holders(APP).includes("a");
  world.until(serves, 20_000);
  const node = world.node("a");
  for (const [id, value] of [
    ["one", "x"],
    ["two", "y"],
  ] as const) {
    node.process?.run(() => {
      const writes = checked({ kind: "put", table: ITEMS, item: { id, value } });
      world.app("a", APP)?.write([{ writes, answer: () => undefined }], node.instant());
    });
  }
  world.advance(500);
  node.kill();
  const { engine } = node;
  engine.transact((writer) => {
    writer.remove(definitionsKey(APP));
    writer.remove(tuple("x", APP, "items", "by-value", "x", "", "one", ""));
    writer.put(tuple("x", APP, "items", "by-value", "z", "", "two", ""), true);
  });
  engine.flush();
  node.start();
  world.until(serves, 20_000);
  const found = ["x", "y", "z"].map((partition) => {
    const page = runQuery(node.engine, APP, BY_VALUE, { index: "by-value", partition });
    return page.kind === "ok" ? page.found.map(({ key }) => key.partition) : page;
  });
  expect(found).toEqual([["one"], ["two"], []]);
  const rest = { pending: {}, stray: [], built: { "by-value": '[["value",null]]' } };
  expect(readDefinitions(node.engine, APP)?.tables["items"]).toMatchObject(rest);
});
