/**
 * What the holder of an app knows of how far the other regions are behind its log. *pure*
 *
 * Of a peer that has answered in this epoch the position is known. Of one that has not, only what
 * the epoch before guarantees: what its holder said to be settled is on the disk of the holder and
 * of every region that was in sync (`guaranteedBy`). Everything else is unknown.
 */
import { type RoutingRecord, servingRegionsOf } from "../routing/record.ts";
import type { Lag, Standing } from "../routing/standing.ts";
import type { Peer } from "./shipping.ts";

export interface Held {
  readonly end: number;
  /** Acknowledged through here. */
  readonly committed: number;
  /** Where this epoch's `begin` stands in the log: an entry that is nobody's write. */
  readonly beganAt: number;
  readonly peers: Iterable<Peer>;
  /** Entries of its own that are stranded. */
  readonly waiting: number;
}

export function standingOf(
  { end, committed, beganAt, peers, ...own }: Held,
  mono: number,
): Standing {
  const writesIn = (after: number, through: number): number =>
    Math.max(0, through - after - (after < beganAt && beganAt <= through ? 1 : 0));
  const lag: Record<string, Lag> = {};
  let furthest = 0;
  let isCertain = true;
  let waiting: number | undefined = own.waiting;
  for (const peer of peers) {
    const { region, has, isHeard, progressAt } = peer;
    const known = has === undefined ? undefined : Math.max(has, isHeard ? peer.common : 0);
    const writes = known === undefined ? undefined : writesIn(known, end);
    // Before its first answer nobody knows since when it lacks something.
    const behindMs = isHeard ? Math.max(0, Math.round((mono - progressAt) * 10) / 10) : undefined;
    lag[region] = { writes, ms: writes === 0 ? 0 : behindMs };
    waiting =
      waiting === undefined || peer.waiting === undefined ? undefined : waiting + peer.waiting;
    if (has === undefined) isCertain = false;
    else furthest = Math.max(furthest, has);
  }
  const alone = writesIn(furthest, committed);
  const writesAtRisk = alone === 0 || isCertain ? alone : undefined;
  return { lag, writesAtRisk, ...(waiting === undefined ? {} : { waiting }) };
}

/** What the epoch before said of its log, if this region followed that very epoch. */
export interface SettledBefore {
  readonly epoch: number;
  readonly position: number;
}

/** Through where a region certainly has the log when `record`'s epoch begins. */
export function guaranteedBy(
  record: RoutingRecord,
  { epoch, position }: SettledBefore,
): (region: string) => number | undefined {
  const begun = record.journal.findLast((entry) => entry.epoch === record.epoch);
  const isNext = epoch === record.epoch - 1 && position > 0;
  if (record.forced || record.mode === "active-active" || begun === undefined || !isNext) {
    return () => undefined;
  }
  if (record.durability === "local") return () => position;
  const inSync = new Set([...begun.from, ...servingRegionsOf(record), ...record.inSyncRegions]);
  return (region) => (inSync.has(region) ? position : undefined);
}
