import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type AppDefinition,
  createAppApi,
  defineApp,
  defineDeployment,
  defineTable,
  type TakeoverStep,
} from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const rows = defineTable({
  name: "rows",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});

/** What steps did, in order, and the promises that they wait for. */
class Stage {
  readonly did: string[] = [];
  readonly aborted: string[] = [];
  #go: (() => void)[] = [];

  quick(name: string): TakeoverStep {
    return {
      name,
      timeoutMs: 1_000,
      run: async ({ region }, { epoch }) => void this.did.push(`${name} in ${region} of ${epoch}`),
    };
  }

  /** Waits until the test says `go`; does not listen to its signal. */
  slow(name: string, timeoutMs = 60_000): TakeoverStep {
    return {
      name,
      timeoutMs,
      run: async ({ region }, { signal }) => {
        this.did.push(`${name} begins in ${region}`);
        signal.addEventListener("abort", () => this.aborted.push((signal.reason as Error).message));
        await new Promise<void>((go) => this.#go.push(go));
        this.did.push(`${name} ends in ${region}`);
      },
    };
  }

  failing(name: string, times: number): TakeoverStep {
    let left = times;
    return {
      name,
      timeoutMs: 1_000,
      run: async ({ region }) => {
        this.did.push(`${name} in ${region}`);
        if (left-- > 0) throw new Error("the replica is too far behind");
      },
    };
  }

  go(): void {
    for (const go of this.#go.splice(0)) go();
  }
}

async function worldOf(
  takeover: readonly TakeoverStep[],
  more: Partial<AppDefinition> = {},
): Promise<SimulatedWorld> {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability: "replicated",
    tables: [rows],
    takeover,
    api: (context) => {
      const api = createAppApi(context);
      api.post("/api/rows", {
        summary: "Add a row",
        auth: "none",
        replies: { 201: { description: "added" } },
        handle: (call) =>
          call.commit([{ kind: "put", table: rows, item: { id: call.newId() } }], { status: 201 }),
      });
      api.get("/api/rows", {
        summary: "All rows",
        auth: "none",
        replies: { 200: { description: "them" } },
        handle: async (call) => {
          const read = await context.store.get(rows, { id: "none" }, call.reading);
          return read.kind === "ok"
            ? call.found(read.info, { items: [] })
            : { kind: "answer", status: 503 };
        },
      });
      return api;
    },
    ...more,
  });
  return simulate({ deployment: defineDeployment({ regions: [A, B], apps: [app] }), seed: 7 });
}

const post = (world: SimulatedWorld, region: string) =>
  world.region(region).fetch("/demo/api/rows", { method: "POST" });
const viewAt = async (world: SimulatedWorld, region: string) =>
  (await world.region(region).fetch("/routing/apps/demo")).json();
const causes = async (world: SimulatedWorld, region: string) => {
  const answer = await world.region(region).fetch("/routing/journal?app=demo");
  const { items } = (await answer.json()) as { items: { cause: string; reason: string }[] };
  return items.filter(({ cause }) => cause !== "in-sync");
};

describe("takeover steps", () => {
  test("do not run at the first start of an app, nor at a restart of the same region", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("promote")]);
    expect(stage.did).toEqual([]);
    world.kill(A);
    world.restart(A);
    await world.ready();
    const served = world.region(A).serves("demo");
    expect(stage.did.length === 0).toBe(served);
  });

  test("run once, in order, before a takeover admits the first write", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("promote"), stage.quick("scale")]);
    const client = world.client({ near: B });
    world.kill(A);
    const answer = await client.send("POST", "/demo/api/rows");
    expect(answer).toMatchObject({ status: 201, region: B });
    const { epoch } = await viewAt(world, B);
    expect(stage.did).toEqual([`promote in ${B} of ${epoch}`, `scale in ${B} of ${epoch}`]);
    await world.advance("1s");
    const [latest] = await causes(world, B);
    expect(latest?.cause).toBe("prepared");
    expect(latest?.reason).toMatch(/^takeover steps done: promote in \d+ ms, scale in \d+ ms$/);
    world.kill(B);
    world.restart(B);
    await world.advance("3s");
    expect((await post(world, B)).status).toBe(201);
    expect(stage.did).toHaveLength(2);
  });

  test("keep writes out while they run, say so, and let reads go on", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote-replica")]);
    world.kill(A);
    await world.advance("5s");
    expect(stage.did).toEqual([`promote-replica begins in ${B}`]);
    const refused = await post(world, B);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({
      code: "not-serving",
      detail: expect.stringMatching(/takeover step promote-replica is under way/),
    });
    const view = await viewAt(world, B);
    expect(view).toMatchObject({
      phase: "serving",
      servingRegions: [B],
      holdsLease: false,
      takeover: { step: "promote-replica", state: "running" },
    });
    expect(view.takeover.sinceMs).toBeGreaterThan(3_000);
    const read = await world.region(B).fetch("/demo/api/rows");
    expect(read.headers.get("understudy-consistency")).toBe("leased");
    stage.go();
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(201);
    expect((await viewAt(world, B)).takeover).toBeNull();
  });

  test("run at a switchover and back at a failback, and nothing is lost", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("promote")]);
    expect((await world.region(A).command("demo", "switchover", { to: B })).kind).toBe("ok");
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(201);
    expect((await world.region(A).command("demo", "failback")).kind).toBe("ok");
    await world.advance("1s");
    expect((await post(world, A)).status).toBe(201);
    expect(stage.did.map((did) => did.replace(/ of .*/, ""))).toEqual([
      `promote in ${B}`,
      `promote in ${A}`,
    ]);
    expect((await world.check()).ok).toBe(true);
  });

  test("run at a failover that an operator forces", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("promote")]);
    const options = { to: B, acceptDataLoss: true };
    expect((await world.region(B).command("demo", "failover", options)).kind).toBe("ok");
    await world.advance("2s");
    expect((await post(world, B)).status).toBe(201);
    expect(stage.did).toHaveLength(1);
  });

  test("one that fails leaves the app fenced with the reason, and unfence repeats all", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("scale"), stage.failing("promote-replica", 1)]);
    world.kill(A);
    await world.advance("3s");
    const view = await viewAt(world, B);
    const reason = "the replica is too far behind";
    expect(view).toMatchObject({
      state: "fenced",
      takeover: { step: "promote-replica", state: "failed", reason },
    });
    const [latest] = await causes(world, B);
    expect(latest).toMatchObject({
      cause: "fence",
      reason: expect.stringMatching(`^takeover step promote-replica failed: ${reason} \\(after`),
    });
    const refused = await post(world, B);
    expect(await refused.json()).toMatchObject({
      code: "fenced",
      detail: expect.stringContaining("takeover step promote-replica failed"),
    });
    expect((await world.region(B).command("demo", "unfence")).kind).toBe("ok");
    await world.advance("2s");
    expect((await post(world, B)).status).toBe(201);
    expect(stage.did.map((did) => did.split(" ")[0])).toEqual([
      "scale",
      "promote-replica",
      "scale",
      "promote-replica",
    ]);
  });

  test("one that is late is aborted, and fences the app", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote", 2_000)]);
    world.kill(A);
    await world.advance("5s");
    expect(await viewAt(world, B)).toMatchObject({
      state: "fenced",
      takeover: { state: "failed", reason: "it did not end within 2000 ms" },
    });
    expect(stage.aborted).toEqual(["takeover step promote: it did not end within 2000 ms"]);
    // What it comes to afterwards opens nothing.
    stage.go();
    await world.advance("2s");
    expect((await post(world, B)).status).toBe(503);
  });

  test("run again where the region ends in the middle", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    world.kill(A);
    await world.advance("3s");
    world.kill(B);
    expect(stage.aborted).toEqual(["takeover step promote: the region's process ends"]);
    world.restart(B);
    await world.advance("3s");
    expect((await post(world, B)).status).toBe(503);
    stage.go();
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(201);
    const begun = stage.did.filter((did) => did === `promote begins in ${B}`);
    expect(begun).toHaveLength(2);
  });

  test("run in the old region again when it takes back what was not prepared", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    world.kill(A);
    await world.advance("3s");
    world.restart(A);
    await world.advance("5s");
    world.kill(B);
    await world.advance("3s");
    expect(stage.did).toEqual([`promote begins in ${B}`, `promote begins in ${A}`]);
    stage.go();
    await world.advance("1s");
    expect((await post(world, A)).status).toBe(201);
  });

  test("of a region that is cut off are aborted when its lease lapses", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    await world.region(A).command("demo", "switchover", { to: B });
    await world.advance("1s");
    expect(stage.did).toEqual([`promote begins in ${B}`]);
    world.partition(B);
    await world.advance("3s");
    expect(stage.aborted).toEqual(["takeover step promote: the lease has lapsed"]);
    expect(stage.did).toEqual([`promote begins in ${B}`, `promote begins in ${A}`]);
    stage.go();
    await world.advance("1s");
    expect((await post(world, A)).status).toBe(201);
    expect((await post(world, B)).status).toBe(503);
    world.heal();
    await world.advance("3s");
    expect(await viewAt(world, B)).toMatchObject({ servingRegions: [A], takeover: null });
    expect((await world.check()).ok).toBe(true);
  });

  test("begin again in the same epoch when only the lease was away for a moment", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    await world.region(A).command("demo", "switchover", { to: B });
    await world.advance("1s");
    const { epoch } = await viewAt(world, B);
    // Nobody can take over: the others do not reach each other either.
    world.partition("witness");
    world.partition(B);
    await world.advance("3s");
    world.heal();
    await world.advance("3s");
    stage.go();
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(201);
    expect((await viewAt(world, B)).epoch).toBe(epoch);
    expect(stage.aborted).toEqual(["takeover step promote: the lease has lapsed"]);
  });

  test("are aborted by an operator's fence, and repeated by unfence", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    await world.region(A).command("demo", "switchover", { to: B });
    await world.advance("1s");
    await world.region(B).command("demo", "fence", { reason: "wait" });
    expect(stage.aborted).toEqual(["takeover step promote: the app was fenced"]);
    expect(await viewAt(world, A)).toMatchObject({ takeover: { state: "waiting" } });
    await world.region(B).command("demo", "unfence");
    await world.advance("1s");
    expect(stage.did).toEqual([`promote begins in ${B}`, `promote begins in ${B}`]);
    stage.go();
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(201);
  });

  test("a switchover that is abandoned opens no gate that the steps keep shut", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.slow("promote")]);
    await world.region(A).command("demo", "switchover", { to: B });
    await world.advance("1s");
    world.partition(A);
    await world.advance("2s");
    const ended = await world.region(B).command("demo", "switchover", { to: A, waitMs: 500 });
    expect(ended.kind).toBe("failed");
    await world.advance("1s");
    expect((await post(world, B)).status).toBe(503);
  });

  test("of a local app run after the wait for the lease", async () => {
    const stage = new Stage();
    const world = await worldOf([stage.quick("promote")], { durability: "local" });
    world.kill(A);
    await world.advance("5s");
    expect((await post(world, B)).status).toBe(201);
    expect(stage.did).toHaveLength(1);
  });

  test("an app without steps moves as before, and its journal says nothing of any", async () => {
    const world = await worldOf([]);
    world.kill(A);
    await world.advance("2s");
    expect((await post(world, B)).status).toBe(201);
    expect((await viewAt(world, B)).takeover).toBeNull();
    expect((await causes(world, B)).map(({ cause }) => cause)).not.toContain("prepared");
  });
});
