import { expect, test } from "vitest";
import { ticketsApp } from "../apps/tickets/server.ts";
import { defineDeployment } from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./simulate.ts";

const [FIRST, SECOND, THIRD] = ["eu-west-1", "us-east-1", "eu-central-1"];
const TICKETS = "/tickets/api/tickets";

async function begun(regions: readonly string[]): Promise<{
  world: SimulatedWorld;
  report: (description: string) => Promise<number>;
}> {
  const deployment = defineDeployment({ regions, apps: [ticketsApp] });
  const world = await simulate({ deployment, seed: 4, rtt: 20 });
  const reporter = world.client();
  await reporter.signIn("reporter");
  const report = async (description: string): Promise<number> =>
    (await reporter.send("POST", TICKETS, { description })).status;
  return { world, report };
}

test("a region that was added takes over, and the first one is removed, under one client", async () => {
  const { world, report } = await begun([FIRST, SECOND]);
  for (let at = 0; at < 5; at++) expect(await report(`before the third region, ${at}`)).toBe(201);
  await world.addRegion(THIRD);
  expect(world.regions).toEqual([FIRST, SECOND, THIRD]);
  await expect(world.removeRegion(FIRST)).rejects.toThrow("switch it over");

  const moved = await world.region(FIRST).command("tickets", "switchover", { to: THIRD });
  const signIn = await world.region(FIRST).command("identity", "switchover", { to: THIRD });
  expect([moved.kind, signIn.kind]).toEqual(["ok", "ok"]);
  await world.removeRegion(FIRST);
  expect(world.regions).toEqual([SECOND, THIRD]);
  for (let at = 0; at < 5; at++) expect(await report(`without the first one, ${at}`)).toBe(201);
  expect(await world.check()).toMatchObject({ ok: true, lost: [], acknowledged: 11 });
});

test("a deployment of one region grows, and survives the loss of where it began", async () => {
  const { world, report } = await begun([FIRST]);
  expect(await report("written when there was one region")).toBe(201);
  await world.addRegion(SECOND);
  await world.advance("2s");
  world.kill(FIRST);
  expect(await report("written when the first was gone")).toBe(201);
  expect(await world.check()).toMatchObject({ ok: true, lost: [] });
});
