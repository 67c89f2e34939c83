/**
 * Collecting tombstones: what was deleted everywhere is forgotten. *pure over the engine*
 *
 *   ("t", app, clock, table, partition, sort)   one mark per tombstone, in order of its write
 *
 * A tombstone may go when every region of the app has it, and has everything that was written
 * before it; `stable` says through which moment of the hybrid clock that is so. The highest such
 * moment is kept as the floor: a late write below it whose key is absent was deleted, and stays so.
 *
 * Invariant I7 (deletes stay deleted): rules.collectsThrough, and the floor in judgement.ts.
 */
import type { EngineReader, EngineWriter } from "../key-value/engine.ts";
import { tuple, tupleRange } from "../key-value/key.ts";
import type { LogEnd } from "../key-value/log.ts";
import type { ItemKey } from "../key-value/table.ts";

export interface Mark {
  readonly at: string;
  readonly clock: number;
  readonly table: string;
  readonly key: ItemKey;
}

export const markTombstone = (
  writer: EngineWriter,
  app: string,
  clock: number,
  table: string,
  { partition, sort }: ItemKey,
): void => writer.put(tuple("t", app, clock, table, partition, sort), [table, partition, sort]);

/** Marks of tombstones written at or before `stable`, oldest first. */
export function marksThrough(
  reader: EngineReader,
  app: string,
  stable: number,
  limit: number,
): Mark[] {
  const { from } = tupleRange("t", app);
  const { to } = tupleRange("t", app, stable);
  const marks: Mark[] = [];
  for (const [at, value] of reader.range({ from, to, limit })) {
    const [table, partition, sort] = value as readonly [string, string, string];
    const clock = Number.parseInt(at.slice(from.length + 1, from.length + 12), 36);
    marks.push({ at, clock, table, key: { partition, sort } });
  }
  return marks;
}

/** What a region tells of itself: its own writes from now on are later than `clock`. */
export interface Standing {
  readonly own: string;
  readonly clock: number;
  readonly ends: Readonly<Record<string, LogEnd>>;
}

/**
 * Active-active: through which moment every region has every other one's writes. Two stages: note
 * how far every log and each region's clock stood; when all have all of those, that moment is
 * stable. The logs of stores that were lost count, too: who lost its own gets it from the others.
 */
export class Stability {
  #noted: { clock: number; ends: ReadonlyMap<string, number> } | undefined;
  stable = 0;

  observe(standings: ReadonlyMap<string, Standing>, regions: readonly string[]): void {
    if (!regions.every((region) => standings.has(region))) return;
    const noted = this.#noted;
    if (noted !== undefined) {
      for (const { ends } of standings.values()) {
        for (const [lineage, position] of noted.ends) {
          if ((ends[lineage]?.position ?? 0) < position) return;
        }
      }
      this.stable = Math.max(this.stable, noted.clock);
    }
    const all = [...standings.values()];
    const ends = new Map<string, number>();
    for (const { ends: theirs } of all) {
      for (const [lineage, { position }] of Object.entries(theirs)) {
        ends.set(lineage, Math.max(position, ends.get(lineage) ?? 0));
      }
    }
    this.#noted = { clock: Math.min(...all.map(({ clock }) => clock)), ends };
  }
}
