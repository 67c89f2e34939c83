/**
 * One region of a deployment: its apps, the member list, and where messages go. *pure core*
 *
 * The voter and the renewals are beside it (voter.ts, renewer.ts), on another thread where the
 * target has one. This is what both the simulated world and a real process run.
 */
import type { Instant } from "../../base/clock.ts";
import {
  isJoint,
  MEMBERS,
  type Members,
  replaceVoter,
  settleChange,
  votersOf,
} from "../routing/members.ts";
import type { RenewApp, VoterReply } from "../routing/messages.ts";
import { Registrar } from "../routing/registrar.ts";
import type { Observed } from "../routing/renewer.ts";
import type { Suspicions } from "../routing/voter.ts";
import { type AppOptions, AppRegion } from "./app-region.ts";
import type { RegionMessage } from "./messages.ts";
import { Reads } from "./reads.ts";
import type { Site } from "./site.ts";

const MEMBERS_PAUSE_MS = 150;

export class Region {
  readonly apps = new Map<string, AppRegion>();
  readonly reads = new Map<string, Reads>();
  readonly #site: Site;
  readonly #members: Registrar;
  #membersAt = Number.NEGATIVE_INFINITY;

  constructor(site: Site, apps: readonly AppOptions[]) {
    this.#site = site;
    this.#members = new Registrar(MEMBERS, {
      self: site.self,
      rng: site.rng,
      rules: site.routingRules,
      send: site.send,
      members: site.members,
      onMembers: site.onMembers,
    });
    const openedSequence = site.engine.sequence;
    for (const options of apps) {
      const app = new AppRegion(site, options, openedSequence);
      this.apps.set(options.app, app);
      this.reads.set(options.app, new Reads(app, site.self.region, site.engine));
    }
  }

  boot(now: Instant): void {
    for (const app of this.apps.values()) app.boot(now);
  }

  /** Renewals begin when every app has compared its log with what the voters remember. */
  get isBooted(): boolean {
    return [...this.apps.values()].every((app) => app.isBooted);
  }

  renewals(now: Instant): RenewApp[] {
    return [...this.apps.values()].map((app) => app.renewal(now));
  }

  message(message: RegionMessage, now: Instant): void {
    this.apps.get(message.app)?.message(message, now);
  }

  voterReply(reply: VoterReply, now: Instant): void {
    if (!("register" in reply)) return;
    if (reply.type === "recovering") this.#replace(reply, now);
    if (reply.register === MEMBERS) this.#members.step(reply, now);
    else this.apps.get(reply.register)?.registrar.step(reply, now);
  }

  /** What the renewals' answers told. */
  observed(observed: Observed, now: Instant): void {
    for (const { app, voterId, accepted } of observed.accepted) {
      this.apps.get(app)?.observe(voterId, accepted, now);
    }
    if (observed.members !== undefined) this.#site.onMembers(observed.members);
    if (observed.recovering !== undefined) this.#replace(observed.recovering, now);
  }

  suspect(suspicions: Suspicions, now: Instant): void {
    for (const [id, app] of this.apps) app.suspect(suspicions.get(id) ?? [], now);
  }

  flushed(sequence: number, now: Instant): void {
    for (const app of this.apps.values()) app.flushed(sequence, now);
  }

  /** After each batch of events: what was appended leaves now. */
  endTurn(now: Instant): void {
    for (const app of this.apps.values()) app.endTurn(now);
    for (const reads of this.reads.values()) reads.advance(now);
  }

  tick(now: Instant): void {
    this.#members.tick(now);
    for (const app of this.apps.values()) app.tick(now);
    for (const reads of this.reads.values()) reads.advance(now);
    if (isJoint(this.#site.members())) this.#settleMembers(now);
  }

  /** A voter lost its directory: its new id takes the place of the old one. */
  #replace(voter: { readonly site: string; readonly voterId: string }, now: Instant): void {
    const known = votersOf(this.#site.members()).some((v) => v.voterId === voter.voterId);
    if (known) {
      const message = { type: "learn-members", members: this.#site.members() } as const;
      this.#site.send(`voter/${voter.site}`, message);
      return;
    }
    const { site, voterId } = voter;
    this.#changeMembers((members, id) => replaceVoter(members, { site, voterId }, id), now);
  }

  #changeMembers(
    next: (members: Members, changeId: string) => Members | undefined,
    now: Instant,
  ): void {
    if (this.#members.busy || now.mono - this.#membersAt < MEMBERS_PAUSE_MS) return;
    this.#membersAt = now.mono + this.#site.rng.next() * MEMBERS_PAUSE_MS;
    const changeId = this.#site.newId();
    this.#members.propose(
      {
        change: ({ value }) => {
          const members = value as Members | undefined;
          if (members === undefined || members.changeId === changeId) return undefined;
          return next(members, changeId);
        },
        done: (end) => {
          if (end.value !== undefined) this.#site.onMembers(end.value as Members);
        },
      },
      now,
    );
  }

  /** Under both majorities every register is written again; then the new set alone decides. */
  #settleMembers(now: Instant): void {
    if (this.#members.busy || now.mono - this.#membersAt < MEMBERS_PAUSE_MS) return;
    this.#membersAt = now.mono + this.#site.rng.next() * MEMBERS_PAUSE_MS;
    const { version } = this.#site.members();
    let left = this.apps.size;
    for (const app of this.apps.values()) {
      app.registrar.read((end, at) => {
        if (end.membersVersion === version) left--;
        if (left > 0) return;
        this.#membersAt = Number.NEGATIVE_INFINITY;
        this.#changeMembers(
          (members, id) => (members.version === version ? settleChange(members, id) : undefined),
          at,
        );
      }, now);
    }
  }
}
