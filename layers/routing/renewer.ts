/**
 * Renewing a region's leases: one message to every voter carries all its apps. *pure core*
 *
 * Runs beside the voter, away from the thread that serves requests: a hung main thread shows as
 * failed health in the next message, and loses its leases.
 *
 * A region that is deaf (what it sends arrives, no answer does) is missed by nobody and has no
 * lease: after the length of one without answers from a quorum it calls itself unhealthy, so that
 * a healthy one may take over. It has lost nothing by saying so.
 */
import type { Instant } from "../../base/clock.ts";
import { Lease, type LeaseEnd } from "./lease.ts";
import { isQuorum, type Members, supersedes, votersOf } from "./members.ts";
import type { Accepted, RenewApp, VoterReply, VoterRequest } from "./messages.ts";
import type { Holder } from "./record.ts";
import type { LeaseTerms, RoutingRules } from "./rules.ts";
import { Hearing, type VotersView } from "./voters.ts";

export interface Observed {
  /** What a voter has accepted for an app, where it is newer than what this region knows. */
  readonly accepted: readonly {
    readonly app: string;
    readonly voterId: string;
    readonly accepted: Accepted;
  }[];
  /** Apps of which a voter missed the latest record. */
  readonly behind: readonly string[];
  readonly members?: Members;
  /** A voter that lost its directory and asks for its new id to be chosen. */
  readonly recovering?: { readonly site: string; readonly voterId: string };
}

type Outgoing = { readonly to: string; readonly message: VoterRequest };

export class Renewer {
  readonly self: Holder;
  readonly #lease: Lease;
  readonly #terms: LeaseTerms;
  #members: Members;
  #apps: readonly RenewApp[] = [];
  #renewedAt = Number.NEGATIVE_INFINITY;
  #probedAt = Number.NEGATIVE_INFINITY;
  #tickedAt = Number.NEGATIVE_INFINITY;
  readonly #hearing: Hearing;
  readonly #answered = new Set<string>();
  /** When each voter was last seen to have answered; who has not yet did so at `#listensSince`. */
  readonly #answeredAt = new Map<string, number>();
  #listensSince = Number.NEGATIVE_INFINITY;
  #isDeaf = false;

  constructor(self: Holder, terms: LeaseTerms, rules: RoutingRules, members: Members) {
    this.self = self;
    this.#terms = terms;
    this.#members = members;
    this.#hearing = new Hearing(terms.leaseMs);
    this.#lease = new Lease(terms, rules, members, self.incarnation * 2 ** 32);
  }

  /** What the next renewals say; an urgent change leaves with the next tick. */
  tell(apps: readonly RenewApp[], urgent: boolean): void {
    this.#apps = apps;
    if (urgent) this.#renewedAt = Number.NEGATIVE_INFINITY;
  }

  useMembers(members: Members): void {
    if (!supersedes(members, this.#members, true)) return;
    this.#members = members;
    // Voters that know of the change grant nothing more on the list before it.
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    this.#lease.useMembers(members);
    this.#listensSince = this.#tickedAt;
  }

  get voters(): VotersView {
    return this.#hearing.view(this.#members);
  }

  /** The voters, where something has changed since this was last asked. */
  votersNews(): VotersView | undefined {
    return this.#hearing.news(this.#members);
  }

  end(app: string): LeaseEnd | undefined {
    return this.#lease.end(app);
  }

  hold(app: string, epoch: number, carry: boolean): void {
    this.#lease.hold(app, epoch, carry);
  }

  release(app: string): void {
    this.#lease.release(app);
  }

  grantedAt(app: string, epoch: number, voters: readonly string[], sentAt: Instant): void {
    for (const voter of voters) this.#lease.grantedAt(voter, sentAt, app, epoch);
  }

  surrender(app: string, epoch: number): Outgoing[] {
    this.#lease.release(app);
    return this.#toAll({ type: "surrender", from: this.self, app, epoch });
  }

  tick(now: Instant): Outgoing[] {
    this.#listen(now);
    const apps = this.#isDeaf ? this.#apps.map((app) => ({ ...app, healthy: false })) : this.#apps;
    if (now.mono - this.#renewedAt >= this.#terms.renewMs) {
      this.#renewedAt = now.mono;
      this.#probedAt = now.mono;
      const nonce = this.#lease.send(
        new Map(this.#apps.map(({ app, epoch }) => [app, epoch])),
        now,
      );
      const { self: from, version: membersVersion } = { self: this.self, ...this.#members };
      return this.#toAll({
        type: "renew",
        from,
        nonce,
        wall: now.wall,
        membersVersion,
        apps,
      });
    }
    if (now.mono - this.#probedAt >= this.#terms.renewMs / 3) {
      this.#probedAt = now.mono;
      return this.#toAll({ type: "probe", from: this.self });
    }
    return [];
  }

  renewed(reply: Extract<VoterReply, { type: "renewed" }>): Observed {
    this.#answered.add(reply.voterId);
    this.#hearing.answered(reply.voterId, reply.recovering);
    const accepted: Observed["accepted"][number][] = [];
    const behind: string[] = [];
    for (const [app, answer] of Object.entries(reply.apps)) {
      if (answer.granted) {
        this.#lease.granted(reply.voterId, reply.nonce, app, reply.leaseMs);
      }
      if (answer.accepted !== undefined) {
        accepted.push({ app, voterId: reply.voterId, accepted: answer.accepted });
      }
      if (answer.isBehind === true && !reply.recovering) behind.push(app);
    }
    const { site, voterId } = reply;
    return {
      accepted,
      behind,
      ...(reply.members === undefined ? {} : { members: reply.members }),
      ...(reply.recovering ? { recovering: { site, voterId } } : {}),
    };
  }

  #listen(now: Instant): void {
    const { mono } = now;
    const { leaseMs, renewMs } = this.#terms;
    // After a standstill of its own, answers may wait to be read: it begins to listen anew.
    if (mono - this.#tickedAt > renewMs) {
      this.#listensSince = mono;
      this.#answeredAt.clear();
    }
    this.#tickedAt = mono;
    for (const voterId of this.#answered) this.#answeredAt.set(voterId, mono);
    this.#answered.clear();
    const isDeaf = !isQuorum(this.#members, (id) => {
      return mono - (this.#answeredAt.get(id) ?? this.#listensSince) <= leaseMs;
    });
    this.#hearing.look(this.#members, this.#answeredAt, this.#listensSince, now);
    if (isDeaf && !this.#isDeaf) this.#renewedAt = Number.NEGATIVE_INFINITY;
    this.#isDeaf = isDeaf;
  }

  #toAll(message: VoterRequest): Outgoing[] {
    return votersOf(this.#members).map((voter) => ({ to: `voter/${voter.site}`, message }));
  }
}
