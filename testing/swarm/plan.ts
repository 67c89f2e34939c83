/**
 * What one seed of the swarm does to a whole deployment: regions, round trips, how the app keeps
 * its data, who writes, and which faults come when. *pure*
 *
 * A plan is data, so that a failing one can be made smaller, kept and replayed.
 */
import { createRng, type Rng } from "../../base/rng.ts";

export const FAULTS = [
  "kill",
  "freeze",
  "partition",
  "isolate",
  "slow",
  "fill-disk",
  "skew-clock",
  "break-health",
  "suspend",
  "drift-clock",
  "lose-disk",
  "restore-disk",
  "change-lease",
] as const;

export interface PlannedFault {
  readonly kind: (typeof FAULTS)[number];
  readonly region: string;
  readonly atMs: number;
  readonly forMs: number;
  /** Milliseconds of delay, or of a clock's jump; a drift is a ten-thousandth of it. */
  readonly amountMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly regions: readonly string[];
  readonly rttMs: number;
  readonly mode: "active-passive" | "active-active";
  readonly durability: "replicated" | "local";
  readonly lease: "default" | "tight";
  readonly clients: number;
  /** Longest pause of a client between two calls. */
  readonly thinkMs: number;
  readonly lengthMs: number;
  readonly faults: readonly PlannedFault[];
}

const REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-1", "eu-central-1", "us-west-2"];
const LENGTH_MS = 8000;
/** Round trips of tight leases are shorter. */
export const TIGHT_RTT_MS = 10;

export function planOf(seed: number): Plan {
  const rng = createRng(seed ^ 0x5a7a);
  const regions = REGIONS.slice(0, 1 + rng.below(REGIONS.length));
  // Features switched off at random: a fault that is never tried in a run cannot hide another.
  const kinds = FAULTS.filter(() => rng.chance(0.6));
  const rttMs = rng.chance(0.3) ? 1 : Math.round(rng.next() * 60);
  return {
    seed,
    regions,
    rttMs,
    mode: regions.length > 1 && rng.chance(0.25) ? "active-active" : "active-passive",
    durability: rng.chance(0.6) ? "replicated" : "local",
    lease: rng.chance(0.2) && rttMs < TIGHT_RTT_MS ? "tight" : "default",
    clients: 1 + rng.below(4),
    thinkMs: 20 + rng.below(400),
    lengthMs: LENGTH_MS,
    faults: kinds.length === 0 ? [] : faultsOf(rng, kinds, regions),
  };
}

function faultsOf(
  rng: Rng,
  kinds: readonly PlannedFault["kind"][],
  regions: readonly string[],
): PlannedFault[] {
  const faults = Array.from({ length: rng.below(7) }, () => ({
    kind: rng.pick(kinds),
    region: rng.chance(0.6) ? (regions[0] ?? "") : rng.pick(regions),
    atMs: Math.round(rng.next() * LENGTH_MS * 0.8),
    forMs: Math.round(50 + rng.next() ** 2 * 5000),
    amountMs: Math.round(20 + rng.next() * 200),
  }));
  return faults.sort((a, b) => a.atMs - b.atMs);
}
