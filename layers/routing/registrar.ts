/**
 * A region's dealings with one register: one round at a time, repeated until its outcome is known.
 * *pure core*
 *
 * An intent is a change function and what to do with the outcome. A round that is lost is tried
 * again at a higher ballot after a random pause that doubles up to a second; because a change
 * function sees the value that the register holds, an intent that already took effect is recognised
 * by its change id and only confirmed. So `unknown` is resolved by another round, never by a clock.
 */
import type { Instant } from "../../base/clock.ts";
import type { Rng } from "../../base/rng.ts";
import type { Ballot } from "./ballot.ts";
import type { Members } from "./members.ts";
import type { Memory, RegisterValue, VoterReply, VoterRequest } from "./messages.ts";
import type { Holder } from "./record.ts";
import { type ChangeOf, Round } from "./round.ts";
import type { RoutingRules } from "./rules.ts";

export interface IntentEnd {
  readonly value: RegisterValue | undefined;
  readonly ballot: Ballot;
  readonly remainingMs: number;
  readonly memory: Memory;
  readonly incarnation: number;
  readonly acceptedBy: readonly string[];
  readonly leaseMs: number | undefined;
  readonly longestLeaseMs: number;
  readonly membersVersion: number;
  /** When the accepts were sent: what a lease granted with them counts from. */
  readonly acceptSentAt: Instant;
}

export interface Intent {
  readonly isRead?: boolean;
  /** The first question of a start, which does not count as an act of it. */
  readonly isBoot?: boolean;
  readonly change: ChangeOf;
  readonly done: (end: IntentEnd, now: Instant) => void;
  /** `change` answered "drop", and no try of the intent can have been accepted: it is over. */
  readonly dropped?: (now: Instant) => void;
  /** Asked before each try; true drops the intent, which then has no known outcome. */
  readonly isDropped?: () => boolean;
}

const FIRST_OF_START = 2 ** 24;
const ROUND_TIMEOUT_MS = 150;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1000;

export interface RegistrarSite {
  readonly self: Holder;
  readonly rng: Rng;
  readonly rules: RoutingRules;
  readonly send: (to: string, message: VoterRequest) => void;
  readonly members: () => Members;
  readonly onMembers: (members: Members) => void;
}

export class Registrar {
  readonly register: string;
  readonly #site: RegistrarSite;
  readonly #intents: Intent[] = [];
  #round: Round | undefined;
  /** An earlier try of the first intent may have been accepted somewhere: it may yet be chosen. */
  #mayBeChosen = false;
  #roundAt = 0;
  #acceptSentAt: Instant | undefined;
  #highest = 0;
  /** Never used by an earlier start of this process: late answers to that one are not ours. */
  #rounds: number;
  #pauseMs = FIRST_PAUSE_MS;
  #tries = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(register: string, site: RegistrarSite) {
    this.register = register;
    this.#site = site;
    this.#rounds = site.self.incarnation * FIRST_OF_START;
  }

  get busy(): boolean {
    return this.#intents.length > 0;
  }

  /** A ballot that was used: the next round goes above it at once. */
  saw(ballot: Ballot): void {
    this.#highest = Math.max(this.#highest, ballot.number);
  }

  propose(intent: Intent, now: Instant): void {
    this.#intents.push(intent);
    this.#begin(now);
  }

  /** Reads the register: the value is what it held at some moment after now. */
  read(done: Intent["done"], now: Instant): void {
    this.propose({ isRead: true, change: () => undefined, done }, now);
  }

  /** The same, as the first thing that a start does. */
  readAtBoot(done: Intent["done"], now: Instant): void {
    this.propose({ isRead: true, isBoot: true, change: () => undefined, done }, now);
  }

  tick(now: Instant): void {
    if (this.#round !== undefined && now.mono - this.#roundAt > ROUND_TIMEOUT_MS + this.#pauseMs) {
      this.#mayBeChosen ||= this.#round.accepting;
      this.#retry(now);
    }
    this.#begin(now);
  }

  step(reply: VoterReply, now: Instant): void {
    const round = this.#round;
    if (round === undefined) return;
    const wasAccepting = round.accepting;
    const { send, end } = round.step(reply);
    if (!wasAccepting && round.accepting) this.#acceptSentAt = now;
    for (const { to, message } of send) this.#site.send(to, message);
    if (end === undefined) return;
    if (end.kind === "lost") {
      this.#mayBeChosen ||= end.accepting;
      this.#highest = Math.max(this.#highest, end.highest);
      this.#retry(now);
      if (end.members !== undefined) {
        this.#site.onMembers(end.members);
        this.#notBefore = now.mono;
      }
      return;
    }
    this.#round = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#tries = 0;
    this.#mayBeChosen = false;
    const intent = this.#intents.shift();
    if (end.kind === "dropped") intent?.dropped?.(now);
    else intent?.done({ ...end, acceptSentAt: this.#acceptSentAt ?? now }, now);
    this.#begin(now);
  }

  #retry(now: Instant): void {
    this.#round = undefined;
    this.#tries++;
    // Two that duel need a pause in which a whole round fits, at the speed rounds have here.
    const roundMs = now.mono - this.#roundAt;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(this.#pauseMs, 2 * roundMs));
    this.#notBefore = now.mono + this.#site.rng.next() * pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #begin(now: Instant): void {
    while (this.#round === undefined && this.#intents[0]?.isDropped?.()) {
      this.#intents.shift();
      this.#mayBeChosen = false;
    }
    const intent = this.#intents[0];
    if (this.#round !== undefined || intent === undefined || now.mono < this.#notBefore) return;
    const { self, rules } = this.#site;
    this.#highest = rules.nextBallotNumber(this.#highest);
    this.#rounds++;
    this.#roundAt = now.mono;
    this.#acceptSentAt = undefined;
    this.#round = new Round({
      register: this.register,
      id: this.#rounds,
      ballot: {
        number: this.#highest,
        site: self.region,
        incarnation: rules.ballotIncarnation(self.incarnation),
      },
      members: this.#site.members(),
      from: self,
      change: intent.change,
      queryFirst: intent.isRead === true && this.#tries % 2 === 0,
      isBoot: intent.isBoot === true,
      mayDrop: !this.#mayBeChosen,
    });
    for (const { to, message } of this.#round.begin()) this.#site.send(to, message);
  }
}
