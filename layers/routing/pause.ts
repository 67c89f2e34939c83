/**
 * How long writes of an app paused when it moved. *public*, *pure*
 *
 * Measured by the region that began the epoch, on the monotonic clock of its one process: no clocks
 * of two machines are compared. It ends when that region could admit a write (gate open, takeover
 * steps done, lease valid). It begins with the last sign that writes were admitted elsewhere, which
 * comes with every message of a serving region, 50 ms apart at most when it is idle: so it may be
 * that much too long, and too short by the time that one message takes between the two regions. A
 * region that was only cut off may have gone on: what clients saw is shorter then.
 */
import type { Cause, JournalEntry } from "./record.ts";

export interface Pause {
  /** The one that began with the move. */
  readonly epoch: number;
  readonly pauseMs: number;
  /**
   * `heard`: it is counted as above. `start`: from the start of the measuring process, which had
   * heard of nobody who admitted writes; the pause was longer, and nobody can say by how much.
   */
  readonly pauseSince: "heard" | "start";
  /** From the same moment until the first write was acknowledged; absent while none was. */
  readonly firstAckMs?: number;
}

/** A line of the journal; the pause is absent where nothing paused, or no region has told. */
export type JournalRow = JournalEntry & Partial<Omit<Pause, "epoch">>;

/** Another region serves, or another process of the same. */
export const MOVES: ReadonlySet<Cause> = new Set<Cause>([
  "takeover",
  "restart",
  "switchover",
  "failover",
  "failback",
]);

const PAUSES: ReadonlySet<Cause> = new Set<Cause>([...MOVES, "unfence", "reopen"]);

export function withPause(
  entry: JournalEntry,
  pauseOf: (epoch: number) => Pause | undefined,
): JournalRow {
  const pause = PAUSES.has(entry.cause) ? pauseOf(entry.epoch) : undefined;
  return pause === undefined ? entry : { ...entry, ...pause };
}
