/**
 * The rules of routing that decide whether two regions may ever write at once, one small function
 * each. *pure*
 *
 * They stand in one table so that a test can exchange one for a broken one and show that the
 * simulation notices. Production code always uses ROUTING_RULES.
 */
import { type Instant, later, wallMs } from "../../base/clock.ts";
import { type Ballot, compareBallots } from "./ballot.ts";
import { type Holder, holds, type RoutingRecord } from "./record.ts";

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly renewMs: number;
  /** Silence after which a voter suspects a region. */
  readonly suspectMs: number;
  /** How far a region's wall clock may be from a voter's. */
  readonly clockBoundMs: number;
}

export const LEASE_PROFILES = {
  default: { leaseMs: 600, renewMs: 150, suspectMs: 250, clockBoundMs: 1000 },
  /** For a machine that others use too: what stands still for a second loses nothing. */
  calm: { leaseMs: 3_000, renewMs: 500, suspectMs: 1_500, clockBoundMs: 1_000 },
  tight: { leaseMs: 250, renewMs: 60, suspectMs: 150, clockBoundMs: 1000 },
  aws: { leaseMs: 30_000, renewMs: 5_000, suspectMs: 12_000, clockBoundMs: 2_000 },
} as const satisfies Record<string, LeaseTerms>;

export const ROUTING_RULES = {
  /** A holder counts on less than it was granted: clocks drift, and a reading takes time. */
  marginMs: (leaseMs: number): number => Math.max(10, leaseMs * 0.05),

  /** A grant that is shorter than this region's terms by so much counts as an earlier one. */
  countedFrom: (sent: Instant, shorterMs: number): Instant => {
    const byMs = Math.max(0, shorterMs);
    return { mono: later(sent.mono, -byMs), wall: wallMs(sent.wall - byMs) };
  },

  mayPromise: (promised: Ballot | undefined, ballot: Ballot): boolean =>
    promised === undefined || compareBallots(ballot, promised) > 0,

  mayAccept: (promised: Ballot | undefined, ballot: Ballot): boolean =>
    promised === undefined || compareBallots(ballot, promised) >= 0,

  /** What keeps two starts of one proposer from using one ballot for two values. */
  ballotIncarnation: (incarnation: number): number => incarnation,

  /** The ballot number of the next round, given the highest number seen anywhere. */
  nextBallotNumber: (highestSeen: number): number => highestSeen + 1,

  /** Whether a record gives the region the right to a lease for the epoch it says it has begun. */
  mayRenew: (record: RoutingRecord, from: Holder, epoch: number): boolean =>
    record.phase === "serving" && record.epoch === epoch && holds(record, from),

  /** Whether a voter that knows of one version of the member list renews for who uses another. */
  mayUseMembers: (theirs: number, ours: number): boolean => theirs >= ours,

  /** How long the old voters' set stays beside the new one, once both are chosen. */
  jointMs: (leaseMs: number): number => leaseMs,

  /** How long a taker waits before it begins: the in-sync set fences alone, or the lease must. */
  waitBeforeBeginMs: (fencedByInSyncSet: boolean, remainingMs: number): number =>
    fencedByInSyncSet ? 0 : remainingMs,
};

export type RoutingRules = typeof ROUTING_RULES;
