/**
 * Of two decisions the one of the later term stays (I16), in six steps that the random search
 * seldom meets: the home before has a clock that is ahead, and what it decided last comes late.
 */
import { expect, test } from "vitest";
import { readItem } from "../../layers/key-value/items.ts";
import { REGION_RULES } from "../../layers/region/rules.ts";
import { APP, appOptions, checked, DECISIONS, withHomes } from "./setting.ts";
import { World } from "./world.ts";

/** Together less than voters let two clocks differ. */
const AHEAD_MS = 490;
const NAME = "first";

/** The term in which this region decides now, if it does. */
function termAt(world: World, region: string): number | undefined {
  const view = world.app(region, APP)?.homes.view(NAME, world.node(region).instant());
  return view?.region === region && view.state === "open" ? view.term : undefined;
}

function decide(world: World, region: string, term: number, number: number): void {
  const { process } = world.node(region);
  let end = "";
  process?.run(() => {
    const now = world.node(region).instant();
    const writes = checked({ kind: "put", table: DECISIONS, item: { home: NAME, term, number } });
    const answer = ({ kind }: { readonly kind: string }): void => {
      end = kind;
    };
    world.app(region, APP)?.write([{ writes, home: { name: NAME, term }, answer }], now);
    process.region?.endTurn(now);
  });
  world.until(() => end !== "", 1000);
  expect(end).toBe("ok");
}

/** The terms of the decision that each region has in the end. */
function termsInTheEnd(compareRanks: (a: number, b: number) => number): readonly number[] {
  const regions = ["a", "b"];
  const app = withHomes(appOptions(regions, "active-active", "local"));
  const world = new World({
    seed: 3,
    regions,
    apps: [app],
    regionRules: { ...REGION_RULES, compareRanks },
  });
  world.node("a").clocks.offsetMs = AHEAD_MS;
  world.node("b").clocks.offsetMs = -AHEAD_MS;
  world.start();
  expect(world.until(() => termAt(world, "a") !== undefined, 5000)).toBeDefined();
  world.advance(1500);
  const before = termAt(world, "a") ?? 0;
  decide(world, "a", before, 1);
  world.advance(300);
  world.partition("a");
  world.advance(400);
  decide(world, "a", before, 2);
  expect(world.until(() => termAt(world, "b") !== undefined, 5000)).toBeDefined();
  const after = termAt(world, "b") ?? 0;
  expect(after).toBeGreaterThan(before);
  decide(world, "b", after, 3);
  world.heal();
  world.advance(3000);
  return regions.map((region) => {
    const key = { partition: NAME, sort: "" };
    const stored = readItem(world.node(region).engine, APP, DECISIONS.name, key);
    const { term = 0 } = (stored?.value ?? {}) as { readonly term?: number };
    return term - after;
  });
}

test("the decision of the later term stays, whatever the clocks say", () => {
  expect(termsInTheEnd(REGION_RULES.compareRanks)).toEqual([0, 0]);
});

test("without ranks the earlier one would stand in every region", () => {
  const [a = 0, b = 0] = termsInTheEnd(() => 0);
  expect([a, b].every((late) => late < 0)).toBe(true);
});
