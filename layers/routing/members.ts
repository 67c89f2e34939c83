/**
 * Who votes. *pure*
 *
 * The member list is itself a value in a register (named MEMBERS), so it changes as everything else
 * does, one change at a time, in two steps (joint consensus, Ongaro 2014, 4.3):
 *
 *   { sets: [old] } --propose--> { sets: [old, new] } --settle--> { sets: [new] }
 *
 * While two sets are open, rounds, renewals and reads need a majority of both. Before the second
 * step every register is written again under both majorities, so the new set alone holds all of it.
 * A region comes or goes together with the witness, so that voters are always odd in number.
 *
 * Invariants
 *  M1 any two quorums of neighbouring versions share a voter        (quorum, one change at a time)
 *  M2 a voter refuses whoever uses an older version than it accepted (voter.ts)
 *  M3 a voter id that was removed is never used again                (ids are random, made once)
 *  M4 the second step comes a lease after the first was chosen, so that no lease that the old set
 *     alone had granted is left                                      (member-list.ts)
 *  M5 a region that was removed never comes back under its name      (withRegion)
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
  /** Regions that were removed. Absent in lists of builds that could not remove any. */
  readonly removed?: readonly string[];
}

export type MembersChanged =
  | { readonly ok: true; readonly members: Members }
  | { readonly ok: false; readonly reason: string };

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

/** Of two lists that are known of, the newer one. */
export const latestOf = (a: Members | undefined, b: Members | undefined): Members | undefined =>
  a === undefined || (b !== undefined && b.version > a.version) ? b : a;

/**
 * Whether to go by another list from now on. A newer one always, for each is safe beside the one
 * before it; of two with one version, of which voters may tell, the one that was chosen.
 */
export const supersedes = (next: Members, known: Members, isChosen: boolean): boolean =>
  next.version > known.version ||
  (isChosen && next.version === known.version && next.changeId !== known.changeId);

export const isJoint = (members: Members): boolean => members.sets.length > 1;

/** A witness votes only where the number of regions is even, so that voters are odd in number. */
export const needsWitness = (regions: readonly string[]): boolean => regions.length % 2 === 0;

/** Where voters are. */
export const sitesOf = (regions: readonly string[]): readonly string[] =>
  needsWitness(regions) ? [...regions, WITNESS] : regions;

export function genesis(
  regions: readonly string[],
  voterIds: Readonly<Record<string, string>>,
): Members {
  const set = sitesOf(regions).map((site) => ({ site, voterId: voterIds[site] ?? site }));
  return { version: 1, changeId: "genesis", sets: [set], regions };
}

/** Opens a change to the given voters and regions. Undefined while another change is open. */
export function openChange(
  members: Members,
  next: {
    readonly voters: readonly VoterRef[];
    readonly regions: readonly string[];
    readonly removed?: readonly string[];
  },
  changeId: string,
): Members | undefined {
  const current = members.sets[0];
  if (isJoint(members) || current === undefined) return undefined;
  const removed = next.removed ?? members.removed;
  return {
    version: members.version + 1,
    changeId,
    sets: [current, next.voters],
    regions: next.regions,
    ...(removed === undefined ? {} : { removed }),
  };
}

/** Closes an open change: from here the new set alone decides. */
export function settleChange(members: Members, changeId: string): Members | undefined {
  const next = members.sets[1];
  if (next === undefined) return undefined;
  return { ...members, version: members.version + 1, changeId, sets: [next] };
}

/** Whether a region is in the list, and no change is open. */
export const isMember = (members: Members, region: string): boolean =>
  !isJoint(members) && members.regions.includes(region);

/** Sites that would vote with these regions, and whose voter the list does not name yet. */
export function newVoterSites(members: Members, regions: readonly string[]): readonly string[] {
  const known = new Set(members.sets[0]?.map((voter) => voter.site));
  return sitesOf(regions).filter((site) => !known.has(site));
}

/** Opens the change to one region more. `voterIds` has those of newVoterSites. */
export function withRegion(
  members: Members,
  region: string,
  voterIds: ReadonlyMap<string, string>,
  changeId: string,
): MembersChanged {
  if (members.removed?.includes(region)) {
    return { ok: false, reason: `${region} was removed once; a removed id is never used again` };
  }
  if (members.regions.includes(region)) {
    return { ok: false, reason: `${region} is a member already` };
  }
  return reshape(members, { regions: [...members.regions, region] }, voterIds, changeId);
}

/** Opens the change to one region less. */
export function withoutRegion(
  members: Members,
  region: string,
  voterIds: ReadonlyMap<string, string>,
  changeId: string,
): MembersChanged {
  if (!members.regions.includes(region)) {
    return { ok: false, reason: `${region} is no member` };
  }
  const regions = members.regions.filter((one) => one !== region);
  if (regions.length === 0) return { ok: false, reason: `${region} is the last region` };
  const removed = [...(members.removed ?? []), region];
  return reshape(members, { regions, removed }, voterIds, changeId);
}

function reshape(
  members: Members,
  next: { readonly regions: readonly string[]; readonly removed?: readonly string[] },
  voterIds: ReadonlyMap<string, string>,
  changeId: string,
): MembersChanged {
  const voters: VoterRef[] = [];
  for (const site of sitesOf(next.regions)) {
    const known = members.sets[0]?.find((voter) => voter.site === site);
    const voterId = known?.voterId ?? voterIds.get(site);
    if (voterId === undefined) return { ok: false, reason: `the voter of ${site} does not answer` };
    voters.push({ site, voterId });
  }
  const opened = openChange(members, { ...next, voters }, changeId);
  return opened === undefined
    ? { ok: false, reason: "another change of the members is open" }
    : { ok: true, members: opened };
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
