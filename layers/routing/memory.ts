/**
 * What voters remember of a region: how far its logs went, and which log it wrote. *pure*
 *
 * A store that is behind that, or has another log, is an old copy: what it lacks was acknowledged.
 */
import type { Memory, Position, Remembered } from "./messages.ts";

/** Voters that were told of different logs: whoever asks cannot know which one was the last. */
const SEVERAL = "";

/** What the answers of a majority say together. */
export function mergedMemory(memories: Iterable<Memory>): Memory {
  const merged: Record<string, Remembered> = {};
  for (const memory of memories) {
    for (const [app, told] of Object.entries(memory)) {
      const before = merged[app];
      merged[app] = before === undefined ? told : both(before, told);
    }
  }
  return merged;
}

function both(a: Remembered, b: Remembered): Remembered {
  const { epoch, position } = isFurther(a, b) ? a : b;
  const [one = b.lineage, other = a.lineage] = [a.lineage, b.lineage];
  if (one === undefined) return { epoch, position };
  return { epoch, position, lineage: one === other ? one : SEVERAL };
}

/** Whether a store with this log is none that the voters were last told of. */
export const isOldCopy = (told: Remembered, end: Position, lineage: string): boolean =>
  isFurther(told, end) || (told.lineage !== undefined && told.lineage !== lineage);

/** Order of log ends: the epoch of the last entry first, then its position (as in Raft 5.4.1). */
const isFurther = (a: Position, b: Position): boolean =>
  a.epoch !== b.epoch ? a.epoch > b.epoch : a.position > b.position;

/** A store that was rolled back lets nobody forget how far it was. */
export const furthestOf = (mustReach: Position | undefined, end: Position): Position =>
  mustReach !== undefined && isFurther(mustReach, end) ? mustReach : end;
