/**
 * What the regions of a simulated world hold of an app, compared. *pure over the engines*
 *
 * Compared is what a reader can see, and each tombstone that could still matter: one that is above
 * the floor of both regions. Regions collect tombstones at moments of their own, and what is at or
 * below a floor has been collected there (tombstones.ts).
 */
import { unpackStored } from "../../layers/key-value/items.ts";
import { parseTuple, tupleRange } from "../../layers/key-value/key.ts";
import type { World } from "./world.ts";

type PackedItem = readonly [at: string, packed: readonly unknown[]];

/** The first item in which two regions differ; undefined where they are equal. */
export function differenceOf(
  world: World,
  app: string,
  left: string,
  right: string,
): string | undefined {
  const floor = Math.max(floorOf(world, left, app), floorOf(world, right, app));
  const [some, others] = [left, right].map((region) => packedItems(world, region, app, floor));
  if (some === undefined || others === undefined || areEqual(some, others)) return undefined;
  const at = some.findIndex((item, index) => !isEqual(item, others[index]));
  const index = at < 0 ? some.length : at;
  const counts = `${some.length} and ${others.length} items`;
  return `${shown(some[index])} | ${shown(others[index])} (${counts})`;
}

function floorOf(world: World, region: string, app: string): number {
  const { engine } = world.node(region);
  return world.app(region, app)?.data.state(engine).floor ?? 0;
}

/** As the engine keeps them: most values are the very same, since messages are handed over so. */
function packedItems(world: World, region: string, app: string, floor: number): PackedItem[] {
  const all = world.node(region).engine.range(tupleRange("i", app));
  return (Array.from(all) as readonly unknown[] as PackedItem[]).filter(([, packed]) => {
    const { value, clock } = unpackStored(packed);
    return value !== null || clock > floor;
  });
}

const areEqual = (some: readonly PackedItem[], others: readonly PackedItem[]): boolean =>
  some.length === others.length && some.every((item, index) => isEqual(item, others[index]));

function isEqual([at, packed]: PackedItem, other: PackedItem | undefined): boolean {
  if (other === undefined || at !== other[0] || packed.length !== other[1].length) return false;
  return packed.every(
    (one, index) =>
      one === other[1][index] || JSON.stringify(one) === JSON.stringify(other[1][index]),
  );
}

function shown(item: PackedItem | undefined): string {
  if (item === undefined) return "(nothing)";
  const [, , table, partition, sort] = parseTuple(item[0]) as string[];
  return `${table}/${partition}/${sort}=${JSON.stringify(unpackStored(item[1]))}`;
}
