/** What is read while no region may write: during a fence, and without a majority of voters. */
import { describe, expect, test } from "vitest";
import deployment from "../understudy.config.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const PRIMARY = "eu-west-1";
const OTHER = "ap-southeast-1";
const TICKETS = "/tickets/api/tickets";
const DESCRIPTION = "A ticket that is read while nothing can be written";

async function written(seed: number) {
  const world = await simulate({ deployment, seed });
  const reporter = world.client({ near: PRIMARY });
  await reporter.signIn("reporter");
  await reporter.send("POST", TICKETS, { description: DESCRIPTION });
  await world.advance(500);
  return { world, reporter };
}

const bearer = async (world: SimulatedWorld): Promise<string> => {
  const form = { username: "visitor", password: "a password of a visitor" };
  const body = JSON.stringify(form);
  const headers = { "content-type": "application/json" };
  const signUp = { method: "POST", body, headers };
  const answer = await world.region(PRIMARY).fetch("/identity/sign-up", signUp);
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return `Bearer ${accessToken}`;
};

const PATHS = [
  TICKETS,
  "/photos/api/photos",
  "/identity/me",
  "/identity/sessions",
  "/identity/providers",
];

describe("while every app is fenced", () => {
  test.each([PRIMARY, OTHER])("%s answers every read that names no level", async (region) => {
    const { world } = await written(3);
    const headers = { authorization: await bearer(world) };
    await world.advance(500);
    for (const app of ["tickets", "photos", "identity"]) {
      expect((await world.region(PRIMARY).command(app, "fence")).kind).toBe("ok");
    }
    for (const wait of ["1s", "1m"]) {
      await world.advance(wait);
      for (const path of PATHS) {
        const answer = await world.region(region).fetch(path, { headers });
        expect([path, answer.status]).toEqual([path, 200]);
      }
      const list = await world.region(region).fetch(TICKETS, { headers });
      const { items } = (await list.json()) as { items: { description: string }[] };
      expect(items.map(({ description }) => description)).toContain(DESCRIPTION);
    }
  });

  test("the region that served last reads what is current, with the proof of the others", async () => {
    const { world } = await written(4);
    const headers = { authorization: await bearer(world) };
    await world.region(PRIMARY).command("tickets", "fence");
    await world.advance("10s");
    const answer = await world.region(PRIMARY).fetch(TICKETS, { headers });
    expect(answer.headers.get("understudy-consistency")).toBe("current");
  });

  test("without that proof it says how old the data may be", async () => {
    const { world } = await written(5);
    const headers = { authorization: await bearer(world) };
    await world.region(PRIMARY).command("tickets", "fence");
    world.partition(PRIMARY);
    await world.advance("10s");
    const answer = await world.region(PRIMARY).fetch(TICKETS, { headers });
    expect([answer.status, answer.headers.get("understudy-consistency")]).toEqual([200, "stale"]);
    const age = Number(answer.headers.get("understudy-data-age"));
    expect(age).toBeGreaterThan(9_000);
    expect(age).toBeLessThan(12_000);
  });

  test("a region that was started again meanwhile does not put a number on what it cannot know", async () => {
    const { world } = await written(6);
    const headers = { authorization: await bearer(world) };
    await world.region(PRIMARY).command("tickets", "fence");
    world.kill(OTHER);
    world.kill(PRIMARY);
    world.restart(PRIMARY);
    await world.advance("5s");
    const answer = await world.region(PRIMARY).fetch(TICKETS, { headers });
    expect([answer.status, answer.headers.get("understudy-consistency")]).toEqual([200, "stale"]);
    expect(answer.headers.get("understudy-data-age")).toBeNull();
  });
});

describe("without a majority of voters", () => {
  test("the region that served answers reads again, as stale ones, after a while", async () => {
    const { world } = await written(7);
    const headers = { authorization: await bearer(world) };
    world.kill("witness");
    world.kill(OTHER);
    await world.advance("5s");
    const answer = await world.region(PRIMARY).fetch(TICKETS, { headers });
    expect([answer.status, answer.headers.get("understudy-consistency")]).toEqual([200, "stale"]);
    expect(Number(answer.headers.get("understudy-data-age"))).toBeGreaterThan(3_000);
  });

  test("a region that has just lost its lease leaves the read to whichever follows it", async () => {
    const { world } = await written(8);
    const headers = { authorization: await bearer(world) };
    world.partition(PRIMARY);
    await world.until(() => !world.region(PRIMARY).serves("tickets"), "5s");
    const answer = await world.region(PRIMARY).fetch(TICKETS, { headers });
    expect(answer.status).toBe(503);
  });
});
