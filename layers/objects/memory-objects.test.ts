import { createHash } from "node:crypto";
import { contractBuckets, describeObjectContract } from "./contract.ts";
import { createMemoryByteStore } from "./memory-bytes.ts";
import { createMemoryObjectRows } from "./memory-rows.ts";
import { createObjectStore } from "./object-store.ts";

describeObjectContract("rows and bytes in memory", async () => {
  let nowMs = 0;
  const objects = createObjectStore({
    rows: createMemoryObjectRows(),
    bytes: createMemoryByteStore({ region: "one", sha256: () => createHash("sha256") }),
    buckets: contractBuckets,
    now: () => nowMs,
  });
  return {
    regions: [{ id: "one", objects }],
    advance: async (ms) => {
      nowMs += ms;
    },
    partition: async () => {},
    heal: async () => {},
  };
});
