/**
 * The rules of replication that decide what is acknowledged and what is kept, one small function
 * each. *pure*
 *
 * As with ROUTING_RULES, a test may exchange one for a broken one; production code always uses
 * REGION_RULES.
 */
import type { Place } from "../key-value/items.ts";
import { compareWrites, type Merge, type Written } from "../key-value/merge.ts";

/** Sets of regions that the register may hold now as an app's in-sync set. */
export type PossibleSets = readonly (readonly string[])[];

export const REGION_RULES = {
  /**
   * Who must have a write on disk before it is acknowledged: every region of every possible set,
   * and the one that is about to be proposed.
   */
  requiredFor: (
    sets: PossibleSets,
    growing: string | undefined,
    self: string,
  ): readonly string[] => {
    const required = new Set(sets.flat());
    if (growing !== undefined) required.add(growing);
    required.delete(self);
    return [...required];
  },

  /** The last position that is safe to acknowledge. */
  committed: (ownFlushed: number, matches: readonly number[]): number =>
    Math.min(ownFlushed, ...matches),

  /** A proposed set counts from before its first message leaves, beside those before ... */
  setsWhileProposed: (sets: PossibleSets, proposed: readonly string[]): PossibleSets => [
    ...sets,
    proposed,
  ],
  /** ... and a new member must hold all that was acknowledged before it is proposed. */
  mayProposeGrow: (match: number, committed: number): boolean => match >= committed,

  /** An acknowledgement counts only in the epoch it was given for. */
  countsAcknowledgement: (acknowledgedEpoch: number, epoch: number): boolean =>
    acknowledgedEpoch === epoch,

  /** Inside the transaction: no write without a lease at that moment. */
  mayWrite: (leaseValid: boolean): boolean => leaseValid,
  /** After durability, when the answer leaves. */
  mayAcknowledge: (leaseValid: boolean): boolean => leaseValid,

  /** What an answer that looked at data must wait for. */
  mayAnswer: (committed: number, position: number): boolean => committed >= position,

  /** Whether a start may go by its incarnation, when the highest that acted is remembered. */
  mayAct: (incarnation: number, acted: number): boolean => incarnation > acted,

  /** The epoch in which a restarted holder goes on. */
  mustTakeNextEpochAfterRestart: (): boolean => true,

  /** A follower that has other entries after the common ones: it strands them. */
  mustStrand: (): boolean => true,

  /** An append must continue what the receiver has. */
  continues: (hasPrevious: boolean): boolean => hasPrevious,

  /** Refuse entries of an epoch below the fence. */
  isFenced: (fenceBelow: number, epoch: number): boolean => epoch < fenceBelow,

  /** Of two writes of an item of a table with `conflicts.highest`, whenever they were made ... */
  compareRanks: (a: number, b: number): number => a - b,
  /** ... and of all others, and of two with one rank. */
  compareWrites: (a: Written, b: Written, merge: Merge): number => compareWrites(a, b, merge),

  /** The idempotency record is part of the write's own transaction. */
  recordsIdempotencyWithWrite: (): boolean => true,

  /** For a name that one region decides at a time: only the home, while it is open. */
  isHome: (isHome: boolean): boolean => isHome,
  /** Who claims a name from a region that is gone waits for that one's leases ... */
  homeOpensAfterMs: (remainingMs: number): number => remainingMs,
  /** ... and who is handed one must hold every log as far as the old home does. */
  followsHome: (holdsAll: boolean): boolean => holdsAll,

  /** Rows that expired before this second are collected ... */
  expiredBefore: (second: number): number => second,
  /** ... and their deletion is of the very write that was seen, so that a newer one stays. */
  expiryOf: (seen: Place): Place | undefined => seen,

  /** Tombstones through this moment may be forgotten. */
  collectsThrough: (stable: number, _now: number): number => stable,

  /** A late write below this, of a key that is absent, was deleted. */
  floorOf: (floor: number | undefined): number => floor ?? 0,

  /** A row may be written here only when the bytes it names are here. */
  mayName: (isHere: boolean): boolean => isHere,

  /** What a follower acknowledges: entries whose bytes it has, too. */
  bytesThrough: (_through: number, bytes: number): number => bytes,

  /** Where a begin cuts: at the end of the log in the very transaction that raises the fence. */
  cutAt: (endNow: number, _region: string): number => endNow,
};

export type RegionRules = typeof REGION_RULES;
