/**
 * One round of the register, from the proposer's side. *pure core*
 *
 *   query to all (a read only) --a quorum has accepted the same ballot--> chosen, nothing changed
 *      they differ: prepare
 *   prepare to all --quorum of promises--> change(value of the highest ballot)
 *      declined: accept the value as it is (an identity round: the answer is then stable)
 *      dropped: no accept, nothing is known
 *   accept to all --quorum--> chosen
 *
 * A round ends as `chosen` (its value is the register's, and whether that was the change or the
 * old value), as `dropped` (its proposer wanted nothing of it), or as `lost` (a higher ballot or a
 * newer member list is around; after `accepting` the value may still be chosen by somebody else's
 * round: only another round tells).
 *
 * Paper: Rystsov 2018, CASPaxos.
 */
import { type Ballot, compareBallots, sameBallot } from "./ballot.ts";
import { isQuorum, MEMBERS, type Members, votersOf } from "./members.ts";
import { mergedMemory } from "./memory.ts";
import type { Accepted, Memory, RegisterValue, VoterReply, VoterRequest } from "./messages.ts";
import type { Holder } from "./record.ts";

/** What the promises of a quorum say, for the change function to decide on. */
export interface Promises {
  readonly value: RegisterValue | undefined;
  readonly ballot: Ballot | undefined;
  /** Whether a quorum believes a serving region to be gone. */
  readonly isSuspected: (region: string) => boolean;
  /** The highest positions that any promising voter remembers of this region. */
  readonly memory: Memory;
}

/** The next value; undefined to confirm it as it is; "drop" to end the round without an accept. */
export type ChangeOf = (promises: Promises) => RegisterValue | "drop" | undefined;

export type RoundEnd =
  | {
      readonly kind: "chosen";
      readonly value: RegisterValue | undefined;
      readonly ballot: Ballot;
      readonly changed: boolean;
      readonly remainingMs: number;
      readonly memory: Memory;
      /** The highest incarnation of this region that acted, as a quorum remembers. */
      readonly incarnation: number;
      readonly acceptedBy: readonly string[];
      /** How long the shortest of what they granted runs; undefined where none was told. */
      readonly leaseMs: number | undefined;
      /** The longest lease that any of a quorum may have granted. */
      readonly longestLeaseMs: number;
      readonly membersVersion: number;
    }
  | { readonly kind: "dropped" }
  | {
      readonly kind: "lost";
      readonly accepting: boolean;
      readonly highest: number;
      readonly members?: Members;
    };

type Answer = Extract<VoterReply, { type: "told" | "promised" }>;

export class Round {
  readonly register: string;
  readonly id: number;
  readonly ballot: Ballot;
  readonly #members: Members;
  readonly #change: ChangeOf;
  readonly #from: Holder;
  readonly #isBoot: boolean;
  readonly #mayDrop: boolean;
  readonly #told = new Map<string, Answer>();
  readonly #promised = new Map<string, Answer>();
  readonly #accepted = new Map<string, Extract<VoterReply, { type: "accepted" }>>();
  #proposal: RegisterValue | undefined;
  #changed = false;
  #phase: "query" | "prepare" | "accept" | "ended" = "prepare";
  #memory: Memory = {};
  #incarnation = 0;

  constructor(options: {
    register: string;
    id: number;
    ballot: Ballot;
    members: Members;
    from: Holder;
    change: ChangeOf;
    /** Ask before promising anything: enough where nothing is to be changed. */
    queryFirst: boolean;
    /** Whether "drop" ends it; else what is there is confirmed, and the outcome known. */
    mayDrop: boolean;
    /** Of a start that does not know yet whether its incarnation is its own. */
    isBoot?: boolean;
  }) {
    this.register = options.register;
    this.id = options.id;
    this.ballot = options.ballot;
    this.#members = options.members;
    this.#from = options.from;
    this.#change = options.change;
    this.#isBoot = options.isBoot === true;
    this.#mayDrop = options.mayDrop;
    if (options.queryFirst) this.#phase = "query";
  }

  get accepting(): boolean {
    return this.#phase === "accept";
  }

  /** The messages to all voters that begin the round. */
  begin(): { to: string; message: VoterRequest }[] {
    if (this.#phase === "query") return this.#toAll({ ...this.#head(), type: "query" });
    return this.#toAll({ ...this.#head(), type: "prepare", ballot: this.ballot });
  }

  #head() {
    return {
      register: this.register,
      round: this.id,
      membersVersion: this.#members.version,
      from: this.#from,
      ...(this.#isBoot ? ({ isBoot: true } as const) : {}),
    };
  }

  #toAll(message: VoterRequest): { to: string; message: VoterRequest }[] {
    const electorate = [...votersOf(this.#members)];
    // A change of the member list needs the new voters too.
    const proposed =
      this.register === MEMBERS ? (this.#proposal as Members | undefined) : undefined;
    for (const voter of proposed === undefined ? [] : votersOf(proposed)) {
      if (!electorate.some((v) => v.voterId === voter.voterId)) electorate.push(voter);
    }
    return electorate.map((voter) => ({ to: `voter/${voter.site}`, message }));
  }

  step(reply: VoterReply): { send: { to: string; message: VoterRequest }[]; end?: RoundEnd } {
    if (this.#phase === "ended" || !("round" in reply) || reply.round !== this.id)
      return { send: [] };
    switch (reply.type) {
      case "refused":
        if (compareBallots(reply.promised, this.ballot) <= 0) return { send: [] };
        return this.#lose(reply.promised.number);
      case "stale-members":
        return this.#lose(this.ballot.number, reply.members);
      case "told":
        return this.#tell(reply);
      case "promised":
        return this.#promise(reply);
      case "accepted":
        return this.#accept(reply);
      default:
        return { send: [] };
    }
  }

  #lose(highest: number, members?: Members): { send: []; end: RoundEnd } {
    const accepting = this.#phase === "accept";
    this.#phase = "ended";
    const known = members === undefined ? {} : { members };
    return { send: [], end: { kind: "lost", accepting, highest, ...known } };
  }

  #tell(reply: Answer): { send: { to: string; message: VoterRequest }[]; end?: RoundEnd } {
    if (this.#phase !== "query") return { send: [] };
    this.#told.set(reply.voterId, reply);
    const agrees = (id: string): boolean => {
      const told = this.#told.get(id);
      const [a, b] = [told?.accepted?.ballot, reply.accepted?.ballot];
      return told !== undefined && (a === b || sameBallot(a, b));
    };
    if (isQuorum(this.#members, agrees)) {
      this.#phase = "ended";
      this.#memory = memoryOf(this.#told.values());
      this.#incarnation = highestIncarnation(this.#told.values());
      this.#proposal = reply.accepted?.value;
      const ballot = reply.accepted?.ballot ?? this.ballot;
      return { send: [], end: { kind: "chosen", ...this.#result(), ballot } };
    }
    if (this.#told.size < votersOf(this.#members).length) return { send: [] };
    this.#phase = "prepare";
    return { send: this.begin() };
  }

  #promise(reply: Answer) {
    if (this.#phase !== "prepare") return { send: [] };
    this.#promised.set(reply.voterId, reply);
    if (!isQuorum(this.#members, (id) => this.#promised.has(id))) return { send: [] };
    let highest: Accepted | undefined;
    for (const { accepted } of this.#promised.values()) {
      if (accepted === undefined) continue;
      if (highest === undefined || compareBallots(accepted.ballot, highest.ballot) > 0)
        highest = accepted;
    }
    this.#memory = memoryOf(this.#promised.values());
    this.#incarnation = highestIncarnation(this.#promised.values());
    const isSuspected = (region: string): boolean =>
      isQuorum(this.#members, (id) => this.#promised.get(id)?.suspects.includes(region) ?? false);
    const value = highest?.value;
    const ballot = highest?.ballot;
    const wanted = this.#change({ value, ballot, isSuspected, memory: this.#memory });
    if (wanted === "drop" && this.#mayDrop) {
      this.#phase = "ended";
      return { send: [], end: { kind: "dropped" as const } };
    }
    const next = wanted === "drop" ? undefined : wanted;
    this.#changed = next !== undefined;
    this.#proposal = next ?? value;
    if (this.#proposal === undefined) {
      this.#phase = "ended";
      return { send: [], end: { kind: "chosen" as const, ...this.#result() } };
    }
    this.#phase = "accept";
    return {
      send: this.#toAll({
        ...this.#head(),
        type: "accept",
        ballot: this.ballot,
        value: this.#proposal,
      }),
    };
  }

  #accept(reply: Extract<VoterReply, { type: "accepted" }>) {
    if (this.#phase !== "accept") return { send: [] };
    this.#accepted.set(reply.voterId, reply);
    const has = (id: string): boolean => this.#accepted.has(id);
    const proposed = this.register === MEMBERS ? (this.#proposal as Members) : this.#members;
    if (!isQuorum(this.#members, has) || !isQuorum(proposed, has)) return { send: [] };
    this.#phase = "ended";
    return { send: [], end: { kind: "chosen" as const, ...this.#result() } };
  }

  #result() {
    const accepted = [...this.#accepted.values()];
    const leases = accepted.flatMap(({ leaseMs }) => leaseMs ?? []);
    const answers = [...this.#told.values(), ...this.#promised.values()];
    return {
      value: this.#proposal,
      ballot: this.ballot,
      changed: this.#changed,
      remainingMs: Math.max(0, ...accepted.map(({ remainingMs }) => remainingMs)),
      leaseMs: leases.length === 0 ? undefined : Math.min(...leases),
      longestLeaseMs: Math.max(0, ...answers.map(({ longestLeaseMs = 0 }) => longestLeaseMs)),
      memory: this.#memory,
      incarnation: this.#incarnation,
      acceptedBy: [...this.#accepted.keys()],
      membersVersion: this.#members.version,
    };
  }
}

const highestIncarnation = (answers: Iterable<Answer>): number =>
  Math.max(0, ...Array.from(answers, ({ incarnation = 0 }) => incarnation));

const memoryOf = (answers: Iterable<Answer>): Memory =>
  mergedMemory(Array.from(answers, ({ memory }) => memory));
