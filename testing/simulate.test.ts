/** Laws of the simulated world as its users see it, with the apps that come with Understudy. */
import { describe, expect, test } from "vitest";
import { defineDeployment } from "../layers/api/index.ts";
import { SimulatedDeployment } from "../targets/simulated/deployment.ts";
import deployment from "../understudy.config.ts";
import { checkWorld } from "./check.ts";
import { type SimulatedWorld, simulate, toEdn } from "./index.ts";

const TICKETS = "/tickets/api/tickets";
const PRIMARY = "eu-west-1";
const OTHER = "ap-southeast-1";

async function withReporter(seed: number, rtt?: number) {
  const world = await simulate({ deployment, seed, ...(rtt === undefined ? {} : { rtt }) });
  const reporter = world.client({ near: PRIMARY });
  await reporter.signIn("reporter");
  const report = (description: string) =>
    reporter.send("POST", TICKETS, { description: `A description of ${description}` });
  return { world, reporter, report };
}

const FAULTS: Readonly<Record<string, (world: SimulatedWorld) => void>> = {
  killed: (world) => world.kill(PRIMARY),
  frozen: (world) => world.freeze(PRIMARY),
  "cut off, also from its clients": (world) => world.partition(PRIMARY, { clients: true }),
  "cut off from the other sites": (world) => world.partition(PRIMARY),
  "broken in health": (world) => world.breakHealth(PRIMARY),
  "on a full disk": (world) => world.fillDisk(PRIMARY),
  "on a disk that is lost": (world) => world.loseDisk(PRIMARY),
  "asleep with its machine": (world) => world.suspend(PRIMARY),
};

describe("a primary region that is", () => {
  test.each(Object.entries(FAULTS))(
    "%s is taken over from, and nothing is lost",
    async (_, fault) => {
      const { world, report } = await withReporter(5);
      expect((await report("the time before")).region).toBe(PRIMARY);
      fault(world);
      await world.until(() => world.region(OTHER).serves("tickets"), "30s");
      const after = await report("the time after");
      expect([after.status, after.region]).toEqual([201, OTHER]);
      const checked = await world.check();
      expect(checked.lost).toEqual([]);
      expect(checked.differences).toEqual([]);
      expect(checked.acknowledged).toBeGreaterThanOrEqual(2);
    },
  );
});

test("a region that is slow, or whose wall clock jumps, loses nothing", async () => {
  const { world, report } = await withReporter(6);
  world.slow(PRIMARY, { delay: 80, jitter: 50, loss: 0.1 });
  world.skewClock(OTHER, "2s");
  for (let at = 0; at < 10; at++) await report(`in bad weather ${at}`).catch(() => undefined);
  const checked = await world.check();
  expect([checked.lost, checked.differences]).toEqual([[], []]);
});

test("a region whose disk goes back to an old copy serves nothing of it, and gets what it lacks", async () => {
  const { world, report } = await withReporter(12);
  expect((await report("the time before the copy")).status).toBe(201);
  const copy = world.copyDisk(PRIMARY);
  await world.advance("3s");
  expect((await report("the time after the copy")).region).toBe(PRIMARY);
  await world.advance("3s");
  world.restoreDisk(PRIMARY, copy);
  world.restart(PRIMARY);
  await world.until(() => world.region(OTHER).serves("tickets"), "30s");
  const checked = await world.check();
  expect([checked.lost, checked.differences]).toEqual([[], []]);
  expect(() => world.restoreDisk(OTHER, copy)).toThrow(`the copy is of ${PRIMARY}, got ${OTHER}`);
  expect(() => world.loseDisk("witness")).toThrow("the witness has no data");
});

test("the length of leases is changed site by site, and nothing is lost on the way", async () => {
  const { world, report } = await withReporter(14);
  for (const site of ["witness", OTHER, PRIMARY]) {
    world.changeLease(site, "tight");
    await world.advance("500ms");
    world.restart(site);
    await world.advance("3s");
    expect((await report(`changed at ${site}`)).status).toBe(201);
  }
  expect(await world.check()).toMatchObject({ ok: true });
});

test("clocks that drift apart within what leases allow stop nothing", async () => {
  const { world, report } = await withReporter(13);
  world.driftClock(PRIMARY, 0.99);
  world.driftClock(OTHER, 1.01);
  for (let at = 0; at < 10; at++) {
    await world.advance("1s");
    expect((await report(`a slow clock ${at}`)).region).toBe(PRIMARY);
  }
  expect(await world.check()).toMatchObject({ ok: true });
  expect(() => world.driftClock(OTHER, 2)).toThrow("rate is from 0.9 to 1.1, got 2");
});

test("one seed decides everything: two runs have one trace and one history", async () => {
  const run = async (seed: number) => {
    const { world, report } = await withReporter(seed);
    await report("one");
    world.kill(PRIMARY);
    await Promise.all(["two", "three", "four"].map(report));
    await world.advance("5s");
    await world.check();
    return { trace: world.trace, edn: toEdn(world.history()) };
  };
  const [first, second, other] = [await run(7), await run(7), await run(8)];
  expect(second).toEqual(first);
  expect(other.trace).not.toBe(first.trace);
  expect(first.edn.split("\n")[0]).toBe(
    first.edn.match(
      /^\{:index 0, :type :invoke, :process 0, :f :post, :value "[^"]+", :time \d+\}$/m,
    )?.[0],
  );
});

test("an acknowledged write that no region has is told as lost", async () => {
  const simulated = new SimulatedDeployment({ deployment, seed: 1, rtt: 10 });
  await simulated.pace.advance(2000);
  const base = { process: 0, f: "post", path: TICKETS, timeMs: 1, region: PRIMARY } as const;
  const made = { ...base, type: "ok", status: 201, location: `${TICKETS}/1` } as const;
  const receipt = "r1.tickets.main.1.zzzz";
  const checked = await checkWorld(simulated, [{ ...made, index: 1, receipt }], () =>
    Promise.resolve(404),
  );
  expect(checked.ok).toBe(false);
  expect(checked.lost).toHaveLength(2);
});

test("a planned switchover loses nothing and refuses nobody", async () => {
  const { world, report } = await withReporter(9);
  const moved = await world.region(PRIMARY).command("tickets", "switchover", { to: OTHER });
  expect(moved.kind).toBe("ok");
  expect(await report("after")).toMatchObject({ status: 201, region: OTHER });
  expect(await world.check()).toMatchObject({ ok: true });
});

test("a single region serves, and is there again after its end", async () => {
  const [tickets] = deployment.apps.filter(({ id }) => id === "tickets");
  const alone = defineDeployment({ regions: [PRIMARY], apps: tickets ? [tickets] : [] });
  const world = await simulate({ deployment: alone, seed: 3 });
  const reporter = world.client();
  await reporter.signIn("reporter");
  await reporter.send("POST", TICKETS, { description: "what has to be kept" });
  world.kill(PRIMARY);
  world.restart(PRIMARY);
  await world.until(() => world.region(PRIMARY).serves("tickets"));
  const { body } = await reporter.send("GET", TICKETS);
  expect(body.items).toHaveLength(1);
});

test("a quarter of an hour without the primary, and a thousand writes", async () => {
  const begun = performance.now();
  const { world, reporter, report } = await withReporter(10);
  world.kill(PRIMARY);
  for (let at = 0; at < 1000; at++) {
    expect((await report(`ticket ${at}`)).status).toBe(201);
    await world.advance(300);
  }
  await world.advance("7m");
  expect((await reporter.send("GET", TICKETS)).status).toBe(200);
  const checked = await world.check();
  const tookMs = Math.round(performance.now() - begun);
  console.info(`${(world.now / 60_000).toFixed(1)} virtual minutes took ${tookMs} ms`);
  expect(checked).toMatchObject({ ok: true, lost: [] });
  expect(checked.acknowledged).toBeGreaterThanOrEqual(1001);
});
