/**
 * Who votes. *pure*
 *
 * The member list is itself a value in a register (named MEMBERS), so it changes as everything else
 * does. It changes by one voter at a time, in two steps (joint consensus, Ongaro 2014, 4.3):
 *
 *   { sets: [old] } --propose--> { sets: [old, new] } --settle--> { sets: [new] }
 *
 * While two sets are open, rounds, renewals and reads need a majority of both. Before the second
 * step every register is written again under both majorities, so the new set alone holds all of it.
 *
 * Invariants
 *  M1 any two quorums of neighbouring versions share a voter        (quorum, one change at a time)
 *  M2 a voter refuses whoever uses an older version than it accepted (voter.ts)
 *  M3 a voter id that was removed is never used again                (ids are random, made once)
 */
export interface VoterRef {
  /** A region's id, or "witness". */
  readonly site: string;
  /** Made once for one directory; a lost directory gets another. */
  readonly voterId: string;
}

export interface Members {
  readonly version: number;
  readonly changeId: string;
  readonly sets: readonly (readonly VoterRef[])[];
  /** The regions that hold data, in order of preference. */
  readonly regions: readonly string[];
}

export const MEMBERS = "members";
export const WITNESS = "witness";

export const votersOf = (members: Members): readonly VoterRef[] => {
  const seen = new Map<string, VoterRef>();
  for (const set of members.sets) for (const voter of set) seen.set(voter.voterId, voter);
  return [...seen.values()];
};

/** Whether the voters that satisfy `has` are a majority of every open set. */
export const isQuorum = (members: Members, has: (voterId: string) => boolean): boolean =>
  members.sets.every((set) => set.filter((voter) => has(voter.voterId)).length * 2 > set.length);

/**
 * The largest value that a quorum has reached: in each set the majority-th largest, of those the
 * smallest. -Infinity when no quorum has any.
 */
export function reachedByQuorum(members: Members, valueOf: (voterId: string) => number): number {
  let reached = Number.POSITIVE_INFINITY;
  for (const set of members.sets) {
    const values = set.map((voter) => valueOf(voter.voterId)).sort((a, b) => b - a);
    reached = Math.min(reached, values[Math.floor(set.length / 2)] ?? Number.NEGATIVE_INFINITY);
  }
  return reached;
}

export const isJoint = (members: Members): boolean => members.sets.length > 1;

/** A witness votes only where the number of regions is even, so that voters are odd in number. */
export const needsWitness = (regions: readonly string[]): boolean => regions.length % 2 === 0;

export function genesis(
  regions: readonly string[],
  voterIds: Readonly<Record<string, string>>,
): Members {
  const sites = needsWitness(regions) ? [...regions, WITNESS] : regions;
  const set = sites.map((site) => ({ site, voterId: voterIds[site] ?? site }));
  return { version: 1, changeId: "genesis", sets: [set], regions };
}

/** Opens a change to the given voters and regions. Undefined while another change is open. */
export function openChange(
  members: Members,
  next: { readonly voters: readonly VoterRef[]; readonly regions: readonly string[] },
  changeId: string,
): Members | undefined {
  const current = members.sets[0];
  if (isJoint(members) || current === undefined) return undefined;
  return {
    version: members.version + 1,
    changeId,
    sets: [current, next.voters],
    regions: next.regions,
  };
}

/** Closes an open change: from here the new set alone decides. */
export function settleChange(members: Members, changeId: string): Members | undefined {
  const next = members.sets[1];
  if (next === undefined) return undefined;
  return { version: members.version + 1, changeId, sets: [next], regions: members.regions };
}

/** The same voters, with another id at one site (its directory was lost). */
export function replaceVoter(
  members: Members,
  voter: VoterRef,
  changeId: string,
): Members | undefined {
  const current = members.sets[0];
  if (current === undefined || !current.some((v) => v.site === voter.site)) return undefined;
  if (current.some((v) => v.voterId === voter.voterId)) return undefined;
  const voters = current.map((v) => (v.site === voter.site ? voter : v));
  return openChange(members, { voters, regions: members.regions }, changeId);
}
