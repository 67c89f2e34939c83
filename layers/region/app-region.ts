/**
 * One app in one region: which role it has, and how it changes. *pure core*
 *
 *   boot --read the register--> following <---- learned that the epoch is over ----+
 *                                  |                                               |
 *        suspicion + in sync: take |  named by the holder (switchover), restart    |
 *                                  v                                               |
 *                               waiting ---- rule of waitBeforeBegin ----> holding-+
 *
 * Events come in as method calls with `now`; messages leave through `site.send`. The shell calls
 * `endTurn` after each batch of events.
 *
 * Invariants
 *  A1 a process writes only in an epoch that it began itself            (#begin, incarnation in record)
 *  A2 it acts only on records known to be chosen                        (learn, #observe)
 *  A3 it takes over by itself only when in sync and whole               (#isEligible)
 */
import type { Instant } from "../../base/clock.ts";
import { type Outcome, unknown } from "../../base/outcome.ts";
import { lineagesOf, Log, type LogEnd } from "../key-value/log.ts";
import type { TableDefinition } from "../key-value/table.ts";
import { type Ballot, sameBallot } from "../routing/ballot.ts";
import * as changes from "../routing/changes.ts";
import { decideWait, staggerMs } from "../routing/failover.ts";
import { isQuorum } from "../routing/members.ts";
import type { Accepted, RenewApp, VoterReply } from "../routing/messages.ts";
import type { CommandCode } from "../routing/port.ts";
import { type Cause, holds, type RoutingRecord } from "../routing/record.ts";
import { Registrar } from "../routing/registrar.ts";
import { isFurther } from "../routing/round.ts";
import { AppData } from "./app-data.ts";
import { Clock } from "./clock.ts";
import { Following } from "./following.ts";
import { Holding, type WriteRequest } from "./holding.ts";
import { maintainInSync } from "./in-sync-upkeep.ts";
import { judge } from "./judgement.ts";
import type { RegionBody, RegionMessage } from "./messages.ts";
import type { Site } from "./site.ts";
import { decideTransfer, type TransferStage } from "./transfer.ts";

export interface AppOptions extends changes.AppTerms {
  readonly tables: readonly TableDefinition[];
  readonly minInSync: number;
  /** How much acknowledged data a `local` app may lose in an automatic failover, in time. */
  readonly rpoMs: number;
  /** No automatic failover to a region that lost the app less than this ago. */
  readonly coolDownMs: number;
}

export type CommandAnswer = (
  end: Outcome<RoutingRecord, CommandCode> | { readonly kind: "elsewhere"; readonly region: string },
) => void;

interface Transfer {
  readonly to: string;
  readonly cause: Cause;
  readonly change: changes.Change;
  readonly waitMs: number;
  readonly answer: CommandAnswer;
  stage: TransferStage;
  since: number;
}

const PASSIVE_LINEAGE = "main";

export class AppRegion {
  readonly options: AppOptions;
  readonly data: AppData;
  readonly registrar: Registrar;
  /** Set by the shell: what the region's own journey says. */
  healthy = true;
  readonly #site: Site;
  readonly #logs = new Map<string, Log>();
  readonly #clock: Clock;
  readonly #following: Following;
  readonly #observed = new Map<string, Accepted>();
  readonly #incarnations = new Map<string, number>();
  readonly #beginWaits = new Map<number, number>();
  readonly #flushedEnds: { sequence: number; end: LogEnd }[] = [];
  #record: RoutingRecord | undefined;
  #ballot: Ballot | undefined;
  #holding: Holding | undefined;
  #isBooted = false;
  #beginAt: { epoch: number; at: number } | undefined;
  #taking: { tries: number; notBefore: number; active: boolean } = idleTaking();
  #suspected: readonly string[] = [];
  #lostAt = Number.NEGATIVE_INFINITY;
  #transfer: Transfer | undefined;
  #flushedEnd: LogEnd;
  #lineage: string;
  #readAt = Number.NEGATIVE_INFINITY;
  #slowAt = Number.NEGATIVE_INFINITY;
  #vectors = new Map<string, Readonly<Record<string, LogEnd>>>();

  constructor(site: Site, options: AppOptions, openedSequence: number) {
    this.#site = site;
    this.options = options;
    const merge = options.mode;
    this.data = new AppData(options.app, merge, options.tables, site.rules);
    if (this.data.state(site.engine).logId === "") {
      site.engine.transact((writer) => {
        this.data.setState(writer, { ...this.data.state(writer), logId: site.newId() });
      });
    }
    const { logId } = this.data.state(site.engine);
    this.#lineage = merge === "active-passive" ? PASSIVE_LINEAGE : `${site.self.region}-${logId}`;
    for (const lineage of lineagesOf(site.engine, options.app)) this.#logOf(lineage);
    let last = 0;
    for (const log of this.#logs.values()) {
      last = Math.max(last, log.entry(site.engine, log.end.position)?.clock ?? 0);
    }
    this.#clock = new Clock(last);
    this.#flushedEnd = this.log.end;
    const send = (region: string, body: RegionBody): void => this.#send(region, body);
    const logOf = (lineage: string): Log => this.#logOf(lineage);
    this.#following = new Following({
      site,
      data: this.data,
      clock: this.#clock,
      logOf,
      send,
      openedSequence,
    });
    this.registrar = new Registrar(options.app, {
      self: site.self,
      rng: site.rng,
      rules: site.routingRules,
      send: site.send,
      members: site.members,
      onMembers: site.onMembers,
    });
  }

  get record(): RoutingRecord | undefined {
    return this.#record;
  }
  get holding(): Holding | undefined {
    return this.#holding;
  }
  get log(): Log {
    return this.#logOf(this.#lineage);
  }
  get logs(): ReadonlyMap<string, Log> {
    return this.#logs;
  }
  get caughtUpAt(): number {
    return this.#following.caughtUpAt;
  }
  get isBooted(): boolean {
    return this.#isBooted;
  }

  #logOf(lineage: string): Log {
    let log = this.#logs.get(lineage);
    if (log === undefined) {
      log = new Log(this.#site.engine, this.options.app, lineage);
      this.#logs.set(lineage, log);
    }
    return log;
  }

  #send(region: string, body: RegionBody): void {
    const message = { ...body, app: this.options.app, from: this.#site.self } as RegionMessage;
    this.#site.send(`region/${region}`, message);
  }

  #change(by: string, reason: string, now: Instant): changes.Change {
    return { changeId: this.#site.newId(), at: now.wall, by, reason };
  }

  // --- what the register says ---------------------------------------------------------------

  /** The first read: nothing is served, and no lease asked for, before its answer. */
  boot(now: Instant): void {
    this.registrar.read((end, at) => {
      const told = end.memory[this.options.app];
      if (told !== undefined && isFurther(told, this.log.end)) this.#rolledBack(told);
      this.#isBooted = true;
      const record = end.value as RoutingRecord | undefined;
      if (record !== undefined) this.learn(record, end.ballot, at);
      else if (this.options.regions[0] === this.#site.self.region) this.#take("create", {}, at);
    }, now);
  }

  /** The voters remember a log that went further: this store is an old copy. */
  #rolledBack(told: LogEnd): void {
    this.#site.engine.transact((writer) => {
      const state = this.data.state(writer);
      const logId = this.#site.newId();
      this.data.setState(writer, { ...state, mustReach: told, logId });
      if (this.data.merge === "active-active") this.#lineage = `${this.#site.self.region}-${logId}`;
    });
  }

  /** A record that is known to be chosen. */
  learn(record: RoutingRecord, ballot: Ballot, now: Instant): void {
    if (this.#record !== undefined && record.version <= this.#record.version) return;
    this.#record = record;
    this.#ballot = ballot;
    this.#observed.clear();
    const holding = this.#holding;
    if (holding !== undefined) {
      const isNamed = holds(record, this.#site.self);
      if (!isNamed || (record.epoch > holding.epoch && record.phase === "serving")) {
        this.#stepDown(isNamed, now);
      } else {
        holding.gate = record.phase === "fenced" ? "closed" : holding.gate;
        holding.useRecord(record, now);
        holding.advance(now);
      }
    }
    if (this.#holding === undefined) this.#considerServing(now);
  }

  #stepDown(isNamed: boolean, now: Instant): void {
    const holding = this.#holding;
    this.#holding = undefined;
    if (!isNamed) {
      this.#lostAt = now.mono;
      this.#site.lease.release(this.options.app);
    }
    holding?.end();
    this.#endTransfer(unknown("the app moved meanwhile"));
  }

  #endTransfer(end: Parameters<CommandAnswer>[0]): void {
    const transfer = this.#transfer;
    this.#transfer = undefined;
    if (this.#holding !== undefined && this.#holding.gate === "draining") this.#holding.gate = "open";
    transfer?.answer(end);
  }

  #considerServing(now: Instant): void {
    const record = this.#record;
    const { self } = this.#site;
    if (record === undefined || !this.#isBooted || record.phase === "fenced") return;
    if (holds(record, self)) {
      if (this.#beginAt?.epoch === record.epoch) return;
      const wait = this.#beginWaits.get(record.epoch) ?? decideWait(record, this.#site.terms.leaseMs);
      this.#beginAt = { epoch: record.epoch, at: now.mono + wait };
      const carry = record.mode === "active-active";
      this.#site.lease.hold(this.options.app, record.epoch, carry);
      this.#tryBegin(now);
      return;
    }
    this.#beginAt = undefined;
    if (record.mode === "active-active") {
      if (record.regions.includes(self.region)) this.#join(now);
      return;
    }
    if (record.serving.some((holder) => holder.region === self.region)) {
      if (this.#site.rules.mustTakeNextEpochAfterRestart()) this.#take("restart", {}, now);
      else this.#begin({ ...record, serving: [self] }, now);
    }
  }

  /** A voter told what it has accepted; chosen when a quorum tells the same ballot. */
  observe(voterId: string, accepted: Accepted, now: Instant): void {
    const record = accepted.value as RoutingRecord;
    if (this.#record !== undefined && record.version <= this.#record.version) return;
    this.#observed.set(voterId, accepted);
    const same = (id: string): boolean =>
      sameBallot(this.#observed.get(id)?.ballot, accepted.ballot);
    if (isQuorum(this.#site.members(), same)) this.learn(record, accepted.ballot, now);
    else this.#readSoon(now);
  }

  #readSoon(now: Instant): void {
    if (this.registrar.busy || now.mono < this.#readAt) return;
    // Reading takes a ballot of its own, so too many readers keep a writer from getting through.
    const pause = this.#record === undefined ? 400 : 60;
    this.#readAt = now.mono + pause * (1 + this.#site.rng.next());
    this.registrar.read((end, at) => this.#learned(end.value, end.ballot, at), now);
  }

  #learned(value: unknown, ballot: Ballot, now: Instant): void {
    if (value !== undefined) this.learn(value as RoutingRecord, ballot, now);
  }

  // --- taking over ---------------------------------------------------------------------------

  /** Whether this region could serve without losing anything acknowledged. */
  isEligible(now: Instant): boolean {
    const record = this.#record;
    const state = this.data.state(this.#site.engine);
    if (record === undefined || !this.#isBooted || state.mustReach !== undefined) return false;
    if (!record.regions.includes(this.#site.self.region)) return false;
    if (state.repairUntil > this.log.end.position) return false;
    if (record.durability === "replicated") {
      return this.#site.rules.mayTakeOver(record.inSyncRegions.includes(this.#site.self.region));
    }
    return now.mono - this.#following.caughtUpAt <= this.options.rpoMs;
  }

  /** Serving regions that this region's own voter suspects. */
  suspect(regions: readonly string[], now: Instant): void {
    this.#suspected = regions;
    this.#considerTakeover(now);
  }

  #considerTakeover(now: Instant): void {
    const record = this.#record;
    if (record === undefined || record.phase === "fenced" || this.#taking.active) return;
    const gone = record.serving.find((holder) => this.#suspected.includes(holder.region));
    if (gone === undefined || gone.region === this.#site.self.region) {
      this.#taking = idleTaking();
      return;
    }
    if (record.mode === "active-active") {
      if (this.#holding !== undefined) this.#leave(gone.region, now);
      return;
    }
    const isCooling = now.mono - this.#lostAt < this.options.coolDownMs;
    if (record.policy !== "automatic" || !this.healthy || isCooling || !this.isEligible(now)) return;
    if (this.#taking.notBefore === 0) {
      this.#taking.notBefore = now.mono + staggerMs(record, this.#site.self.region);
    }
    if (now.mono >= this.#taking.notBefore) {
      this.#take("takeover", { replacing: gone.region }, now);
    }
  }

  #take(
    cause: Cause,
    options: {
      readonly replacing?: string;
      readonly forced?: boolean;
      readonly by?: string;
      readonly reason?: string;
      readonly answer?: CommandAnswer;
    },
    now: Instant,
  ): void {
    const { self } = this.#site;
    const reason = options.reason ?? reasonOf(cause, options.replacing);
    const change = this.#change(options.by ?? self.region, reason, now);
    const base = this.#record;
    const endWhenProposed = this.log.end.position;
    const forced = options.forced ?? false;
    let refusal = "the record changed meanwhile";
    this.#taking.active = true;
    this.registrar.propose(
      {
        change: ({ value, isSuspected }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined) {
            return cause === "create" ? changes.create(this.options, self, change) : undefined;
          }
          if (changes.contains(record, change.changeId) || record.version !== base?.version) return undefined;
          if (options.replacing !== undefined && !isSuspected(options.replacing)) return undefined;
          const taken = changes.takeOver(record, self, { forced, cause }, change);
          if (!taken.ok) refusal = taken.reason;
          return taken.ok ? taken.record : undefined;
        },
        done: (end, at) => {
          const tries = this.#taking.tries + 1;
          const pause = Math.min(1000, 10 * 2 ** tries) * this.#site.rng.next();
          this.#taking = { tries, notBefore: at.mono + pause, active: false };
          const record = end.value as RoutingRecord;
          const isMine = record.changeId === change.changeId;
          if (isMine) {
            const fencedByInSyncSet = record.durability === "replicated" && !forced;
            const wait = this.#site.routingRules.waitBeforeBeginMs(fencedByInSyncSet, end.remainingMs);
            this.#beginWaits.clear();
            this.#beginWaits.set(record.epoch, wait);
            this.#cutAtProposal = endWhenProposed;
          }
          this.learn(record, end.ballot, at);
          if (isMine) {
            this.#site.lease.grantedAt(this.options.app, record.epoch, end.acceptedBy, end.acceptSentAt);
            this.#push(record, end.ballot);
          }
          if (changes.contains(record, change.changeId)) options.answer?.({ kind: "ok", value: record });
          else options.answer?.({ kind: "failed", code: "not-allowed", reason: refusal });
        },
      },
      now,
    );
  }

  #cutAtProposal = 0;

  #push(record: RoutingRecord, ballot: Ballot): void {
    for (const region of record.regions) {
      if (region !== this.#site.self.region) this.#send(region, { type: "record", record, ballot });
    }
  }

  #tryBegin(now: Instant): void {
    const record = this.#record;
    if (this.#beginAt === undefined || record?.epoch !== this.#beginAt.epoch) return;
    if (now.mono < this.#beginAt.at || this.#holding !== undefined) return;
    if (this.data.state(this.#site.engine).begunEpoch >= record.epoch) return;
    this.#begin(record, now);
  }

  /** The fence is this one transaction: fence and begin, cut at the end of the log as it is now. */
  #begin(record: RoutingRecord, now: Instant): void {
    const { engine, rules, self } = this.#site;
    const log = this.log;
    engine.transact((writer) => {
      const state = this.data.state(writer);
      const fenceBelow = Math.max(state.fenceBelow, record.epoch);
      this.data.setState(writer, { ...state, fenceBelow, begunEpoch: record.epoch, repairUntil: 0 });
      const cut = rules.cutAt(log.end.position, this.#cutAtProposal);
      if (cut < log.end.position) log.cutAfter(writer, cut);
      log.append(writer, {
        position: log.end.position + 1,
        epoch: record.epoch,
        region: self.region,
        clock: this.#clock.next(now),
        changes: [],
        begin: { cut: log.end.position, lossless: record.durability === "replicated" && !record.forced },
      });
    });
    const send = (region: string, body: RegionBody): void => this.#send(region, body);
    this.#holding = new Holding({
      site: this.#site,
      data: this.data,
      clock: this.#clock,
      log,
      record,
      send,
      now,
    });
    this.#taking = idleTaking();
    this.onBegin?.(record.epoch);
  }

  /** For whoever watches: the moment of a begin. */
  onBegin: ((epoch: number) => void) | undefined;

  // --- active-active membership ----------------------------------------------------------------

  #join(now: Instant): void {
    this.#propose("join", (record, change) => changes.join(record, this.#site.self, change), now);
  }

  #leave(region: string, now: Instant): void {
    const gone = this.#record?.serving.find((holder) => holder.region === region);
    if (gone === undefined) return;
    this.#propose(
      `${region} does not answer`,
      (record, change, isSuspected) =>
        isSuspected(region)
          ? changes.leave(record, gone, change)
          : { ok: false, reason: "no majority suspects it" },
      now,
    );
  }

  /** Changes the record by itself, once; the outcome is only learned. */
  #propose(
    reason: string,
    next: (
      record: RoutingRecord,
      change: changes.Change,
      isSuspected: (region: string) => boolean,
    ) => changes.Changed,
    now: Instant,
  ): void {
    if (this.#taking.active || now.mono < this.#taking.notBefore) return;
    const change = this.#change(this.#site.self.region, reason, now);
    this.#taking.active = true;
    this.registrar.propose(
      {
        change: ({ value, isSuspected }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined || changes.contains(record, change.changeId)) return undefined;
          const changed = next(record, change, isSuspected);
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          const tries = this.#taking.tries + 1;
          const pause = Math.min(1000, 10 * 2 ** tries) * this.#site.rng.next();
          this.#taking = { tries, notBefore: at.mono + pause, active: false };
          this.#learned(end.value, end.ballot, at);
          const record = end.value as RoutingRecord | undefined;
          if (record?.changeId === change.changeId) {
            this.#taking = idleTaking();
            this.#site.lease.grantedAt(this.options.app, record.epoch, end.acceptedBy, end.acceptSentAt);
            this.#push(record, end.ballot);
          }
        },
      },
      now,
    );
  }

  // --- requests --------------------------------------------------------------------------------

  write(requests: readonly WriteRequest[], now: Instant): boolean {
    if (this.#holding === undefined) return false;
    this.#holding.write(requests, this.options.minInSync, now);
    this.#noteEnd();
    return true;
  }

  // --- messages --------------------------------------------------------------------------------

  voterReply(reply: VoterReply, now: Instant): void {
    this.registrar.step(reply, now);
  }

  message(message: RegionMessage, now: Instant): void {
    const { region, incarnation } = message.from;
    if (incarnation < (this.#incarnations.get(region) ?? 0)) return;
    this.#incarnations.set(region, incarnation);
    if (!this.#isBooted) return;
    switch (message.type) {
      case "append":
        this.#appendFrom(message, now);
        break;
      case "appended":
        this.#appendedBy(message, now);
        break;
      case "superseded":
        if (this.#holding !== undefined && message.epoch > this.#holding.epoch) this.#readSoon(now);
        break;
      case "record":
        this.learn(message.record, message.ballot, now);
        break;
      case "confirm":
        if (this.data.state(this.#site.engine).fenceBelow <= message.epoch) {
          this.#send(region, { type: "confirmed", epoch: message.epoch, id: message.id });
        }
        break;
      case "confirmed":
        this.#holding?.confirms.confirmed(region, message.epoch, message.id);
        break;
      case "repair":
        this.#repair(message);
        break;
      case "repaired":
        if (this.#holding === undefined) this.#following.repaired(message, this.log);
        break;
      case "stranded":
        this.#judge(message, now);
        break;
      case "judged":
        this.#site.engine.transact((writer) => {
          for (const key of message.keys) writer.remove(key);
        });
        break;
      case "vector":
        this.#relay(message);
        break;
      default:
        break;
    }
    this.#noteEnd();
  }

  #appendFrom(message: Extract<RegionMessage, { type: "append" }>, now: Instant): void {
    if (this.data.merge === "active-passive" && this.#holding !== undefined) {
      if (message.epoch <= this.#holding.epoch) {
        if (message.epoch < this.#holding.epoch) {
          this.#send(message.from.region, { type: "superseded", epoch: this.#holding.epoch });
        }
        return;
      }
      this.#stepDown(false, now);
      this.#readSoon(now);
    }
    this.#following.append(message, now);
  }

  #appendedBy(message: Extract<RegionMessage, { type: "appended" }>, now: Instant): void {
    const holding = this.#holding;
    if (holding === undefined || message.lineage !== holding.log.lineage) return;
    if (!this.#site.rules.countsAcknowledgement(message.epoch, holding.epoch)) return;
    const { region } = message.from;
    const peer = holding.shipping.peers.get(region);
    if (message.status === "mismatch" && peer !== undefined && message.end.position < peer.match) {
      holding.shipping.forget(region, message.end.position);
    }
    if (holding.shipping.appended(message, now)) holding.advance(now);
  }

  #repair(message: Extract<RegionMessage, { type: "repair" }>): void {
    const holding = this.#holding;
    if (holding === undefined || holding.epoch !== message.epoch) return;
    const { engine } = this.#site;
    const items = message.keys.map(({ table, key }) => {
      const stored = this.data.get(engine, table, key);
      return stored === undefined ? { table, key } : { table, key, stored };
    });
    const start = holding.log.starts.find((s) => s.position === message.common + 1);
    this.#send(message.from.region, {
      type: "repaired",
      epoch: message.epoch,
      common: message.common,
      items,
      until: holding.log.end.position,
      lossless: start?.lossless ?? false,
    });
  }

  #judge(message: Extract<RegionMessage, { type: "stranded" }>, now: Instant): void {
    const holding = this.#holding;
    if (holding === undefined || this.data.merge === "active-active") return;
    let position = 0;
    for (const stranded of message.entries) {
      const judgement = judge(this.#site.engine, this.data, stranded);
      if (judgement !== undefined) position = holding.writeChanges(judgement.changes, now);
    }
    const keys = message.entries.map((stranded) => this.data.strandedKey(stranded));
    const { region } = message.from;
    holding.read(position, now, (end) => {
      if (end === "committed") this.#send(region, { type: "judged", keys });
    });
  }

  /** Anti-entropy: what a region lacks of others' logs and does not get from them. */
  #relay(message: Extract<RegionMessage, { type: "vector" }>): void {
    const before = this.#vectors.get(message.from.region);
    this.#vectors.set(message.from.region, message.ends);
    for (const [lineage, log] of this.#logs) {
      const theirs = message.ends[lineage]?.position ?? 0;
      const stalled = theirs === (before?.[lineage]?.position ?? 0);
      if (lineage === this.#lineage || log.end.position <= theirs || !stalled) continue;
      const previous = { epoch: log.epochAt(theirs), position: theirs };
      const entries = log.entries(this.#site.engine, theirs + 1, 256);
      const epoch = entries.at(-1)?.epoch ?? 0;
      this.#send(message.from.region, { type: "append", lineage, epoch, previous, entries, end: log.end });
    }
  }

  // --- time ------------------------------------------------------------------------------------

  flushed(sequence: number, now: Instant): void {
    while ((this.#flushedEnds[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      this.#flushedEnd = this.#flushedEnds.shift()?.end ?? this.#flushedEnd;
    }
    this.#holding?.flushed(sequence, now);
    this.#following.flushed(sequence);
  }

  #noteEnd(): void {
    const { sequence } = this.#site.engine;
    if (this.#flushedEnds.at(-1)?.sequence === sequence) return;
    this.#flushedEnds.push({ sequence, end: this.log.end });
  }

  /** What this region's renewals say of the app. */
  renewal(now: Instant): RenewApp {
    const record = this.#record;
    const serves = record?.phase === "serving" && holds(record, this.#site.self);
    return {
      app: this.options.app,
      epoch: serves ? record.epoch : 0,
      version: record?.version ?? 0,
      end: this.#flushedEnd,
      healthy: this.healthy,
      eligible: this.#holding === undefined && this.isEligible(now),
    };
  }

  endTurn(now: Instant): void {
    this.#noteEnd();
    this.#holding?.ship(now);
    this.#holding?.confirms.start(this.#holding.inSync.required);
  }

  tick(now: Instant): void {
    this.registrar.tick(now);
    if (!this.#isBooted) return;
    if (this.#record === undefined) this.#readSoon(now);
    this.#tryBegin(now);
    if (this.#holding === undefined) this.#considerAgain(now);
    this.#considerTakeover(now);
    const holding = this.#holding;
    if (holding !== undefined && this.#record !== undefined) {
      holding.tick(now);
      // One holder keeps the set; where there are several, the first.
      const isFirst = this.#record.serving[0]?.region === this.#site.self.region;
      if (this.#record.durability === "replicated" && isFirst) {
        maintainInSync({
          holding,
          record: this.#record,
          site: this.#site,
          registrar: this.registrar,
          change: (reason) => this.#change(this.#site.self.region, reason, now),
          suspected: this.#suspected,
          wanted: this.#transfer?.to,
          learn: (record, ballot, at) => this.learn(record, ballot, at),
          now,
        });
      }
      this.#advanceTransfer(now);
    }
    if (now.mono - this.#slowAt >= 200) {
      this.#slowAt = now.mono;
      this.#slowTick(now);
    }
    this.endTurn(now);
  }

  #considerAgain(now: Instant): void {
    const record = this.#record;
    if (record === undefined || holds(record, this.#site.self)) return;
    if (!this.#taking.active && now.mono >= this.#taking.notBefore) this.#considerServing(now);
  }

  #slowTick(now: Instant): void {
    const record = this.#record;
    if (record === undefined) return;
    if (this.data.merge === "active-active") {
      const ends = Object.fromEntries([...this.#logs].map(([lineage, log]) => [lineage, log.end]));
      for (const region of record.regions) {
        if (region !== this.#site.self.region) this.#send(region, { type: "vector", ends });
      }
      return;
    }
    const stranded = this.data.stranded(this.#site.engine, 64);
    if (stranded.length === 0) return;
    const holder = record.serving[0]?.region;
    if (holder !== undefined) this.#send(holder, { type: "stranded", entries: stranded });
  }

  // --- commands --------------------------------------------------------------------------------

  fence(by: string, reason: string, answer: CommandAnswer, now: Instant): void {
    this.#command(by, reason, changes.fence, answer, now);
  }

  unfence(by: string, reason: string, answer: CommandAnswer, now: Instant): void {
    this.#command(by, reason, changes.unfence, answer, now);
  }

  #command(
    by: string,
    reason: string,
    next: (record: RoutingRecord, change: changes.Change) => changes.Changed,
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const change = this.#change(by, reason, now);
    let refusal = "";
    this.registrar.propose(
      {
        change: ({ value }) => {
          if (value === undefined || changes.contains(value as RoutingRecord, change.changeId)) return undefined;
          const changed = next(value as RoutingRecord, change);
          refusal = changed.ok ? "" : changed.reason;
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          this.#learned(end.value, end.ballot, at);
          const record = end.value as RoutingRecord | undefined;
          if (record === undefined || !changes.contains(record, change.changeId)) {
            answer({ kind: "failed", code: "not-allowed", reason: refusal });
            return;
          }
          this.#push(record, end.ballot);
          // A fence holds for certain when every grant has run out.
          const wait = record.phase === "fenced" ? end.remainingMs : 0;
          this.#later.push({ at: at.mono + wait, act: () => answer({ kind: "ok", value: record }) });
        },
      },
      now,
    );
  }

  readonly #later: { at: number; act: () => void }[] = [];

  /** Answers of commands that had to wait. */
  runDue(now: Instant): void {
    for (const due of this.#later.filter((later) => later.at <= now.mono)) {
      this.#later.splice(this.#later.indexOf(due), 1);
      due.act();
    }
  }

  failover(
    options: { readonly by: string; readonly reason: string; readonly acceptDataLoss: boolean },
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const eligible = this.isEligible(now);
    if (!eligible && !options.acceptDataLoss) {
      const reason = `${this.#site.self.region} may lack acknowledged writes`;
      answer({ kind: "failed", code: "would-lose-data", reason });
      return;
    }
    const { by, reason } = options;
    this.#take("failover", { forced: !eligible, by, reason, answer }, now);
  }

  switchover(
    to: string,
    options: { readonly by: string; readonly reason: string; readonly cause: Cause; readonly waitMs: number },
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const holding = this.#holding;
    if (holding === undefined) {
      const region = this.#record?.serving[0]?.region;
      if (region !== undefined && region !== this.#site.self.region) answer({ kind: "elsewhere", region });
      else answer({ kind: "failed", code: "not-serving", reason: "no region serves it now" });
      return;
    }
    if (this.#transfer !== undefined || !holding.shipping.peers.has(to)) {
      const reason = this.#transfer ? "a switchover is under way" : `${to} is no other region of it`;
      answer({ kind: "failed", code: "not-allowed", reason });
      return;
    }
    const change = this.#change(options.by, options.reason, now);
    const { cause, waitMs } = options;
    this.#transfer = { to, cause, change, waitMs, answer, stage: "catching-up", since: now.mono };
    this.#advanceTransfer(now);
  }

  #advanceTransfer(now: Instant): void {
    const [transfer, holding, record] = [this.#transfer, this.#holding, this.#record];
    const peer = transfer && holding?.shipping.peers.get(transfer.to);
    if (!transfer || !holding || !record || !peer) return;
    const next = decideTransfer(transfer.stage, now.mono - transfer.since, transfer.waitMs, {
      targetMatch: peer.match,
      targetInSync: record.durability === "local" || holding.inSync.known.includes(transfer.to),
      targetHeardMsAgo: now.mono - peer.heardAt,
      end: holding.log.end.position,
      ownFlushed: holding.ownFlushed,
      waitingWrites: holding.waitingWrites,
    });
    if (next === transfer.stage) return;
    if (next === "abandon") {
      const code: CommandCode = "no-candidate";
      this.#endTransfer({ kind: "failed", code, reason: `${transfer.to} did not catch up in time` });
      return;
    }
    transfer.stage = next;
    transfer.since = now.mono;
    holding.gate = "draining";
    if (next === "proposing") this.#proposeTransfer(transfer, now);
    else this.#advanceTransfer(now);
  }

  #proposeTransfer(transfer: Transfer, now: Instant): void {
    const incarnation = this.#incarnations.get(transfer.to) ?? 0;
    const { self } = this.#site;
    const to = { region: transfer.to, incarnation };
    this.registrar.propose(
      {
        change: ({ value }) => {
          const record = value as RoutingRecord;
          if (changes.contains(record, transfer.change.changeId)) return undefined;
          const changed = changes.switchOver(record, self, to, transfer.cause, transfer.change);
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          const record = end.value as RoutingRecord;
          if (!changes.contains(record, transfer.change.changeId)) {
            this.#reopen(at);
            this.#learned(record, end.ballot, at);
            return;
          }
          if (this.#transfer === transfer) this.#transfer = undefined;
          this.#site.lease.surrender(this.options.app, record.epoch - 1);
          this.#push(record, end.ballot);
          this.learn(record, end.ballot, at);
          transfer.answer({ kind: "ok", value: record });
        },
      },
      now,
    );
  }

  /** The switchover is known not to have happened: go on in the next epoch. */
  #reopen(now: Instant): void {
    this.#propose(
      "the switchover did not happen",
      (record, change) => changes.reopen(record, this.#site.self, change),
      now,
    );
    this.#endTransfer({ kind: "failed", code: "not-allowed", reason: "the record changed meanwhile" });
    if (this.#holding !== undefined) this.#holding.gate = "draining";
  }

  /** Whether the register's value, as last known, is this one (for tests and shells). */
  get ballot(): Ballot | undefined {
    return this.#ballot;
  }
}

const idleTaking = () => ({ tries: 0, notBefore: 0, active: false });

const reasonOf = (cause: Cause, replacing: string | undefined): string =>
  replacing === undefined ? cause : `${replacing} does not answer`;
