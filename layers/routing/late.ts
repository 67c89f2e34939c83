/**
 * Late writes as operators see them: what a region held beyond a cut, and what became of it.
 * *public*, *pure*
 */

/** What became of a write that was beyond a cut. */
export type Verdict = "recovered" | "superseded" | "partly" | "never-acknowledged";

/** How many there were of each, for ever; and how many no holder has judged yet. */
export interface LateCounts {
  readonly recovered: number;
  readonly superseded: number;
  readonly partly: number;
  readonly neverAcknowledged: number;
  /** Undefined while a region has not said in this epoch how many it holds. */
  readonly waiting: number | undefined;
}

/** null: it was deleted, or was never there. */
type Value = Readonly<Record<string, unknown>> | null;

export interface LateItem {
  readonly table: string;
  readonly key: { readonly partition: string; readonly sort: string };
  /** `recovered`: the late value stays. `superseded`: another one does. */
  readonly outcome: "recovered" | "superseded";
  /** The value that was late, and the one that stayed when it was judged. Absent where `hidden`. */
  readonly late?: Value;
  readonly kept?: Value;
  /** Of the platform's own tables, and of those with `confidential`, values are not kept. */
  readonly hidden?: true;
}

/** One transaction. */
export interface LateWrite {
  readonly app: string;
  /** Where it was written, in which epoch, at which position of the log. */
  readonly region: string;
  readonly epoch: number;
  readonly position: number;
  /** Milliseconds since 1970, by the wall clocks of the writer and of the region that judged. */
  readonly writtenAt: number;
  readonly judgedAt: number;
  readonly judgedBy: string;
  readonly verdict: Verdict;
  readonly items: readonly LateItem[];
}

export interface LateAsked {
  /** Of all apps, where it is absent. */
  readonly app?: string;
  /** At most MOST_LATE; a page ends earlier where its values are large. */
  readonly limit: number;
  /** Of the page before. */
  readonly cursor?: string;
}

/** Judged last comes first. */
export interface LatePage {
  readonly items: readonly LateWrite[];
  /** Absent on the last page. */
  readonly cursor?: string;
  /** The region whose copy this is. */
  readonly readAt: string;
  /**
   * How long ago, in ms, the copy was complete: 0 where the region serves the apps that were asked
   * for, undefined where it has not caught up since it started.
   */
  readonly dataAgeMs: number | undefined;
}

export const MOST_LATE = 200;
