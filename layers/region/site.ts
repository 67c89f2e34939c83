/** What the parts of a region share: who it is, its store, and the way out. *types* */
import type { Instant } from "../../base/clock.ts";
import type { Rng } from "../../base/rng.ts";
import type { Engine } from "../key-value/engine.ts";
import type { LeaseEnd } from "../routing/lease.ts";
import type { Members } from "../routing/members.ts";
import type { VoterRequest } from "../routing/messages.ts";
import type { Holder } from "../routing/record.ts";
import type { LeaseTerms, RoutingRules } from "../routing/rules.ts";
import type { RegionMessage } from "./messages.ts";
import type { RegionRules } from "./rules.ts";

/** The leases, which may live on another thread; `end` reads without waiting. */
export interface LeaseView {
  end(app: string): LeaseEnd | undefined;
  /** Counts grants for this epoch from now on; `carry` keeps those of the epoch before. */
  hold(app: string, epoch: number, carry: boolean): void;
  release(app: string): void;
  /** Tells the voters that the gate is closed for good in this epoch. */
  surrender(app: string, epoch: number): void;
  /** Votes that named this region count as grants from when they were asked for. */
  grantedAt(app: string, epoch: number, voters: readonly string[], sentAt: Instant): void;
}

export interface Site {
  readonly self: Holder;
  readonly engine: Engine;
  readonly rng: Rng;
  readonly terms: LeaseTerms;
  readonly routingRules: RoutingRules;
  readonly rules: RegionRules;
  readonly lease: LeaseView;
  readonly members: () => Members;
  /** `isChosen`: it is known to be, and not only to have been accepted by somebody. */
  readonly onMembers: (members: Members, isChosen?: boolean) => void;
  /** To "voter/SITE" or "region/ID"; lost, delayed, doubled and reordered as the network likes. */
  readonly send: (to: string, message: VoterRequest | RegionMessage) => void;
  /**
   * Another start has acted under this incarnation, or a higher one: the store is empty or an old
   * copy. This process ends, and the next one on this store counts on from above `incarnation`.
   */
  readonly countFrom: (incarnation: number) => void;
  /** A random name, unique for ever. */
  readonly newId: () => string;
}
