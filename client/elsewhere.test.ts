import { describe, expect, it } from "vitest";
import { createRng } from "../base/rng.ts";
import { createClient } from "./client.ts";
import { type Behaviour, createVirtualWorld, type Reply } from "./virtual-world.ts";

const elsewhere = (homeRegion: string | null): Reply => ({
  status: 503,
  headers: { "understudy-epoch": "1" },
  body: { type: "https://understudy.test/problems/elsewhere", homeRegion },
});
const made: Reply = { status: 201, headers: { "understudy-epoch": "1" } };

function setUp(behaviours: Record<string, Behaviour>) {
  const world = createVirtualWorld();
  const asked: string[] = [];
  for (const [id, behaviour] of Object.entries(behaviours)) {
    world.regions.set(id, (seen) => {
      asked.push(id);
      return typeof behaviour === "function" ? behaviour(seen) : behaviour;
    });
  }
  const client = createClient({
    regions: Object.keys(behaviours).map((id) => ({ id, url: `http://${id}` })),
    fetch: world.fetch,
    now: world.now,
    timers: world.timers,
    random: createRng(7).next,
  });
  const order = (init = {}) =>
    client.fetch("/shop/api/orders", { method: "POST", body: "{}", ...init });
  return { world, asked, order };
}

describe("a write that another region decides", () => {
  it.each([
    ["with a key", {}],
    ["without one", { idempotencyKey: false }],
  ])("goes there at once, %s", async (_, init) => {
    const { world, asked, order } = setUp({
      a: () => elsewhere("c"),
      b: () => made,
      c: () => made,
    });
    const answer = order(init);
    await world.advance(100);
    expect((await answer).status).toBe(201);
    expect(asked).toEqual(["a", "c"]);
  });

  it("is told so where its body can be sent once only", async () => {
    const { world, asked, order } = setUp({ a: () => elsewhere("b"), b: () => made });
    const answer = order({ body: new Blob(["{}"]).stream() });
    await world.advance(100);
    expect((await answer).status).toBe(503);
    expect(asked).toEqual(["a"]);
  });

  it("looks again, with a key, while the name is between two regions", async () => {
    const opensAt = 400;
    const { world, asked, order } = setUp({
      a: () => elsewhere("b"),
      b: (seen) => (seen.at < opensAt ? elsewhere(null) : made),
    });
    const [keyed, bare] = [order(), order({ idempotencyKey: false })];
    await world.advance(5000);
    expect((await keyed).status).toBe(201);
    expect((await bare).status).toBe(503);
    expect(asked.length).toBeLessThan(10);
  });
});
