/**
 * One voter: the registers, the leases it grants, and what it thinks of each region. *pure core*
 *
 * A step takes one event and gives what must be on disk (`persist`) before anything is sent
 * (`send`). The shell keeps that order; a voter whose disk does not take the write stays silent.
 *
 *   directory empty -> recovering --(its new id is in the member list)--> voting
 *   directory there -> starting ----(a quorum remembers nothing newer)--> voting
 *                         \--(somebody remembers a higher incarnation: rolled back)--> recovering
 *
 * Invariants
 *  V1 promises and accepted values survive a restart           (persist before send)
 *  V2 a voter that lost or rolled back its disk does not vote  (#status)
 *  V3 while a grant to one region runs, an accept for another says for how long (grants.ts)
 *  V4 a grant names exactly what the accepted record names     (rules.mayRenew)
 *  V5 nobody's round or lease counts that uses an older member list than this voter knows
 */
import type { Instant } from "../../base/clock.ts";
import { later } from "../../base/clock.ts";
import { Grants } from "./grants.ts";
import { isQuorum, MEMBERS, type Members, votersOf } from "./members.ts";
import type {
  Accepted,
  GrantAnswer,
  Memory,
  RegisterValue,
  VoterReply,
  VoterRequest,
} from "./messages.ts";
import type { Holder, RoutingRecord } from "./record.ts";
import { accept, EMPTY_REGISTER, promise, type Register } from "./register.ts";
import type { LeaseTerms, RoutingRules } from "./rules.ts";
import { Sightings } from "./sightings.ts";
import { type VoterDisk, type VoterIdentity, withActed, withoutLonger } from "./voter-disk.ts";

/** A serving region that its voter would let go: silent, or up and ill. */
export interface Suspicion {
  readonly region: string;
  readonly isSilent: boolean;
}

/** By app. */
export type Suspicions = ReadonlyMap<string, readonly Suspicion[]>;

export type VoterStatus = "starting" | "voting" | "recovering";

export interface VoterEffects {
  /** Set when the disk must hold `voter.disk()` before `send` leaves. */
  persist: boolean;
  readonly send: { readonly to: string; readonly message: VoterReply | VoterRequest }[];
}

export class Voter {
  readonly site: string;
  readonly #terms: LeaseTerms;
  readonly #rules: RoutingRules;
  #identity: VoterIdentity;
  #registers: Record<string, Register>;
  #status: VoterStatus;
  readonly #grants: Grants;
  readonly #sightings: Sightings;
  readonly #bootedAt: number;
  readonly #heardFrom = new Set<string>();

  /** `disk.identity` must already carry this start's incarnation, on disk. */
  constructor(site: string, disk: VoterDisk, terms: LeaseTerms, rules: RoutingRules, now: Instant) {
    this.site = site;
    this.#terms = terms;
    this.#rules = rules;
    this.#identity = disk.identity;
    this.#registers = { ...disk.registers };
    const longest = Math.max(disk.identity.longestLeaseMs, terms.leaseMs);
    this.#identity = { ...disk.identity, longestLeaseMs: longest };
    this.#grants = Grants.bootedAt(now.mono, longest);
    this.#sightings = new Sightings(now.mono);
    this.#bootedAt = now.mono;
    this.#status = disk.identity.member ? "starting" : "recovering";
    this.#heardFrom.add(disk.identity.voterId);
    this.#settle();
  }

  get status(): VoterStatus {
    return this.#status;
  }
  get voterId(): string {
    return this.#identity.voterId;
  }
  get members(): Members | undefined {
    const accepted = this.#registers[MEMBERS]?.accepted?.value as Members | undefined;
    const { learned } = this.#identity;
    return (learned?.version ?? 0) > (accepted?.version ?? 0) ? learned : accepted;
  }
  get disk(): VoterDisk {
    return { identity: this.#identity, registers: this.#registers };
  }
  accepted(register: string): Accepted | undefined {
    return this.#registers[register]?.accepted;
  }

  /** Asks the others what they remember, until a quorum has answered. */
  hello(): VoterEffects {
    const effects: VoterEffects = { persist: false, send: [] };
    if (this.#status === "voting") return effects;
    const { voterId, incarnation, start } = this.#identity;
    for (const other of this.members === undefined ? [] : votersOf(this.members)) {
      if (other.voterId === voterId) continue;
      const message = { type: "hello", site: this.site, voterId, incarnation, start } as const;
      effects.send.push({ to: `voter/${other.site}`, message });
    }
    return effects;
  }

  /** The transport says that a region's process is gone: a hint, never a proof. */
  connectionRefused(region: string): void {
    this.#sightings.refused(region);
  }

  /** The parent that reaped the process says so: that incarnation will never act again. */
  died(holder: Holder): void {
    this.#sightings.died(holder);
    this.#grants.dropEverywhere(holder);
  }

  step(from: string, message: VoterRequest | VoterReply, now: Instant): VoterEffects {
    const effects: VoterEffects = { persist: false, send: [] };
    const answer = (reply: VoterReply | undefined): void => {
      if (reply !== undefined) effects.send.push({ to: from, message: reply });
    };
    switch (message.type) {
      case "query":
      case "prepare":
      case "accept":
        this.#sightings.heard(message.from, now.mono);
        if (message.isBoot !== true) this.#acts(message.from, now, effects);
        answer(this.#vote(message, now, effects));
        break;
      case "renew":
        this.#sightings.renewed(message, now.mono);
        this.#acts(message.from, now, effects);
        answer(this.#renew(message, now));
        break;
      case "probe":
        this.#sightings.heard(message.from, now.mono);
        break;
      case "surrender":
        this.#grants.drop(message.app, message.from);
        break;
      case "hello":
        answer(this.#remember(message, effects));
        break;
      case "remembered":
        this.#compareMemory(message, effects);
        break;
      case "learn-members":
        this.#learnMembers(message.members, effects);
        break;
      default:
        break;
    }
    return effects;
  }

  /** On disk before this start gets its first answer: no later one may go by the same number. */
  #acts({ region, incarnation }: Holder, now: Instant, effects: VoterEffects): void {
    const acted = withActed(this.#identity, region, incarnation);
    const regions = this.#sightings.toKeep(acted.regions, now.mono);
    const next = regions === undefined ? acted : { ...acted, regions };
    if (next === this.#identity) return;
    this.#identity = next;
    effects.persist = true;
  }

  #me(): { site: string; voterId: string } {
    return { site: this.site, voterId: this.#identity.voterId };
  }

  #vote(
    message: Extract<VoterRequest, { type: "query" | "prepare" | "accept" }>,
    now: Instant,
    effects: VoterEffects,
  ): VoterReply {
    const head = { ...this.#me(), register: message.register, round: message.round };
    const members = this.members;
    if (this.#status !== "voting" && !this.#isTakenIn(message)) {
      return { ...head, type: "recovering" };
    }
    if (members !== undefined && message.membersVersion < members.version) {
      return { ...head, type: "stale-members", members };
    }
    const register = this.#registers[message.register] ?? EMPTY_REGISTER;
    if (message.type === "query") return this.#tell("told", message, register, now);
    const next =
      message.type === "prepare"
        ? promise(register, message.ballot, this.#rules)
        : accept(register, message.ballot, message.value, this.#rules);
    if (next === undefined) {
      return { ...head, type: "refused", promised: register.promised ?? message.ballot };
    }
    this.#identity = withoutLonger(this.#identity, this.#terms, now.mono - this.#bootedAt);
    this.#registers = { ...this.#registers, [message.register]: next };
    this.#identity = {
      ...this.#identity,
      regions: this.#sightings.memories(this.#identity.regions),
    };
    effects.persist = true;
    if (message.type === "accept") {
      const remainingMs = this.#remaining(message.register, message.value, now);
      this.#grantWithAccept(message.register, message.value, now);
      return { ...head, type: "accepted", remainingMs, leaseMs: this.#terms.leaseMs };
    }
    return this.#tell("promised", message, next, now);
  }

  /**
   * A new voter may accept the list that names it: it has promised nothing yet, and whoever counts
   * its vote also counts a majority of those before it.
   */
  #isTakenIn(message: VoterRequest): boolean {
    if (message.type !== "accept" || message.register !== MEMBERS) return false;
    if (this.#status !== "recovering" || this.#identity.member) return false;
    if (!this.#isNamedIn(message.value as Members)) return false;
    this.#identity = { ...this.#identity, member: true };
    this.#status = "voting";
    return true;
  }

  #isNamedIn(members: Members): boolean {
    return votersOf(members).some((voter) => voter.voterId === this.#identity.voterId);
  }

  #tell(
    type: "told" | "promised",
    message: Extract<VoterRequest, { type: "query" | "prepare" }>,
    { accepted }: Register,
    now: Instant,
  ): VoterReply {
    const isApp = message.register !== MEMBERS;
    const record = isApp ? (accepted?.value as RoutingRecord | undefined) : undefined;
    return {
      ...this.#me(),
      type,
      register: message.register,
      round: message.round,
      ...(accepted === undefined ? {} : { accepted }),
      suspects: this.#suspectedOf(record, now),
      memory: this.#memoryOf(message.from.region),
      longestLeaseMs: this.#identity.longestLeaseMs,
      incarnation: this.#identity.incarnations?.[message.from.region] ?? 0,
    };
  }

  #memoryOf(region: string): Memory {
    return this.#sightings.memories(this.#identity.regions)[region] ?? {};
  }

  #remaining(register: string, value: RegisterValue, now: Instant): number {
    if (register === MEMBERS) return 0;
    const named = (value as RoutingRecord).serving.map((holder) => holder.region);
    const fenced = (value as RoutingRecord).phase === "fenced";
    return this.#grants.remainingMs(register, fenced ? [] : named, now.mono);
  }

  #grantWithAccept(register: string, value: RegisterValue, now: Instant): void {
    if (register === MEMBERS) return;
    const record = value as RoutingRecord;
    if (record.phase !== "serving") return;
    for (const holder of record.serving) {
      this.#grants.grant(register, holder, later(now.mono, this.#terms.leaseMs));
    }
  }

  #renew(message: Extract<VoterRequest, { type: "renew" }>, now: Instant): VoterReply {
    const apps: Record<string, GrantAnswer> = {};
    const clockOk = Math.abs(message.wall - now.wall) <= this.#terms.clockBoundMs;
    const members = this.members;
    const isCurrent = this.#rules.mayUseMembers(message.membersVersion, members?.version ?? 0);
    for (const app of message.apps) {
      const accepted = this.#registers[app.app]?.accepted;
      const record = accepted?.value as RoutingRecord | undefined;
      const ill =
        record !== undefined &&
        this.#sightings.isIll(record, message.from.region, now.mono, this.#terms);
      const granted =
        this.#status === "voting" &&
        isCurrent &&
        clockOk &&
        record !== undefined &&
        !ill &&
        this.#rules.mayRenew(record, message.from, app.epoch);
      if (granted) {
        this.#grants.grant(app.app, message.from, later(now.mono, this.#terms.leaseMs));
      }
      const version = record?.version ?? 0;
      const suspects = this.#suspectedOf(record, now);
      apps[app.app] = {
        granted,
        ...(accepted !== undefined && version > app.version ? { accepted } : {}),
        ...(version < app.version ? { isBehind: true as const } : {}),
        ...(suspects.length > 0 ? { suspects } : {}),
      };
    }
    const newer = members !== undefined && members.version > message.membersVersion;
    return {
      ...this.#me(),
      type: "renewed",
      nonce: message.nonce,
      leaseMs: this.#terms.leaseMs,
      apps,
      recovering: this.#status === "recovering",
      ...(newer ? { members } : {}),
    };
  }

  #suspectedOf(record: RoutingRecord | undefined, now: Instant): readonly string[] {
    if (record === undefined) return [];
    const suspected: string[] = [];
    for (const holder of record.serving) {
      const isSilent = this.#sightings.isSilent(holder, now.mono, this.#terms);
      if (isSilent || this.#sightings.isIll(record, holder.region, now.mono, this.#terms)) {
        suspected.push(holder.region);
      }
    }
    return suspected;
  }

  /** Serving regions that this voter suspects, by app: the hint that lets a takeover begin. */
  suspicions(now: Instant): Suspicions {
    const found = new Map<string, readonly Suspicion[]>();
    for (const [app, register] of Object.entries(this.#registers)) {
      if (app === MEMBERS) continue;
      const record = register.accepted?.value as RoutingRecord | undefined;
      const suspected = this.#suspectedOf(record, now).map((region) => {
        const holder = record?.serving.find((one) => one.region === region);
        const isSilent =
          holder !== undefined && this.#sightings.isSilent(holder, now.mono, this.#terms);
        return { region, isSilent };
      });
      if (suspected.length > 0) found.set(app, suspected);
    }
    return found;
  }

  #remember(message: Extract<VoterRequest, { type: "hello" }>, effects: VoterEffects): VoterReply {
    const before = this.#identity.voters[message.voterId] ?? { incarnation: 0, start: "" };
    if (message.incarnation > before.incarnation) {
      const { incarnation, start } = message;
      const voters = { ...this.#identity.voters, [message.voterId]: { incarnation, start } };
      this.#identity = { ...this.#identity, voters };
      effects.persist = true;
    }
    const members = this.members;
    return {
      ...this.#me(),
      type: "remembered",
      toVoterId: message.voterId,
      toStart: message.start,
      incarnation: before.start === message.start ? 0 : before.incarnation,
      ...(members === undefined ? {} : { members }),
    };
  }

  #compareMemory(
    message: Extract<VoterReply, { type: "remembered" }>,
    effects: VoterEffects,
  ): void {
    const { voterId, start } = this.#identity;
    if (message.toVoterId !== voterId || message.toStart !== start) return;
    if (message.members !== undefined) this.#learnMembers(message.members, effects);
    // Another start had this incarnation or a higher one: this disk is an old copy.
    if (message.incarnation >= this.#identity.incarnation) this.#status = "recovering";
    this.#heardFrom.add(message.voterId);
    this.#settle();
  }

  #learnMembers(members: Members, effects: VoterEffects): void {
    const known = this.members;
    if (known !== undefined && known.version >= members.version) return;
    if (this.#status === "voting") return; // a voting member learns by accepting
    // Apart from the register: what was only told must not look like a vote.
    this.#identity = { ...this.#identity, learned: members };
    const isNew = this.#status === "recovering" && !this.#identity.member;
    if (isNew && this.#isNamedIn(members)) {
      this.#identity = { ...this.#identity, member: true };
      this.#status = "voting";
    }
    effects.persist = true;
  }

  #settle(): void {
    if (this.#status !== "starting") return;
    const members = this.members;
    if (members !== undefined && isQuorum(members, (id) => this.#heardFrom.has(id))) {
      this.#status = "voting";
    }
  }
}
