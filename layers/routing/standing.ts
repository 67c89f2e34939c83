/**
 * How far the regions of an app are behind, and what is put together of what several holders say.
 * *public*, *pure*
 *
 * An unknown is `undefined`, never a number: a peer that has not answered in this epoch may have
 * everything or nothing, and a holder that is silent may have acknowledged anything since.
 *
 * Invariants
 *  T1 a sum or a maximum with an unknown part is unknown                        (most, sum)
 *  T2 what a holder said is worth nothing once it is older than STANDING_KEPT_MS (combineStandings)
 */
import type { Pause } from "./pause.ts";

export interface Lag {
  /** Undefined where nobody can tell. */
  readonly writes: number | undefined;
  readonly ms: number | undefined;
}

/** What a region that serves knows of the others: `writesAtRisk` only its own log is known to hold. */
export interface Standing {
  readonly lag: Readonly<Record<string, Lag>>;
  readonly writesAtRisk: number | undefined;
  /** Late writes that wait for a judgement (late.ts); absent where a region has not said. */
  readonly waiting?: number;
  /** What was measured of the last moves; only between regions. */
  readonly pauses?: readonly Pause[];
}

/**
 * `holder-silent`: no serving region has told for a while, or none has begun. `peer-silent`: a
 * region has not answered the holder since this epoch began.
 */
export type UnknownReason = "holder-silent" | "peer-silent";

export interface ShownStanding extends Standing {
  /** How old the numbers are: 0 where this region serves. Absent where there are none. */
  readonly standingAgeMs?: number;
  /** Why something in it is unknown; absent where everything is known. */
  readonly unknown?: UnknownReason;
}

export interface ToldStanding {
  readonly standing: Standing;
  readonly ageMs: number;
}

export const STANDING_KEPT_MS = 2000;
const UNKNOWN_LAG: Lag = { writes: undefined, ms: undefined };

/** `told`: what each serving region says; undefined for one that says nothing. */
export function combineStandings(
  regions: readonly string[],
  told: readonly (ToldStanding | undefined)[],
): ShownStanding {
  const fresh = told.filter((one) => one !== undefined && one.ageMs <= STANDING_KEPT_MS);
  if (fresh.length === 0 || fresh.length < told.length) {
    const lag = Object.fromEntries(regions.map((region) => [region, UNKNOWN_LAG]));
    return { lag, writesAtRisk: undefined, unknown: "holder-silent" };
  }
  const lag: Record<string, Lag> = {};
  let writesAtRisk: number | undefined = 0;
  let standingAgeMs = 0;
  for (const { standing, ageMs } of fresh as readonly ToldStanding[]) {
    for (const [region, { writes, ms }] of Object.entries(standing.lag)) {
      const known = lag[region] ?? { writes: 0, ms: 0 };
      lag[region] = { writes: most(known.writes, writes), ms: most(known.ms, ms) };
    }
    writesAtRisk = sum(writesAtRisk, standing.writesAtRisk);
    standingAgeMs = Math.max(standingAgeMs, ageMs);
  }
  const isKnown =
    writesAtRisk !== undefined && Object.values(lag).every(({ writes }) => writes !== undefined);
  return {
    lag,
    writesAtRisk,
    standingAgeMs: Math.round(standingAgeMs),
    ...(isKnown ? {} : { unknown: "peer-silent" }),
  };
}

const most = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;
