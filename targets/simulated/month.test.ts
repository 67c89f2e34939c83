/** A month of keyed writes and rows that expire, with kills and partitions: stores stay as they are. */
import { expect, test } from "vitest";
import { itemsOf } from "../../layers/key-value/items.ts";
import { tupleRange } from "../../layers/key-value/key.ts";
import type { WriteOutcome } from "../../layers/key-value/port.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";
import { IDEMPOTENCY } from "../../layers/region/platform-tables.ts";
import { differenceOf } from "./content.ts";
import { APP, appOptions, checked, ITEMS, PASSING, withPassing } from "./setting.ts";
import { World } from "./world.ts";

const REGIONS = ["a", "b"];
const DAYS = 30;
const QUARTER_MS = 6 * 60 * 60 * 1000;
const WRITES_A_QUARTER = 40;
const LOG_KEPT = 100;

const FAULTS: readonly ((world: World, holder: string, other: string) => void)[] = [
  () => {},
  (world, holder) => world.kill(holder),
  (world, holder, other) => world.partition(holder, other),
  (world, _, other) => world.kill(other),
  (world, holder) => world.partition(holder),
];

class Month {
  readonly world: World;
  acknowledged = 0;
  #writes = 0;

  constructor(mode: AppOptions["mode"], durability: AppOptions["durability"]) {
    const app = withPassing(appOptions(REGIONS, mode, durability, 2, LOG_KEPT));
    this.world = new World({ seed: 11, regions: REGIONS, apps: [app] });
    this.world.start();
  }

  #write(): void {
    const { world } = this;
    const region = world.holders(APP)[this.#writes % 2] ?? world.holders(APP)[0];
    const process = region === undefined ? undefined : world.node(region).process;
    const number = this.#writes++;
    if (region === undefined || process === undefined) return;
    const until = world.node(region).instant().wall / 1000 + 3600;
    const writes = checked(
      { kind: "put", table: ITEMS, item: { id: `item-${number % 20}`, value: `${number}` } },
      { kind: "put", table: PASSING, item: { id: `passing-${number % 300}`, until } },
    );
    const response = { status: 201, body: { number } };
    const idempotency = { scope: "s", key: `key-${number}`, requestHash: "h", response };
    const answer = ({ kind }: WriteOutcome): void => {
      if (kind === "ok") this.acknowledged++;
    };
    process.run(() => {
      const now = world.node(region).instant();
      process.region?.apps.get(APP)?.write([{ writes, idempotency, answer }], now);
      process.region?.endTurn(now);
    });
  }

  #serves(): boolean {
    return this.world.until(() => this.world.holders(APP).length > 0, 10_000) !== undefined;
  }

  quarter(number: number): void {
    const { world } = this;
    expect(this.#serves()).toBe(true);
    const [holder = "a"] = world.holders(APP);
    const fault = FAULTS[number % FAULTS.length];
    for (let at = 0; at < WRITES_A_QUARTER; at++) {
      if (at === WRITES_A_QUARTER / 2) fault?.(world, holder, holder === "a" ? "b" : "a");
      this.#write();
      world.advance(10);
    }
    world.advance(300);
    world.network.heal();
    for (const node of world.nodes.values()) node.start();
    world.advance(700);
    for (const { clocks } of world.nodes.values()) clocks.offsetMs += QUARTER_MS;
    world.advance(500);
  }

  /** How many entries of each kind the fuller region has. */
  get sizes(): Readonly<Record<string, number>> {
    const kinds = {
      records: ["i", APP, IDEMPOTENCY],
      rows: ["i", APP, PASSING.name],
      notes: ["e", APP],
      tombstones: ["t", APP],
      entries: ["l", APP],
    } as const;
    const sizes = Object.entries(kinds).map(([kind, prefix]) => {
      const counts = REGIONS.map(
        (region) => [...this.world.node(region).engine.range(tupleRange(...prefix))].length,
      );
      return [kind, Math.max(...counts)] as const;
    });
    return Object.fromEntries(sizes);
  }
}

test.each([
  ["active-passive", "replicated"],
  ["active-passive", "local"],
  ["active-active", "replicated"],
  ["active-active", "local"],
] as const)("of an %s and %s app nothing grows in a month", (mode, durability) => {
  const month = new Month(mode, durability);
  const { world } = month;
  const sizes: Readonly<Record<string, number>>[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (let quarter = 0; quarter < 4; quarter++) month.quarter(day * 4 + quarter);
    sizes.push(month.sizes);
  }
  expect(month.acknowledged).toBeGreaterThan((DAYS * 4 * WRITES_A_QUARTER) / 2);
  for (const kind of Object.keys(sizes[0] ?? {})) {
    const most = (days: typeof sizes): number => Math.max(...days.map((one) => one[kind] ?? 0));
    expect(most(sizes.slice(-5)), kind).toBeLessThanOrEqual(1.3 * most(sizes.slice(1, 6)));
  }
  for (const { clocks } of world.nodes.values()) clocks.offsetMs += 5 * QUARTER_MS;
  const isEqual = (): boolean => differenceOf(world, APP, "a", "b") === undefined;
  const isEmpty = (): boolean => {
    const { records, rows, notes, tombstones } = month.sizes;
    return records === 0 && rows === 0 && notes === 0 && tombstones === 0 && isEqual();
  };
  world.until(isEmpty, 10_000);
  expect(month.sizes).toMatchObject({ records: 0, rows: 0, notes: 0, tombstones: 0 });
  expect(differenceOf(world, APP, "a", "b")).toBeUndefined();
  expect([...itemsOf(world.node("a").engine, APP, ITEMS.name)]).toHaveLength(20);
});
