/** Late writes are told: each verdict with both values, at every region, through the next failover. */
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi, defineApp, defineDeployment, defineTable } from "../layers/api/index.ts";
import type { Durability } from "../layers/routing/record.ts";
import shipped from "../understudy.config.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [A, B] = ["eu-west-1", "us-east-1"] as const;
const notes = defineTable({
  name: "notes",
  schema: z.strictObject({ id: z.string(), text: z.string() }),
  partitionKey: "id",
});
const secrets = defineTable({
  name: "secrets",
  confidential: true,
  schema: z.strictObject({ id: z.string(), text: z.string() }),
  partitionKey: "id",
});

const worldOf = (durability: Durability, seed = 5): Promise<SimulatedWorld> => {
  const app = defineApp({
    id: "demo",
    mode: "active-passive",
    durability,
    tables: [notes, secrets],
    api: (context) => {
      const api = createAppApi(context);
      const body = z.strictObject({ ids: z.array(z.string()), text: z.string() });
      api.put("/api/notes", {
        summary: "Write notes and a secret, in one transaction",
        auth: "none",
        body,
        replies: { 200: { description: "written" } },
        handle: (call) => {
          const { ids, text } = call.body;
          const put = (table: typeof notes | typeof secrets, id: string) =>
            ({ kind: "put", table, item: { id, text } }) as const;
          const all = ids.map((id) => put(id.startsWith("secret") ? secrets : notes, id));
          return call.commit(all, { status: 200, body: {} });
        },
      });
      return api;
    },
  });
  return simulate({ deployment: defineDeployment({ regions: [A, B], apps: [app] }), seed });
};

const put = async (world: SimulatedWorld, region: string, ids: readonly string[], text: string) => {
  const init = {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ids, text }),
  };
  return (await world.region(region).fetch("/demo/api/notes", init)).status;
};

interface Item {
  readonly table: string;
  readonly key: { readonly partition: string };
  readonly outcome: string;
  readonly late?: { readonly text?: string } | null;
  readonly kept?: { readonly text?: string } | null;
  readonly hidden?: true;
}
interface Late {
  readonly app: string;
  readonly region: string;
  readonly verdict: string;
  readonly writtenAt: number;
  readonly judgedAt: number;
  readonly judgedBy: string;
  readonly items: readonly Item[];
}
interface Page {
  readonly items: readonly Late[];
  readonly cursor?: string;
  readonly readAt: string;
  readonly dataAgeMs: number | null;
}

const operator = (world: SimulatedWorld) => ({
  headers: { authorization: `Bearer ${world.operatorToken}` },
});
const lateAt = async (world: SimulatedWorld, region: string, query = ""): Promise<Page> => {
  const answer = await world.region(region).fetch(`/routing/late-writes${query}`, operator(world));
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
};
const getJson = async (world: SimulatedWorld, region: string, path: string) =>
  (await (await world.region(region).fetch(path)).json()) as Record<string, unknown>;
const countsAt = async (world: SimulatedWorld, region: string, app = "demo") =>
  (await getJson(world, region, `/routing/apps/${app}`))["lateWrites"];

/** `A` is cut off, acknowledges what it alone has, and an operator makes `B` serve. */
async function forced(world: SimulatedWorld, late: () => Promise<void>, app = "demo") {
  world.partition(A, { from: B });
  await late();
  const given = { to: B, acceptDataLoss: true, by: "rider", reason: "the cable is cut" };
  const ended = await world.region(B).command(app, "failover", given);
  expect(ended.kind).toBe("ok");
  await world.until(() => world.region(B).serves(app), "30s");
}

const settle = async (world: SimulatedWorld) => {
  world.heal();
  await world.advance("5s");
};

const byFirst = (page: Page) =>
  new Map(page.items.map((late) => [late.items[0]?.key.partition ?? "", late]));

describe("after a forced failover of a local app", () => {
  let world: SimulatedWorld;
  const before = { status: 0 };

  beforeAll(async () => {
    world = await worldOf("local");
    expect(await put(world, A, ["lost", "half-1", "half-2"], "old")).toBe(200);
    await world.advance("1s");
    await forced(world, async () => {
      expect(await put(world, A, ["found"], "late")).toBe(200);
      expect(await put(world, A, ["lost"], "late")).toBe(200);
      expect(await put(world, A, ["half-1", "half-2"], "late")).toBe(200);
      expect(await put(world, A, ["secret-1"], "a password")).toBe(200);
    });
    before.status = await put(world, B, ["lost", "half-2"], "new");
    await settle(world);
  });

  test.each([A, B])("%s lists each with its verdict and both values", async (region) => {
    expect(before.status).toBe(200);
    const page = await lateAt(world, region, "?app=demo");
    const late = byFirst(page);
    expect([...late.keys()].sort()).toEqual(["found", "half-1", "lost", "secret-1"]);
    const found = late.get("found");
    expect(found).toMatchObject({ app: "demo", region: A, judgedBy: B, verdict: "recovered" });
    expect((found?.judgedAt ?? 0) - (found?.writtenAt ?? 0)).toBeGreaterThan(0);
    const shown = (id: string) =>
      late
        .get(id)
        ?.items.filter(({ table }) => table === "notes")
        .map((item) => [item.outcome, item.late?.text, item.kept?.text]);
    expect(shown("found")).toEqual([["recovered", "late", "late"]]);
    expect([late.get("lost")?.verdict, shown("lost")]).toEqual([
      "superseded",
      [["superseded", "late", "new"]],
    ]);
    expect([late.get("half-1")?.verdict, shown("half-1")]).toEqual([
      "partly",
      [
        ["recovered", "late", "late"],
        ["superseded", "late", "new"],
      ],
    ]);
    expect(page.readAt).toBe(region);
    if (region === B) expect(page.dataAgeMs).toBe(0);
    else expect(page.dataAgeMs).toBeLessThan(1000);
  });

  test("values of a confidential table are not shown, and not kept", async () => {
    const page = await lateAt(world, B);
    const item = byFirst(page).get("secret-1")?.items[0];
    expect(item).toEqual({
      table: "secrets",
      key: { partition: "secret-1", sort: "" },
      outcome: "recovered",
      hidden: true,
    });
    expect(JSON.stringify(page)).not.toContain("a password");
  });

  test.each([A, B])("%s counts them without values, for everybody", async (region) => {
    expect(await countsAt(world, region)).toEqual({
      recovered: 2,
      superseded: 1,
      partly: 1,
      neverAcknowledged: 0,
      waiting: 0,
    });
  });

  test.each([A, B])(
    "the journal of %s says that a loss was accepted, by whom and why",
    async (region) => {
      const { items } = await getJson(world, region, "/routing/journal?app=demo");
      const entry = (items as { cause: string }[]).find(({ cause }) => cause === "failover");
      expect(entry).toMatchObject({
        acceptedDataLoss: true,
        by: "rider",
        reason: "the cable is cut",
        from: [A],
        to: [B],
      });
    },
  );

  test("pages follow each other, and each late write is on one of them", async () => {
    const whole = (await lateAt(world, B)).items;
    const paged: Late[] = [];
    let cursor: string | undefined;
    do {
      const next = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await lateAt(world, B, `?limit=1${next}`);
      expect(page.items.length).toBe(1);
      paged.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(whole);
  });

  test("nobody but operators reads them, and a wrong question is refused", async () => {
    const status = async (path: string, init = {}) =>
      (await world.region(B).fetch(`/routing/late-writes${path}`, init)).status;
    expect(await status("")).toBe(401);
    expect(await status("", { headers: { authorization: "Bearer none" } })).toBe(401);
    expect(await status("?app=nope", operator(world))).toBe(404);
    for (const query of ["?limit=0", "?limit=201", "?limit=x", "?cursor=zzz", "?x=1"]) {
      expect([query, await status(query, operator(world))]).toEqual([query, 400]);
    }
  });

  test("they survive a restart of every region, and the next failover", async () => {
    const all = (await lateAt(world, B)).items;
    world.kill(A);
    world.kill(B);
    await world.advance("1s");
    world.heal();
    await world.advance("10s");
    expect((await lateAt(world, B)).items).toEqual(all);
    world.kill(B);
    await world.until(() => world.region(A).serves("demo"), "60s");
    expect((await lateAt(world, A)).items).toEqual(all);
    expect(await countsAt(world, A)).toMatchObject({ recovered: 2, superseded: 1, partly: 1 });
  });
});

test("what was never acknowledged is told as that, of a replicated app", async () => {
  const world = await worldOf("replicated");
  world.partition(A);
  const pending = put(world, A, ["nobody"], "late");
  await world.until(() => world.region(B).serves("demo"), "30s");
  await pending;
  await settle(world);
  const [late] = (await lateAt(world, B)).items;
  expect(late?.verdict).toBe("never-acknowledged");
  expect(late?.items[0]).toMatchObject({
    outcome: "superseded",
    late: { text: "late" },
    kept: null,
  });
  expect(await countsAt(world, A)).toMatchObject({ neverAcknowledged: 1, recovered: 0 });
});

test("an automatic takeover is no accepted loss in the journal", async () => {
  const world = await worldOf("replicated");
  world.kill(A);
  await world.until(() => world.region(B).serves("demo"), "30s");
  const { items } = await getJson(world, B, "/routing/journal?app=demo");
  const causes = (items as { cause: string; acceptedDataLoss?: true }[]).filter(
    ({ acceptedDataLoss }) => acceptedDataLoss !== undefined,
  );
  expect(causes).toEqual([]);
});

test("what waits is unknown until the region that has it is back, then counted", async () => {
  const world = await worldOf("local");
  await forced(world, async () => void (await put(world, A, ["found"], "late")));
  expect(await countsAt(world, B)).toMatchObject({ waiting: null });
  await settle(world);
  expect(await countsAt(world, B)).toMatchObject({ waiting: 0, recovered: 1 });
});

test("of the identity app no value is ever shown", async () => {
  const world = await simulate({ deployment: shipped, seed: 9 });
  const [, other = ""] = world.regions;
  const primary = world.regions[0] ?? "";
  const signUp = (username: string) => {
    const body = JSON.stringify({ username, password: "a password of a visitor" });
    const headers = { "content-type": "application/json" };
    return world.region(primary).fetch("/identity/sign-up", { method: "POST", headers, body });
  };
  await signUp("early");
  await world.advance("1s");
  world.partition(primary);
  const pending = signUp("late");
  await world.until(() => world.region(other).serves("identity"), "30s");
  await pending;
  await settle(world);
  const { items } = await lateAt(world, other, "?app=identity");
  expect(items.length).toBeGreaterThan(0);
  const shown = items.flatMap((late) => late.items);
  expect(shown.map(({ table }) => table)).toContain("users");
  expect(shown.filter(({ hidden }) => hidden !== true)).toEqual([]);
  expect(JSON.stringify(items)).not.toMatch(/passwordHash|tokenHash|sealed/);
});

test("more late writes than a region keeps are all found by check", async () => {
  const world = await worldOf("local");
  const client = world.client({ near: A });
  await forced(world, async () => {
    for (let at = 0; at < 1100; at++) {
      await client.send("PUT", "/demo/api/notes", { ids: [`n${at}`], text: "late" });
    }
  });
  await settle(world);
  // Long enough for what was deleted to be forgotten.
  await world.advance("10m");
  const { lost, late, ok } = await world.check();
  expect([ok, lost, late.length]).toEqual([true, [], 1100]);
  expect(await countsAt(world, B)).toMatchObject({ recovered: 1100, waiting: 0 });
});
