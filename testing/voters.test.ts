/** Which voters answer, as every region says it, and what commands come to without a majority. */
import { describe, expect, test } from "vitest";
import deployment from "../understudy.config.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const PRIMARY = "eu-west-1";
const OTHER = "ap-southeast-1";
const WITNESS = "witness";

interface Shown {
  readonly majority: boolean | null;
  readonly seenBy: string;
  readonly voters: readonly { id: string; kind: string; answers: boolean; since: number }[];
}

const votersOf = async (world: SimulatedWorld, region: string): Promise<Shown> =>
  (await (await world.region(region).fetch("/routing/voters")).json()) as Shown;
const silent = ({ voters }: Shown): readonly string[] =>
  voters.filter(({ answers }) => !answers).map(({ id }) => id);

describe("a region's voters", () => {
  test("all answer while nothing is wrong, the witness among them", async () => {
    const world = await simulate({ deployment, seed: 31 });
    for (const region of [PRIMARY, OTHER]) {
      const shown = await votersOf(world, region);
      expect([shown.majority, shown.seenBy, silent(shown)]).toEqual([true, region, []]);
      expect(shown.voters.find(({ kind }) => kind === WITNESS)?.id).toBe(WITNESS);
    }
  });

  test("are a majority without the witness, whose silence is told", async () => {
    const world = await simulate({ deployment, seed: 32 });
    world.kill(WITNESS);
    await world.advance("2s");
    const shown = await votersOf(world, PRIMARY);
    expect([shown.majority, silent(shown)]).toEqual([true, [WITNESS]]);
    world.restart(WITNESS);
    await world.advance("2s");
    expect(silent(await votersOf(world, PRIMARY))).toEqual([]);
  });

  test("are none for a region that is cut off", async () => {
    const world = await simulate({ deployment, seed: 33 });
    world.partition(PRIMARY);
    await world.advance("2s");
    const shown = await votersOf(world, PRIMARY);
    expect([shown.majority, silent(shown)]).toEqual([false, [OTHER, WITNESS]]);
    expect((await votersOf(world, OTHER)).majority).toBe(true);
  });
});

test.each(["fence", "switchover", "failover", "failback"] as const)(
  "%s without a majority is refused at once, and names who is missing",
  async (command) => {
    const world = await simulate({ deployment, seed: 34 });
    world.kill(WITNESS);
    world.kill(PRIMARY);
    await world.advance("3s");
    const asked = world.now;
    const ended = await world.region(OTHER).command("tickets", command, { acceptDataLoss: true });
    expect(ended).toMatchObject({ kind: "failed", code: "no-majority" });
    expect((ended as { reason: string }).reason).toContain(`(${PRIMARY}, ${WITNESS})`);
    expect(world.now - asked).toBeLessThan(1_000);
    world.restart(WITNESS);
    await world.until(() => world.region(OTHER).serves("tickets"), "30s");
  },
);
