/** What regions and voters say to each other about registers and leases. *types* */
import type { Ballot } from "./ballot.ts";
import type { Members } from "./members.ts";
import type { Holder, RoutingRecord } from "./record.ts";

/** What a register holds: the member list or one app's routing record. */
export type RegisterValue = RoutingRecord | Members;

export interface Accepted {
  readonly ballot: Ballot;
  readonly value: RegisterValue;
}

export interface Position {
  readonly epoch: number;
  readonly position: number;
}

export interface Remembered extends Position {
  /** Which log it is, where a region may begin another one (active-active). */
  readonly lineage?: string;
}

export interface RenewApp {
  readonly app: string;
  /** The epoch this region has begun and wants to go on serving; 0 when it serves none. */
  readonly epoch: number;
  /** The version of the record that it knows to be chosen. */
  readonly version: number;
  /** The end of its log on disk. */
  readonly end: Remembered;
  readonly healthy: boolean;
  /** Whether it could take over without loss: in sync, caught up. */
  readonly eligible: boolean;
}

/** `isBoot`: of a start that does not know yet whether its incarnation is its own. */
export type VoterRequest =
  /** What have you accepted? Promises nothing. */
  | {
      readonly type: "query";
      readonly register: string;
      readonly round: number;
      readonly membersVersion: number;
      readonly from: Holder;
      readonly isBoot?: true;
    }
  | {
      readonly type: "prepare";
      readonly register: string;
      readonly round: number;
      readonly ballot: Ballot;
      readonly membersVersion: number;
      readonly from: Holder;
      readonly isBoot?: true;
    }
  | {
      readonly type: "accept";
      readonly register: string;
      readonly round: number;
      readonly ballot: Ballot;
      readonly membersVersion: number;
      readonly from: Holder;
      readonly isBoot?: true;
      readonly value: RegisterValue;
    }
  | {
      readonly type: "renew";
      readonly from: Holder;
      readonly nonce: number;
      readonly wall: number;
      readonly membersVersion: number;
      readonly apps: readonly RenewApp[];
    }
  | { readonly type: "probe"; readonly from: Holder }
  | {
      readonly type: "surrender";
      readonly from: Holder;
      readonly app: string;
      readonly epoch: number;
    }
  /** A voter that starts asks the others what they remember of it. */
  | {
      readonly type: "hello";
      readonly site: string;
      readonly voterId: string;
      readonly incarnation: number;
      readonly start: string;
    }
  | { readonly type: "learn-members"; readonly members: Members };

/** What a voter remembers of a region: how far its log went, by app. */
export type Memory = Readonly<Record<string, Remembered>>;

export interface GrantAnswer {
  readonly granted: boolean;
  /** The record that the voter has accepted, when it is newer than the one told. */
  readonly accepted?: Accepted;
  /** The voter has accepted none as new as the one told: it was away when that was chosen. */
  readonly isBehind?: true;
  /** Serving regions that the voter would let another one replace. */
  readonly suspects?: readonly string[];
}

interface FromVoter {
  readonly site: string;
  readonly voterId: string;
}

export type VoterReply = FromVoter &
  (
    | {
        /** `told` answers a query, `promised` a prepare. */
        readonly type: "told" | "promised";
        readonly register: string;
        readonly round: number;
        readonly accepted?: Accepted;
        /** Serving regions that this voter believes to be gone (or ill, with a better one there). */
        readonly suspects: readonly string[];
        /** What it remembers of the region that asks. */
        readonly memory: Memory;
        /** The highest incarnation of that region that acted, as far as this voter heard. */
        readonly incarnation?: number;
        /** The longest lease that it may have granted and that may still run. */
        readonly longestLeaseMs?: number;
      }
    | {
        readonly type: "accepted";
        readonly register: string;
        readonly round: number;
        /** How long a grant to a region that the value does not name may still run. */
        readonly remainingMs: number;
        /** How long what it granted with its vote runs; a taker counts on no more. */
        readonly leaseMs?: number;
      }
    | {
        readonly type: "refused";
        readonly register: string;
        readonly round: number;
        readonly promised: Ballot;
      }
    | {
        readonly type: "stale-members";
        readonly register: string;
        readonly round: number;
        readonly members: Members;
      }
    | {
        readonly type: "recovering";
        readonly register: string;
        readonly round: number;
      }
    | {
        readonly type: "renewed";
        readonly nonce: number;
        /** How long its grants run; a holder counts on no more. */
        readonly leaseMs?: number;
        readonly apps: Readonly<Record<string, GrantAnswer>>;
        readonly members?: Members;
        readonly recovering: boolean;
      }
    | {
        readonly type: "remembered";
        readonly toVoterId: string;
        /** The start that asked: an answer to an earlier one is not for this one. */
        readonly toStart: string;
        /** The incarnation of the last other start of the asking voter that this voter heard of. */
        readonly incarnation: number;
        readonly members?: Members;
      }
  );
