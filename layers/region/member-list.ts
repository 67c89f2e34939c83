/**
 * A region's dealings with the member list: it takes in a voter that lost its directory, opens a
 * change that somebody asks for, and closes every change that it finds open. *pure core*
 *
 *   one set --open--> two sets --known to be chosen--> every app's record written under both
 *      ^                                                              |
 *      +------------- settled, a lease after it was chosen -----------+
 *
 * Closing needs nobody in particular: whoever opened a change may be gone.
 *
 * Invariants
 *  B1 records are copied only after the change is known to be chosen: from then on the old set
 *     alone chooses nothing more                                                    (#copy)
 *  B2 only the very change whose records were copied is closed                      (#close)
 *  B3 no lease of the old set alone is left when the new set alone decides          (#close)
 */
import type { Instant } from "../../base/clock.ts";
import {
  isJoint,
  MEMBERS,
  type Members,
  replaceVoter,
  settleChange,
  type VoterRef,
  votersOf,
} from "../routing/members.ts";
import type { VoterReply } from "../routing/messages.ts";
import { type IntentEnd, Registrar } from "../routing/registrar.ts";
import type { Site } from "./site.ts";

const PAUSE_MS = 150;
/** What has not led to anything by then is begun again. */
const STALLED_MS = 2000;

/** The next list, or undefined to leave it as it is. */
export type NextMembers = (members: Members, changeId: string) => Members | undefined;

interface Closing {
  readonly changeId: string;
  readonly version: number;
  beganAt: number;
  chosenAt: number | undefined;
  longestLeaseMs: number;
  left: Set<string>;
}

export class MemberList {
  readonly #site: Site;
  readonly #registrars: ReadonlyMap<string, Registrar>;
  readonly #members: Registrar;
  #closing: Closing | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;

  /** `registrars`: of every app, by app. */
  constructor(site: Site, registrars: ReadonlyMap<string, Registrar>) {
    this.#site = site;
    this.#registrars = registrars;
    this.#members = new Registrar(MEMBERS, {
      self: site.self,
      rng: site.rng,
      rules: site.routingRules,
      send: site.send,
      members: site.members,
      onMembers: site.onMembers,
    });
  }

  get isBusy(): boolean {
    return this.#members.busy;
  }

  voterReply(reply: VoterReply, now: Instant): void {
    if ("register" in reply && reply.register === MEMBERS) this.#members.step(reply, now);
  }

  tick(now: Instant): void {
    this.#members.tick(now);
    const members = this.#site.members();
    if (!isJoint(members)) {
      this.#closing = undefined;
      return;
    }
    const closing = this.#closing;
    const isSame = closing?.changeId === members.changeId && closing.version === members.version;
    const isStalled = closing !== undefined && now.mono - closing.beganAt > STALLED_MS;
    if (!isSame || isStalled) this.#copy(members, now);
    else this.#close(closing, now);
  }

  /** A voter lost its directory: its new id takes the place of the old one. */
  recover(voter: VoterRef, now: Instant): void {
    const members = this.#site.members();
    if (votersOf(members).some((known) => known.voterId === voter.voterId)) {
      this.#site.send(`voter/${voter.site}`, { type: "learn-members", members });
      return;
    }
    this.#pausing(now, () => this.change((now_, id) => replaceVoter(now_, voter, id), now));
  }

  /** Proposes a change; `done` is told the list as it then is. */
  change(next: NextMembers, now: Instant, done?: (members: Members, now: Instant) => void): void {
    const changeId = this.#site.newId();
    this.#members.propose(
      {
        change: ({ value }) => {
          const members = value as Members | undefined;
          if (members === undefined || members.changeId === changeId) return undefined;
          return next(members, changeId);
        },
        done: ({ value }, at) => {
          if (value === undefined) return;
          this.#site.onMembers(value as Members, true);
          done?.(value as Members, at);
        },
      },
      now,
    );
  }

  #pausing(now: Instant, act: () => void): void {
    if (this.#members.busy || now.mono < this.#notBefore) return;
    this.#notBefore = now.mono + PAUSE_MS * (1 + this.#site.rng.next());
    act();
  }

  #copy(members: Members, now: Instant): void {
    this.#pausing(now, () => {
      const { changeId, version } = members;
      const left = new Set(this.#registrars.keys());
      const closing: Closing = {
        changeId,
        version,
        beganAt: now.mono,
        chosenAt: undefined,
        longestLeaseMs: 0,
        left,
      };
      this.#closing = closing;
      const isDropped = (): boolean => this.#closing !== closing;
      const isOurs = ({ value, membersVersion }: IntentEnd): boolean =>
        membersVersion === version && (value as Members | undefined)?.changeId === changeId;
      this.#members.propose(
        {
          isRead: true,
          change: () => undefined,
          isDropped,
          done: (end, at) => {
            if (end.value !== undefined) this.#site.onMembers(end.value as Members, true);
            if (isDropped() || !isOurs(end)) return;
            closing.chosenAt = at.mono;
            closing.longestLeaseMs = end.longestLeaseMs;
            for (const [app, registrar] of this.#registrars) {
              registrar.propose(
                {
                  isRead: true,
                  change: () => undefined,
                  isDropped,
                  done: ({ membersVersion }) => {
                    if (membersVersion === version) left.delete(app);
                  },
                },
                at,
              );
            }
          },
        },
        now,
      );
    });
  }

  #close(closing: Closing, now: Instant): void {
    const { terms, routingRules } = this.#site;
    const { chosenAt, left, changeId } = closing;
    if (chosenAt === undefined || left.size > 0) return;
    const longestMs = Math.max(terms.leaseMs, closing.longestLeaseMs);
    if (now.mono - chosenAt < routingRules.jointMs(longestMs)) return;
    this.#pausing(now, () =>
      this.change((members, id) => {
        return members.changeId === changeId ? settleChange(members, id) : undefined;
      }, now),
    );
  }
}
