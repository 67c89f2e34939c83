/** What a voter keeps on disk, by key, and what a new or restarted one finds there. *pure* */
import { MEMBERS, type Members } from "./members.ts";
import type { Memory } from "./messages.ts";
import type { Register } from "./register.ts";
import type { LeaseTerms } from "./rules.ts";

export interface VoterIdentity {
  readonly voterId: string;
  readonly incarnation: number;
  readonly longestLeaseMs: number;
  /** Whether this id has been in the member list (an id made for an empty directory has not). */
  readonly member: boolean;
  /** Made anew at each start: tells two starts with one incarnation (a restored disk) apart. */
  readonly start: string;
  /** The last start heard of from each other voter. */
  readonly voters: Readonly<
    Record<string, { readonly incarnation: number; readonly start: string }>
  >;
  /** How far each region's logs went, by region and app. */
  readonly regions: Readonly<Record<string, Memory>>;
  /** The highest incarnation of each region that acted: an empty or old store counts from below. */
  readonly incarnations?: Readonly<Record<string, number>>;
  /** A newer member list than the one accepted, as another voter or a region told it. */
  readonly learned?: Members;
}

export interface VoterDisk {
  readonly identity: VoterIdentity;
  readonly registers: Readonly<Record<string, Register>>;
}

/** What a directory holds when it is made: by `up` for a new deployment, or after a loss. */
export const newVoterDisk = (voterId: string, members?: Members): VoterDisk => ({
  identity: {
    voterId,
    incarnation: 0,
    start: "",
    longestLeaseMs: 0,
    member: members !== undefined,
    voters: {},
    regions: {},
  },
  registers:
    members === undefined
      ? {}
      : {
          [MEMBERS]: {
            accepted: { ballot: { number: 0, site: "", incarnation: 0 }, value: members },
          },
        },
});

/** `leaseMs`: the longest lease it may grant from now on, on disk before it grants any. */
export const startVoterDisk = (disk: VoterDisk, start: string, leaseMs: number): VoterDisk => {
  const { identity } = disk;
  const longestLeaseMs = Math.max(identity.longestLeaseMs, leaseMs);
  const incarnation = identity.incarnation + 1;
  return { ...disk, identity: { ...identity, incarnation, start, longestLeaseMs } };
};

/** With a region's incarnation that has acted, where it is the highest so far. */
export function withActed(
  identity: VoterIdentity,
  region: string,
  incarnation: number,
): VoterIdentity {
  const { incarnations = {} } = identity;
  if (incarnation <= (incarnations[region] ?? 0)) return identity;
  return { ...identity, incarnations: { ...incarnations, [region]: incarnation } };
}

/** Once all that earlier starts may have granted has run out, only its own terms are left. */
export function withoutLonger(
  identity: VoterIdentity,
  { leaseMs }: LeaseTerms,
  upMs: number,
): VoterIdentity {
  const { longestLeaseMs } = identity;
  if (longestLeaseMs <= leaseMs || upMs <= longestLeaseMs) return identity;
  return { ...identity, longestLeaseMs: leaseMs };
}
