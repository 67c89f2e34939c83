/** What every region says of lag and writes at risk, wherever the app is served. */
import { describe, expect, test } from "vitest";
import deployment from "../understudy.config.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const PRIMARY = "eu-west-1";
const OTHER = "ap-southeast-1";
const TICKETS = "/tickets/api/tickets";

interface Shown {
  readonly lag: Readonly<Record<string, { writes: number | null; ms: number | null }>>;
  readonly writesAtRisk: number | null;
  readonly unknown?: string;
  readonly epoch: number;
}

const shownBy = async (world: SimulatedWorld, region: string): Promise<Shown> => {
  const answer = await world.region(region).fetch("/routing/apps/tickets");
  return (await answer.json()) as Shown;
};

async function withTickets(seed: number, count: number) {
  const world = await simulate({ deployment, seed });
  const reporter = world.client({ near: PRIMARY });
  await reporter.signIn("reporter");
  const write = async (many: number): Promise<void> => {
    for (let at = 0; at < many; at++) {
      await reporter.send("POST", TICKETS, { description: `A description of number ${at}` });
    }
  };
  await write(count);
  await world.advance("1s");
  return { world, write };
}

describe("the writes at risk", () => {
  test("are none, at every region, while the regions are in step", async () => {
    const { world } = await withTickets(11, 5);
    for (const region of [PRIMARY, OTHER]) {
      const shown = await shownBy(world, region);
      expect(shown).toMatchObject({ writesAtRisk: 0, lag: { [OTHER]: { writes: 0, ms: 0 } } });
      expect(shown.unknown).toBeUndefined();
    }
  });

  test("are counted from the takeover, not from the beginning of the log", async () => {
    const { world, write } = await withTickets(12, 40);
    world.kill(PRIMARY);
    await world.until(() => world.region(OTHER).serves("tickets"), "30s");
    await world.advance("100ms");
    const before = await shownBy(world, OTHER);
    expect(before.writesAtRisk).toBe(0);
    await write(7);
    const after = await shownBy(world, OTHER);
    expect([after.writesAtRisk, after.lag[PRIMARY]?.writes]).toEqual([7, 7]);
    expect(after.lag[PRIMARY]?.ms).toBeNull();
  });

  test("are known again, and none, once the lost region is back", async () => {
    const { world, write } = await withTickets(13, 10);
    world.kill(PRIMARY);
    await world.until(() => world.region(OTHER).serves("tickets"), "30s");
    await write(3);
    world.restart(PRIMARY);
    await world.advance("20s");
    for (const region of [PRIMARY, OTHER]) {
      expect(await shownBy(world, region)).toMatchObject({
        writesAtRisk: 0,
        lag: { [PRIMARY]: { writes: 0, ms: 0 } },
      });
    }
  });

  test("are unknown at a region that the holder does not reach, and exact at the holder", async () => {
    const { world, write } = await withTickets(14, 10);
    await world.region(PRIMARY).command("tickets", "switchover", { to: OTHER });
    await world.advance("2s");
    world.partition(PRIMARY, { from: OTHER });
    await world.advance("5s");
    await write(20);
    expect(await shownBy(world, OTHER)).toMatchObject({
      writesAtRisk: 20,
      lag: { [PRIMARY]: { writes: 20 } },
    });
    expect(await shownBy(world, PRIMARY)).toMatchObject({
      writesAtRisk: null,
      lag: { [PRIMARY]: { writes: null, ms: null } },
      unknown: "holder-silent",
    });
  });

  test("are unknown after a takeover that may lack some, until the other region answers", async () => {
    const { world, write } = await withTickets(15, 10);
    world.partition(PRIMARY, { from: OTHER });
    await write(3);
    await world.advance("5s");
    const options = { to: OTHER, acceptDataLoss: true };
    const ended = await world.region(OTHER).command("tickets", "failover", options);
    expect(ended.kind).toBe("ok");
    await world.advance("2s");
    expect(await shownBy(world, OTHER)).toMatchObject({
      writesAtRisk: null,
      unknown: "peer-silent",
    });
    world.heal();
    await world.advance("20s");
    expect(await shownBy(world, OTHER)).toMatchObject({ writesAtRisk: 0 });
  });

  test("are told by an event stream as null where they are unknown", async () => {
    const { world } = await withTickets(16, 2);
    world.kill(PRIMARY);
    world.kill("witness");
    await world.advance("5s");
    const stream = await world.region(OTHER).fetch("/routing/events");
    const reader = stream.body?.getReader();
    let text = "";
    while (!/"type":"lag","app":"tickets"/.test(text)) {
      const chunk = await reader?.read();
      text += new TextDecoder().decode(chunk?.value);
    }
    await reader?.cancel();
    expect(text).toContain('"writesAtRisk":null,"unknown":"holder-silent"');
  });
});
