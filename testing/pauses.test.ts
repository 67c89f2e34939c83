/** How long writes paused at a move: measured by the region that begins, told by every region. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
/** A serving region that is idle says so this often, and a message takes this long at most. */
const HEARTBEAT_MS = 50;
const WAY_MS = 60;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});

async function worldOf(seed = 3, stepMs = 0): Promise<SimulatedWorld> {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    tables: [rows],
    ...(stepMs === 0 ? {} : { takeover: [{ name: "slow", timeoutMs: 60_000, run: () => going }] }),
    api: (context) => {
      const api = createAppApi(context);
      api.post("/api/rows", {
        summary: "Add a row",
        auth: "none",
        replies: { 201: { description: "added" } },
        handle: (call) =>
          call.commit([{ kind: "put", table: rows, item: { id: call.newId() } }], { status: 201 }),
      });
      return api;
    },
  });
  return simulate({ deployment: defineDeployment({ regions: [A, B], apps: [app] }), seed });
}

let go: () => void = () => {};
const going = new Promise<void>((resolve) => {
  go = resolve;
});

const post = async (world: SimulatedWorld, region: string): Promise<number> =>
  (await world.region(region).fetch("/demo/api/rows", { method: "POST" })).status;

interface Row {
  readonly cause: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly at: number;
  readonly pauseMs?: number;
  readonly pauseSince?: string;
  readonly firstAckMs?: number;
}

const journalAt = async (world: SimulatedWorld, region: string): Promise<readonly Row[]> => {
  const answer = await world.region(region).fetch("/routing/journal?app=demo");
  return ((await answer.json()) as { items: Row[] }).items;
};
const rowAt = async (world: SimulatedWorld, region: string, cause: string): Promise<Row> => {
  const found = (await journalAt(world, region)).find((row) => row.cause === cause);
  if (found === undefined) throw new Error(`${region} has no ${cause} in its journal`);
  return found;
};
const lastMoveAt = async (world: SimulatedWorld, region: string): Promise<Row | null> => {
  const answer = await world.region(region).fetch("/routing/apps/demo");
  return ((await answer.json()) as { lastMove: Row | null }).lastMove;
};

/** How long the app admitted no write, as somebody outside of it sees. */
async function outage(world: SimulatedWorld, begin: () => void, to: string): Promise<number> {
  expect(await post(world, A)).toBe(201);
  const from = world.now;
  begin();
  await world.until(() => world.region(to).serves("demo"), "60s");
  return world.now - from;
}

describe("the pause of a takeover", () => {
  test("is what writes paused, from the last word of the lost region on", async () => {
    const world = await worldOf();
    const seenMs = await outage(world, () => world.kill(A), B);
    await world.advance("20ms");
    const { pauseMs = 0, pauseSince, firstAckMs } = await rowAt(world, B, "takeover");
    expect(pauseSince).toBe("heard");
    expect(pauseMs).toBeGreaterThan(seenMs - WAY_MS);
    expect(pauseMs).toBeLessThan(seenMs + HEARTBEAT_MS + WAY_MS);
    expect(firstAckMs).toBeUndefined();

    await world.advance("1s");
    expect(await post(world, B)).toBe(201);
    await world.advance("20ms");
    const later = await rowAt(world, B, "takeover");
    expect(later.pauseMs).toBe(pauseMs);
    expect(later.firstAckMs).toBeGreaterThan(pauseMs + 1000);
    expect(await lastMoveAt(world, B)).toMatchObject({
      cause: "takeover",
      from: [A],
      to: [B],
      pauseMs,
    });
  });

  test("is told by the region that was lost once it is back, and kept by all through restarts", async () => {
    const world = await worldOf(4);
    await outage(world, () => world.kill(A), B);
    expect(await post(world, B)).toBe(201);
    const told = await rowAt(world, B, "takeover");
    world.restart(A);
    await world.advance("5s");
    expect(await rowAt(world, A, "takeover")).toEqual(told);
    world.kill(A);
    world.kill(B);
    world.restart(A);
    world.restart(B);
    await world.advance("10s");
    for (const region of [A, B]) expect(await rowAt(world, region, "takeover")).toEqual(told);
  });

  test("goes on while a takeover step runs", async () => {
    const world = await worldOf(5, 1);
    expect(await post(world, A)).toBe(201);
    world.kill(A);
    await world.advance("5s");
    expect((await rowAt(world, B, "takeover")).pauseMs).toBeUndefined();
    go();
    await world.until(() => world.region(B).serves("demo"), "60s");
    await world.advance("20ms");
    expect((await rowAt(world, B, "takeover")).pauseMs).toBeGreaterThan(4000);
  });
});

test("the pause of a switchover and of a failback counts from the closing of the gate", async () => {
  const world = await worldOf(6);
  expect(await post(world, A)).toBe(201);
  for (const [command, from, to] of [
    ["switchover", A, B],
    ["failback", B, A],
  ] as const) {
    await world.advance("3s");
    const asked = world.now;
    expect((await world.region(from).command("demo", command, { to })).kind).toBe("ok");
    await world.until(() => world.region(to).serves("demo"), "60s");
    const seenMs = world.now - asked;
    await world.advance("1s");
    for (const region of [A, B]) {
      const { pauseMs = -1, pauseSince } = await rowAt(world, region, command);
      expect([region, pauseSince]).toEqual([region, "heard"]);
      expect(pauseMs).toBeGreaterThan(0);
      expect(pauseMs).toBeLessThan(seenMs + HEARTBEAT_MS);
    }
    expect(await lastMoveAt(world, from)).toMatchObject({ cause: command, from: [from], to: [to] });
  }
});

test("the pause of a forced failover is as long as the region had heard nothing", async () => {
  const world = await worldOf(7);
  world.partition(A, { from: B });
  await world.advance("5s");
  const given = { to: B, acceptDataLoss: true };
  expect((await world.region(B).command("demo", "failover", given)).kind).toBe("ok");
  await world.until(() => world.region(B).serves("demo"), "60s");
  await world.advance("20ms");
  const { pauseMs, pauseSince } = await rowAt(world, B, "failover");
  expect(pauseSince).toBe("heard");
  expect(pauseMs).toBeGreaterThan(5000);
});

test("the pause of a restart counts from the start of the process, and says so", async () => {
  const world = await worldOf(8);
  world.kill(B);
  await world.advance("5s");
  world.kill(A);
  await world.advance("5s");
  world.restart(A);
  await world.until(() => world.region(A).serves("demo"), "60s");
  await world.advance("20ms");
  const { pauseMs, pauseSince } = await rowAt(world, A, "restart");
  expect(pauseSince).toBe("start");
  expect(pauseMs).toBeGreaterThan(0);
  expect(pauseMs).toBeLessThan(5000);
});

test("nothing is measured of the first epoch", async () => {
  const world = await worldOf(9);
  expect(await lastMoveAt(world, A)).toBeNull();
  expect((await rowAt(world, A, "create")).pauseMs).toBeUndefined();
});
