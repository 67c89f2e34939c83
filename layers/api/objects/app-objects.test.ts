import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { wallMs } from "../../../base/clock.ts";
import { createMemoryKeyValueStore } from "../../key-value/memory-store.ts";
import { contractBuckets, describeObjectContract } from "../../objects/contract.ts";
import { createMemoryByteStore } from "../../objects/memory-bytes.ts";
import { createAppObjects } from "./app-objects.ts";
import { objectTable } from "./object-table.ts";

function open() {
  const clock = { nowMs: 1_000_000 };
  const options = { app: "app", tables: [objectTable], region: "one", now: () => clock.nowMs };
  const store = createMemoryKeyValueStore(options);
  const objects = createAppObjects({
    appId: "app",
    buckets: contractBuckets,
    store,
    bytes: createMemoryByteStore({ region: "one", sha256: () => createHash("sha256") }),
    now: () => wallMs(clock.nowMs),
    deploymentSecret: "a deployment's secret of 32 characters or more",
  });
  return { clock, store, objects };
}

describeObjectContract("rows in a key-value store, bytes in memory", async () => {
  const { clock, objects } = open();
  return {
    regions: [{ id: "one", objects }],
    advance: async (ms) => {
      clock.nowMs += ms;
    },
    partition: async () => {},
    heal: async () => {},
  };
});

const type = { contentType: "image/png" };

test("an object moves from one name to another in one transaction", async () => {
  const { objects, store } = open();
  const put = await objects.put("uploads", "u1", Uint8Array.of(1, 2, 3), type);
  if (put.kind !== "ok") throw new Error("the put failed");
  const moved = await store.transact([
    objects.unnaming("uploads", "u1", { ifVersion: put.value.version }),
    objects.naming("pictures", "p1", put.value, { ...type, ifAbsent: true }),
  ]);
  expect(moved.kind).toBe("ok");
  expect(await objects.head("uploads", "u1")).toEqual({ kind: "ok", value: undefined });
  const found = await objects.head("pictures", "p1");
  expect(found).toMatchObject({ kind: "ok", value: { digest: put.value.digest, sizeBytes: 3 } });
});

test("a signed address lasts no longer than it may", async () => {
  const { objects } = open();
  const permit = { ...type, limitBytes: 10 };
  const signed = await objects.signUpload("uploads", "u1", { ...permit, seconds: 60 });
  expect(signed).toMatchObject({ method: "PUT", limitBytes: 10, expires: 1060 });
  const tooLong = { ...permit, seconds: 8 * 24 * 3600 };
  await expect(objects.signUpload("uploads", "u1", tooLong)).rejects.toThrow("so long");
});
