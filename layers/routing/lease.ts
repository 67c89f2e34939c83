/**
 * The holder's side of the leases: how long this region may write for each app. *pure core*
 *
 * Every renewMs it asks every voter. A grant counts from the moment the very request that it
 * answers was sent, so a delayed answer only shortens a lease:
 *
 *   validUntil = (majority-th latest send time of granted requests) + leaseMs - margin
 *
 * Both clocks must agree that this moment has not come: a suspended machine's monotonic clock
 * stands still, its wall clock does not.
 *
 * Invariants
 *  L1 this region's lease ends before any voter's grant does   (send time, margin)
 *  L2 a grant for another epoch or incarnation counts nothing  (keyed by epoch, one Lease a start)
 *  L3 of two terms the shorter counts                          (rules.countedFrom)
 */
import type { Instant, MonotonicMs, WallMs } from "../../base/clock.ts";
import { type Members, reachedByQuorum, supersedes } from "./members.ts";
import type { LeaseTerms, RoutingRules } from "./rules.ts";

/** The end of a lease by both clocks; NEVER when there is none. */
export interface LeaseEnd {
  readonly epoch: number;
  readonly mono: MonotonicMs;
  readonly wall: WallMs;
}

interface AppLease {
  readonly epoch: number;
  readonly grantedFrom: Map<string, Instant>;
  /** What follows from the grants and the members; undefined until it is asked for. */
  end: LeaseEnd | "none" | undefined;
  /** What a majority of the voters before had granted: a change of the list takes nothing back. */
  kept?: LeaseEnd;
}

export class Lease {
  readonly #terms: LeaseTerms;
  readonly #rules: RoutingRules;
  #members: Members;
  #nonce: number;
  readonly #sent = new Map<number, { at: Instant; epochs: ReadonlyMap<string, number> }>();
  readonly #apps = new Map<string, AppLease>();

  /** `firstNonce` is above every nonce of an earlier start, whose late answers count nothing. */
  constructor(terms: LeaseTerms, rules: RoutingRules, members: Members, firstNonce: number) {
    this.#nonce = firstNonce;
    this.#terms = terms;
    this.#rules = rules;
    this.#members = members;
  }

  /**
   * A lease that the voters before granted stays what it was: the old set is asked beside the new
   * one until it has run out (members.ts, M4).
   */
  useMembers(members: Members): void {
    if (!supersedes(members, this.#members, true)) return;
    for (const [app, lease] of this.#apps) {
      const end = this.end(app);
      if (end !== undefined) lease.kept = end;
    }
    this.#members = members;
    for (const lease of this.#apps.values()) lease.end = undefined;
  }

  /**
   * From here on grants for this epoch count, and no others. `carry` keeps those of the epoch
   * before: for an active-active region that serves in both, whose grants voters still count.
   */
  hold(app: string, epoch: number, carry: boolean): void {
    const before = this.#apps.get(app);
    if (before?.epoch === epoch) return;
    if (!carry || before === undefined) {
      this.#apps.set(app, { epoch, grantedFrom: new Map(), end: undefined });
      return;
    }
    const kept = before.kept === undefined ? {} : { kept: { ...before.kept, epoch } };
    this.#apps.set(app, { epoch, grantedFrom: before.grantedFrom, end: undefined, ...kept });
  }

  release(app: string): void {
    this.#apps.delete(app);
  }

  /** A renewal leaves now that names these epochs by app; its nonce. */
  send(epochs: ReadonlyMap<string, number>, now: Instant): number {
    this.#nonce++;
    this.#sent.set(this.#nonce, { at: now, epochs });
    for (const [nonce, { at }] of this.#sent) {
      if (now.mono - at.mono <= this.#terms.leaseMs) break;
      this.#sent.delete(nonce);
    }
    return this.#nonce;
  }

  /** `leaseMs`: what the voter granted; it may have other terms than this region. */
  granted(voterId: string, nonce: number, app: string, leaseMs = this.#terms.leaseMs): void {
    const sent = this.#sent.get(nonce);
    const epoch = sent?.epochs.get(app);
    if (sent === undefined || epoch === undefined) return;
    const at = this.#rules.countedFrom(sent.at, this.#terms.leaseMs - leaseMs);
    this.grantedAt(voterId, at, app, epoch);
  }

  /** An accepted record that names this region is the first grant of its epoch. */
  grantedAt(voterId: string, sent: Instant, app: string, epoch: number): void {
    const lease = this.#apps.get(app);
    if (lease === undefined || lease.epoch !== epoch) return;
    const before = lease.grantedFrom.get(voterId);
    if (before !== undefined && sent.mono <= before.mono) return;
    lease.grantedFrom.set(voterId, sent);
    lease.end = undefined;
  }

  end(app: string): LeaseEnd | undefined {
    const lease = this.#apps.get(app);
    if (lease === undefined) return undefined;
    lease.end ??= this.#endOf(lease) ?? "none";
    return lease.end === "none" ? undefined : lease.end;
  }

  #endOf(lease: AppLease): LeaseEnd | undefined {
    const usable = this.#terms.leaseMs - this.#rules.marginMs(this.#terms.leaseMs);
    const none = Number.NEGATIVE_INFINITY;
    const mono = reachedByQuorum(this.#members, (id) => lease.grantedFrom.get(id)?.mono ?? none);
    const wall = reachedByQuorum(this.#members, (id) => lease.grantedFrom.get(id)?.wall ?? none);
    if (mono === none || mono + usable < (lease.kept?.mono ?? none)) return lease.kept;
    return {
      epoch: lease.epoch,
      mono: (mono + usable) as MonotonicMs,
      wall: (wall + usable) as WallMs,
    };
  }
}

export const isValid = (end: LeaseEnd | undefined, epoch: number, now: Instant): boolean =>
  end !== undefined && end.epoch === epoch && now.mono < end.mono && now.wall < end.wall;
