/** A test that fakes timers can simulate: virtual time needs no global timer, and no global date. */
import { afterEach, expect, test, vi } from "vitest";
import deployment from "../understudy.config.ts";
import { simulate } from "./index.ts";

afterEach(() => {
  vi.useRealTimers();
});

const TICKETS = "/tickets/api/tickets";

async function outage(): Promise<string> {
  const world = await simulate({ deployment, seed: 42 });
  const reporter = world.client({ near: "eu-west-1" });
  await reporter.signIn("reporter");
  world.kill("eu-west-1");
  const made = await reporter.send("POST", TICKETS, { description: "It is on fire again" });
  expect([made.status, made.region]).toEqual([201, "ap-southeast-1"]);
  await world.advance("2m");
  expect((await reporter.send("GET", TICKETS)).status).toBe(200);
  expect(await world.check()).toMatchObject({ ok: true, lost: [] });
  return world.trace;
}

test("faked timers and a faked date change nothing of a simulation", async () => {
  const trace = await outage();
  vi.useFakeTimers({ now: new Date("2001-01-01T00:00:00Z") });
  expect(await outage()).toBe(trace);
  vi.setSystemTime(new Date("2055-01-01T00:00:00Z"));
  expect(await outage()).toBe(trace);
});

test("timers that are faked before the door is loaded hinder nothing either", async () => {
  vi.useFakeTimers();
  vi.resetModules();
  const fresh = await import("./index.ts");
  const world = await fresh.simulate({ deployment, seed: 1 });
  await world.advance("5s");
  expect(world.now).toBeGreaterThan(5000);
});
