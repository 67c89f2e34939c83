/** Regions come and go under load, in virtual time. */
import { describe, expect, test } from "vitest";
import { createRng } from "../../base/rng.ts";
import { itemsOf } from "../../layers/key-value/items.ts";
import type { RegionChangeEnd } from "../../layers/region/region-changing.ts";
import { explore } from "./explore.ts";
import { USUAL_FAULTS } from "./faults.ts";
import { SimulatedMembership } from "./membership.ts";
import { APP, appOptions, checked, ITEMS } from "./setting.ts";
import { World } from "./world.ts";

/** Seeds that once showed a bug; what each found is in its name. */
const REGRESSIONS = [
  { seed: 457, name: "a region that had left was no member of the app, and stayed in the list" },
  { seed: 529, name: "two proposals of one version: nobody closed the one that was chosen" },
];
const SEEDS = 12;
const MEMBERS = "members" as const;
const KINDS = [...Array.from({ length: 4 }, () => MEMBERS), ...USUAL_FAULTS, MEMBERS];

function violationsOf(seed: number): string[] {
  const run = explore({ seed, faults: KINDS, regions: 1 + (seed % 4), objects: seed % 2 === 0 });
  return run.violations.map((what) => `seed ${seed} (${run.setting}): ${what}`);
}

function worldOf(regions: readonly string[], durability: "local" | "replicated" = "replicated") {
  const world = new World({
    seed: 5,
    regions,
    apps: [appOptions(regions, "active-passive", durability)],
  });
  const membership = new SimulatedMembership(world, createRng(6));
  world.start();
  expect(world.until(() => world.holders(APP).length === 1, 5000)).toBeDefined();
  world.advance(1000);
  return { world, membership };
}

function changed(
  { world, membership }: ReturnType<typeof worldOf>,
  change: "add" | "remove",
  region: string,
): RegionChangeEnd | undefined {
  let end: RegionChangeEnd | undefined;
  membership.change({ change, region }, (ended) => {
    end = ended;
  });
  world.until(() => end !== undefined, 30_000);
  return end;
}

const sitesThatVote = (world: World): string[][] =>
  world.newestMembers.sets.map((set) => set.map(({ site }) => site));

describe("regions come and go", () => {
  test.each(REGRESSIONS)("seed $seed: $name", ({ seed }) => {
    expect(violationsOf(seed)).toEqual([]);
  });

  test(`${SEEDS} seeds in which members change among all other faults keep every invariant`, () => {
    const violations: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) violations.push(...violationsOf(seed));
    expect(violations).toEqual([]);
  });

  test("a region that is added gets the data, a vote, and a place in the in-sync set", () => {
    const stage = worldOf(["a"]);
    const { world } = stage;
    expect(changed(stage, "add", "b")?.kind).toBe("ok");
    expect(sitesThatVote(world)).toEqual([["a", "b", "witness"]]);
    const inSync = (): number => world.app("a", APP)?.record?.inSyncRegions.length ?? 0;
    expect(world.until(() => inSync() === 2, 5000)).toBeDefined();
    world.kill("a");
    expect(world.until(() => world.holders(APP)[0] === "b", 2000)).toBeDefined();
  });

  test("the serving region is not removed: it is said to switch over first", () => {
    const stage = worldOf(["a", "b", "c"]);
    const end = changed(stage, "remove", "a");
    expect(end).toMatchObject({ kind: "failed", code: "not-allowed" });
    expect(end?.kind === "failed" && end.reason).toContain("switch it over");
    expect(stage.world.app("b", APP)?.record?.leaving ?? []).toEqual([]);
  });

  test("another region is in sync before the one that leaves is out", () => {
    const stage = worldOf(["a", "b", "c"]);
    const { world } = stage;
    const sizes = new Set<number>();
    let isOver = false;
    stage.membership.change({ change: "remove", region: "b" }, () => {
      isOver = true;
    });
    world.until(() => {
      sizes.add(world.app("a", APP)?.record?.inSyncRegions.length ?? 0);
      return isOver;
    }, 30_000);
    expect(world.app("a", APP)?.record?.regions).toEqual(["a", "c"]);
    expect(world.app("a", APP)?.record?.inSyncRegions).toEqual(["a", "c"]);
    expect(Math.min(...sizes)).toBe(2);
    expect(sitesThatVote(world)).toEqual([["a", "c", "witness"]]);
  });

  test("a region that is dead leaves only by an operator's word", () => {
    const stage = worldOf(["a", "b", "c"]);
    const { world, membership } = stage;
    world.kill("c");
    world.advance(500);
    let end: RegionChangeEnd | undefined;
    membership.change({ change: "remove", region: "c" }, (ended) => {
      end = ended;
    });
    world.until(() => end !== undefined, 30_000);
    expect(end).toMatchObject({ kind: "failed", code: "would-lose-data" });
    expect(world.app("a", APP)?.record?.regions).toEqual(["a", "b", "c"]);
    membership.change({ change: "remove", region: "c", acceptDataLoss: true }, (ended) => {
      end = ended;
    });
    world.until(() => end?.kind === "ok", 30_000);
    expect(end?.kind).toBe("ok");
    expect(world.app("a", APP)?.record?.regions).toEqual(["a", "b"]);
  });

  test("whoever drives a change may die: another region goes on, and it is done once", () => {
    const stage = worldOf(["a", "b", "c"]);
    const { world, membership } = stage;
    let end: RegionChangeEnd | undefined;
    membership.change({ change: "add", region: "d" }, (ended) => {
      end = ended;
    });
    for (const site of ["b", "c", "a"]) {
      world.advance(60);
      world.kill(site);
      world.advance(400);
      world.restart(site);
    }
    expect(world.until(() => end !== undefined, 60_000)).toBeDefined();
    expect(end?.kind).toBe("ok");
    expect(world.newestMembers.regions).toEqual(["a", "b", "c", "d"]);
    expect(sitesThatVote(world)).toEqual([["a", "b", "c", "d", "witness"]]);
  });

  test("a region that two others rebuild at once gets one log after the other", () => {
    const regions = ["a", "b"];
    const options = appOptions(regions, "active-active", "local", 2, 20);
    const world = new World({ seed: 8, regions, apps: [options] });
    world.network.usual = { delayMs: 60, jitterMs: 5, loss: 0, duplication: 0 };
    const membership = new SimulatedMembership(world, createRng(9));
    world.start();
    expect(world.until(() => world.holders(APP).length === 2, 10_000)).toBeDefined();
    for (const region of regions) fill(world, region, 1200);
    world.advance(5000);
    let isAdded = false;
    membership.change({ change: "add", region: "c" }, () => {
      isAdded = true;
    });
    expect(world.until(() => isAdded, 30_000)).toBeDefined();
    const hasArrived = (): boolean => world.node("c").process?.region?.hasArrived === true;
    expect(world.until(hasArrived, 30_000)).toBeDefined();
    const count = (region: string): number =>
      [...itemsOf(world.node(region).engine, APP, "items")].length;
    expect([count("a"), count("b"), count("c")]).toEqual([2400, 2400, 2400]);
  });
});

function fill(world: World, region: string, count: number): void {
  const { process } = world.node(region);
  for (let at = 0; at < count; at++) {
    process?.run(() => {
      const item = { id: `${region}-${at}`, value: "v" };
      const writes = checked({ kind: "put", table: ITEMS, item });
      const now = world.node(region).instant();
      world.app(region, APP)?.write([{ writes, answer: () => {} }], now);
    });
    if (at % 50 === 49) world.advance(20);
  }
}
