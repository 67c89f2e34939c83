/** What a region's disk holds of an app, as text: equal texts are equal content. *pure* */
import { itemsOf } from "../../layers/key-value/items.ts";
import type { World } from "./world.ts";

export function linesOf(world: World, region: string, app: string): readonly string[] {
  return [...itemsOf(world.node(region).engine, app)].map(
    ({ table, key, stored }) => `${table}/${key.partition}/${key.sort}=${JSON.stringify(stored)}`,
  );
}

/** The first line in which two regions differ; undefined where they are equal. */
export function firstDifference(
  left: readonly string[],
  right: readonly string[],
): string | undefined {
  const length = Math.max(left.length, right.length);
  for (let at = 0; at < length; at++) {
    if (left[at] === right[at]) continue;
    return `${left[at] ?? "(nothing)"} | ${right[at] ?? "(nothing)"}`;
  }
  return undefined;
}
