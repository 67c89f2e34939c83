/** Code of an app's own runs within virtual time, however a test spells its waiting. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const [PRIMARY, OTHER] = ["eu-west-1", "us-east-1"] as const;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string(), count: z.number() }),
  partitionKey: "id",
});

type Check = (region: string) => Promise<void>;

function deploymentOf(check: Check, heard: string[] = []) {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    objectives: { rtoMs: 1000, rpoMs: 0 },
    tables: [rows],
    health: { check: ({ region }) => check(region) },
    api: (context) => {
      context.store.subscribe(({ partition }) => {
        void Promise.resolve()
          .then(() => context.store.get(rows, { id: partition }))
          .then((read) => heard.push(`${context.region} ${read.kind}`));
      });
      return createAppApi(context).post("/api/rows", {
        summary: "One more",
        auth: "none",
        replies: {},
        handle: (call) =>
          call.commit([{ kind: "put", table: rows, item: { id: call.newId(), count: 1 } }], {
            status: 201,
          }),
      });
    },
  });
  return defineDeployment({ regions: [PRIMARY, OTHER], apps: [app] });
}

const ILL: Readonly<Record<string, () => Promise<void>>> = {
  "rejects at once": async () => {
    throw new Error("my database is down");
  },
  "rejects after many promises": async () => {
    for (let hop = 0; hop < 500; hop++) await Promise.resolve();
    throw new Error("my database is down");
  },
  "throws before it waits": () => {
    throw new Error("my database is down");
  },
  "rejects with what is no error": () => Promise.reject("my database is down"),
  "works in WebCrypto before it fails": async () => {
    await crypto.subtle.digest("SHA-256", new Uint8Array(8));
    throw new Error("my database is down");
  },
  "never ends": () => new Promise(() => undefined),
};

const serving = (world: SimulatedWorld) =>
  world.regions.filter((region) => world.region(region).serves("demo"));

describe("a health check of an app's own that", () => {
  test.each(Object.keys(ILL))(
    "%s moves the app, in one long wait as in many short ones",
    async (how) => {
      const moved: string[] = [];
      for (const waits of [["30s"], Array(30).fill("1s"), ["10m"]]) {
        let isIll = false;
        const check: Check = async (region) => {
          if (isIll && region === PRIMARY) await ILL[how]?.();
        };
        const world = await simulate({ deployment: deploymentOf(check), seed: 1 });
        await world.advance("12s");
        isIll = true;
        for (const wait of waits) await world.advance(wait);
        moved.push(...serving(world));
      }
      expect(moved).toEqual([OTHER, OTHER, OTHER]);
    },
  );

  test("ends well keeps the app where it is", async () => {
    const world = await simulate({ deployment: deploymentOf(async () => undefined), seed: 1 });
    await world.advance("10m");
    expect(serving(world)).toEqual([PRIMARY]);
  });
});

test("the course of a world is the same, whatever the steps it is waited for in", async () => {
  const traces = new Set<string>();
  for (const waits of [["30s"], Array(30).fill("1s"), ["1ms", "29999ms"]]) {
    let isIll = false;
    const check: Check = async (region) => {
      await Promise.resolve();
      if (isIll && region === PRIMARY) throw new Error("ill");
    };
    const world = await simulate({ deployment: deploymentOf(check), seed: 7 });
    isIll = true;
    for (const wait of waits) await world.advance(wait);
    traces.add(world.trace);
  }
  expect(traces.size).toBe(1);
});

test("what a listener of changes begins goes on while the world does", async () => {
  const heard: string[] = [];
  const world = await simulate({ deployment: deploymentOf(async () => undefined, heard), seed: 1 });
  await world.client().send("POST", "/demo/api/rows");
  await world.advance("10s");
  expect(heard.map((line) => line.split(" ")[0]).sort()).toEqual([PRIMARY, OTHER].sort());
});
