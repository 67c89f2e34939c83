/** Operators' commands that come twice: with one key they are carried out once, in every region. */
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../targets/simulated/region-service.ts";
import deployment from "../understudy.config.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const PRIMARY = "eu-west-1";
const OTHER = "ap-southeast-1";

interface Entry {
  readonly cause: string;
}

const ask = async (
  world: SimulatedWorld,
  region: string,
  command: string,
  { key, body = {} }: { key?: string; body?: object } = {},
) => {
  const headers = new Headers({
    authorization: `Bearer ${OPERATOR_TOKEN}`,
    "content-type": "application/json",
  });
  if (key !== undefined) headers.set("idempotency-key", key);
  const path = `/routing/apps/tickets/${command}`;
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await world.region(region).fetch(path, init);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const causes = async (world: SimulatedWorld, region: string, cause: string): Promise<number> => {
  const answer = await world.region(region).fetch("/routing/journal?app=tickets");
  const { items } = (await answer.json()) as { items: readonly Entry[] };
  return items.filter((entry) => entry.cause === cause).length;
};

describe("a command with a key that comes again", () => {
  test.each([
    ["fence", {}],
    ["switchover", { to: OTHER }],
    ["failover", { to: OTHER }],
  ])(
    "at another region while the first %s is under way is carried out once",
    async (command, body) => {
      const world = await simulate({ deployment, seed: 21 });
      const given = { key: "one-and-the-same", body };
      const [first, second] = await Promise.all([
        ask(world, PRIMARY, command, given),
        ask(world, OTHER, command, given),
      ]);
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(first.body["version"]).toBe(second.body["version"]);
      await world.advance("1s");
      for (const region of [PRIMARY, OTHER]) expect(await causes(world, region, command)).toBe(1);
    },
  );

  test("afterwards is answered as the first time, by every region", async () => {
    const world = await simulate({ deployment, seed: 22 });
    const first = await ask(world, PRIMARY, "fence", { key: "fence-it" });
    await world.advance("2s");
    expect(await ask(world, PRIMARY, "fence", { key: "fence-it" })).toEqual(first);
    expect((await ask(world, OTHER, "fence", { key: "fence-it" })).status).toBe(200);
    expect(await causes(world, OTHER, "fence")).toBe(1);
    const moved = { key: "move-it", body: { to: OTHER } };
    expect((await ask(world, PRIMARY, "unfence", { key: "unfence-it" })).status).toBe(200);
    await world.advance("2s");
    expect((await ask(world, PRIMARY, "switchover", moved)).status).toBe(200);
    await world.advance("2s");
    for (const region of [PRIMARY, OTHER]) {
      expect((await ask(world, region, "switchover", moved)).status).toBe(200);
    }
    const back = { key: "bring-it-back" };
    for (const region of [OTHER, PRIMARY]) {
      expect((await ask(world, region, "failback", back)).status).toBe(200);
      await world.advance("2s");
    }
    expect(await causes(world, PRIMARY, "failback")).toBe(1);
  });

  test("as another command, or with another body, is refused", async () => {
    const world = await simulate({ deployment, seed: 23 });
    expect((await ask(world, PRIMARY, "fence", { key: "a-key" })).status).toBe(200);
    await world.advance("1s");
    for (const region of [PRIMARY, OTHER]) {
      expect((await ask(world, region, "unfence", { key: "a-key" })).status).toBe(422);
      const body = { reason: "another one" };
      expect((await ask(world, region, "fence", { key: "a-key", body })).status).toBe(422);
    }
  });
});

test("without a key a command whose effect is there already is refused, as it always was", async () => {
  const world = await simulate({ deployment, seed: 24 });
  expect((await ask(world, PRIMARY, "fence")).status).toBe(200);
  expect((await ask(world, PRIMARY, "fence")).status).toBe(409);
  expect((await ask(world, PRIMARY, "fence", { key: "a-new-one" })).status).toBe(409);
});
