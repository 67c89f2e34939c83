/**
 * One app in one region: which role it has, and how that changes. *pure core*
 *
 *   boot --read the register--> following <---- learned that the epoch is over ----+
 *                                  |                                               |
 *                     taking.ts    |  named by the holder (switchover)             |
 *                                  v                                               |
 *                               waiting ---- decided wait is over ----> holding ---+
 *
 * Events come in as method calls with `now`; messages leave through `site.send`. The shell calls
 * `endTurn` after each batch of events, and `tick` every ten milliseconds.
 *
 * Invariants
 *  A1 a process writes only in an epoch that it began itself    (#begin; incarnation in the record)
 *  A2 it acts only on records that are known to be chosen       (learn, observe)
 *  A3 the fence is the one transaction that begins              (#begin)
 */
import type { Instant } from "../../base/clock.ts";
import { lineagesOf, Log, type LogEnd } from "../key-value/log.ts";
import { type Ballot, sameBallot } from "../routing/ballot.ts";
import type { Change } from "../routing/changes.ts";
import { decideWait } from "../routing/failover.ts";
import { isQuorum } from "../routing/members.ts";
import type { Accepted, RenewApp } from "../routing/messages.ts";
import { holds, type RoutingRecord } from "../routing/record.ts";
import { type IntentEnd, Registrar } from "../routing/registrar.ts";
import { isFurther } from "../routing/round.ts";
import { AppData } from "./app-data.ts";
import type { AppOptions, AppParts } from "./app-parts.ts";
import { Clock } from "./clock.ts";
import { Commands } from "./commands.ts";
import { Following } from "./following.ts";
import { Holding, type WriteRequest } from "./holding.ts";
import { maintainInSync } from "./in-sync-upkeep.ts";
import { LateWrites } from "./late-writes.ts";
import type { RegionBody, RegionMessage } from "./messages.ts";
import { pageFor, Rebuilding } from "./rebuilding.ts";
import type { Site } from "./site.ts";
import { Taking } from "./taking.ts";

export type { AppOptions, CommandAnswer } from "./app-parts.ts";

const PASSIVE_LINEAGE = "main";
const SLOW_TICK_MS = 200;

export class AppRegion implements AppParts {
  readonly site: Site;
  readonly options: AppOptions;
  readonly data: AppData;
  readonly registrar: Registrar;
  readonly taking: Taking;
  readonly commands: Commands;
  healthy = true;
  lostAt = Number.NEGATIVE_INFINITY;
  /** For whoever watches: the moment of a begin. */
  onBegin: ((epoch: number) => void) | undefined;
  readonly #logs = new Map<string, Log>();
  readonly #clock: Clock;
  readonly #following: Following;
  readonly #late: LateWrites;
  readonly #rebuilding: Rebuilding;
  readonly #observed = new Map<string, Accepted>();
  readonly #incarnations = new Map<string, number>();
  readonly #flushedEnds: { sequence: number; end: LogEnd }[] = [];
  #record: RoutingRecord | undefined;
  #holding: Holding | undefined;
  #suspected: readonly string[] = [];
  #isBooted = false;
  #won: { epoch: number; waitMs: number; endWhenProposed: number } | undefined;
  #beginAt: { epoch: number; at: number } | undefined;
  #flushedEnd: LogEnd;
  #lineage: string;
  #readAt = Number.NEGATIVE_INFINITY;
  #slowAt = Number.NEGATIVE_INFINITY;

  /** `openedSequence`: transactions through here were on disk when the process started. */
  constructor(site: Site, options: AppOptions, openedSequence: number) {
    this.site = site;
    this.options = options;
    this.data = new AppData(options.app, options.mode, options.tables, site.rules);
    this.#lineage = this.#nameLineage();
    for (const lineage of lineagesOf(site.engine, options.app)) this.#logOf(lineage);
    this.#clock = new Clock(this.#lastClock());
    this.#flushedEnd = this.log.end;
    this.#following = new Following({
      site,
      data: this.data,
      clock: this.#clock,
      logOf: (lineage) => this.#logOf(lineage),
      send: (region, body) => this.send(region, body),
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
    this.taking = new Taking(this);
    this.commands = new Commands(
      this,
      this.taking,
      (region) => this.#incarnations.get(region) ?? 0,
    );
    this.#late = new LateWrites(this);
    this.#rebuilding = new Rebuilding(site, this.data, (region, body) => this.send(region, body));
  }

  #nameLineage(): string {
    const { engine, self, newId } = this.site;
    if (this.data.state(engine).logId === "") {
      engine.transact((writer) => {
        this.data.setState(writer, { ...this.data.state(writer), logId: newId() });
      });
    }
    const isPassive = this.options.mode === "active-passive";
    return isPassive ? PASSIVE_LINEAGE : `${self.region}-${this.data.state(engine).logId}`;
  }

  #lastClock(): number {
    let last = 0;
    for (const log of this.#logs.values()) {
      last = Math.max(last, log.entry(this.site.engine, log.end.position)?.clock ?? 0);
    }
    return last;
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
  get suspected(): readonly string[] {
    return this.#suspected;
  }
  get clockNow(): number {
    return this.#clock.last;
  }
  get everywhere(): number {
    return this.#holding?.shipping.everywhere ?? this.#following.everywhere;
  }
  get settled(): number {
    return this.#holding?.settled ?? this.#following.settled;
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
      log = new Log(this.site.engine, this.options.app, lineage);
      this.#logs.set(lineage, log);
    }
    return log;
  }

  send(region: string, body: RegionBody): void {
    const message = { ...body, app: this.options.app, from: this.site.self } as RegionMessage;
    this.site.send(`region/${region}`, message);
  }

  change(by: string, reason: string, now: Instant): Change {
    return { changeId: this.site.newId(), at: now.wall, by, reason };
  }

  // --- what the register says

  /** The first read: nothing is served, and no lease asked for, before its answer. */
  boot(now: Instant): void {
    this.registrar.read((end, at) => {
      const told = end.memory[this.options.app];
      if (told !== undefined && isFurther(told, this.log.end)) this.#rolledBack(told);
      this.#isBooted = true;
      if (end.value !== undefined) this.#learned(end, at);
      else if (this.options.regions[0] === this.site.self.region) {
        this.taking.take({ cause: "create" }, at);
      }
    }, now);
  }

  /** The voters remember a log that went further: this store is an old copy. */
  #rolledBack(told: LogEnd): void {
    this.site.engine.transact((writer) => {
      const logId = this.site.newId();
      this.data.setState(writer, { ...this.data.state(writer), mustReach: told, logId });
    });
    this.#lineage = this.#nameLineage();
  }

  learn(record: RoutingRecord, ballot: Ballot, now: Instant): void {
    this.registrar.saw(ballot);
    if (this.#record !== undefined && record.version <= this.#record.version) return;
    this.#record = record;
    this.#observed.clear();
    const holding = this.#holding;
    if (holding !== undefined) {
      const isNamed = holds(record, this.site.self);
      if (!isNamed || (record.epoch > holding.epoch && record.phase === "serving")) {
        this.#stepDown(isNamed, now);
      } else {
        if (record.phase === "fenced") holding.gate = "closed";
        holding.useRecord(record, now);
        holding.advance(now);
      }
    }
    if (this.#holding === undefined) this.#considerServing(now);
  }

  #learned(end: IntentEnd, now: Instant): void {
    if (end.value !== undefined) this.learn(end.value as RoutingRecord, end.ballot, now);
  }

  #stepDown(isNamed: boolean, now: Instant): void {
    const holding = this.#holding;
    this.#holding = undefined;
    if (!isNamed) {
      this.lostAt = now.mono;
      this.site.lease.release(this.options.app);
    }
    holding?.end();
    this.commands.lost();
  }

  #considerServing(now: Instant): void {
    const record = this.#record;
    if (record === undefined || !this.#isBooted || record.phase === "fenced") return;
    if (!holds(record, this.site.self)) {
      this.#beginAt = undefined;
      const isOwnEarlier = record.serving.some((holder) => holder.region === this.site.self.region);
      const takesNext = this.site.rules.mustTakeNextEpochAfterRestart();
      if (isOwnEarlier && !takesNext) this.#begin({ ...record, serving: [this.site.self] }, now);
      else this.taking.considerServing(now);
      return;
    }
    if (this.#beginAt?.epoch === record.epoch) return;
    const isWon = this.#won?.epoch === record.epoch;
    const waitMs = isWon ? this.#won?.waitMs : decideWait(record, this.site.terms.leaseMs);
    this.#beginAt = { epoch: record.epoch, at: now.mono + (waitMs ?? 0) };
    this.site.lease.hold(this.options.app, record.epoch, record.mode === "active-active");
    this.#tryBegin(now);
  }

  won(epoch: number, waitMs: number, end: IntentEnd): void {
    this.#won = { epoch, waitMs, endWhenProposed: end.endWhenProposed ?? 0 };
  }

  push(end: IntentEnd): void {
    const record = end.value as RoutingRecord;
    for (const region of record.regions) {
      if (region === this.site.self.region) continue;
      this.send(region, { type: "record", record, ballot: end.ballot });
    }
  }

  /** A voter told what it has accepted; chosen when a quorum tells the same ballot. */
  observe(voterId: string, accepted: Accepted, now: Instant): void {
    const record = accepted.value as RoutingRecord;
    if (this.#record !== undefined && record.version <= this.#record.version) return;
    this.#observed.set(voterId, accepted);
    const isSame = (id: string): boolean =>
      sameBallot(this.#observed.get(id)?.ballot, accepted.ballot);
    if (isQuorum(this.site.members(), isSame)) this.learn(record, accepted.ballot, now);
    else this.#readSoon(now);
  }

  #readSoon(now: Instant): void {
    if (this.registrar.busy || now.mono < this.#readAt) return;
    const pauseMs = this.#record === undefined ? 400 : 60;
    this.#readAt = now.mono + pauseMs * (1 + this.site.rng.next());
    this.registrar.read((end, at) => this.#learned(end, at), now);
  }

  #tryBegin(now: Instant): void {
    const record = this.#record;
    if (this.#beginAt === undefined || record?.epoch !== this.#beginAt.epoch) return;
    if (now.mono < this.#beginAt.at || this.#holding !== undefined) return;
    if (this.data.state(this.site.engine).begunEpoch >= record.epoch) return;
    this.#begin(record, now);
  }

  /** Fence and begin, cut at the end of the log as it is in this very transaction. */
  #begin(record: RoutingRecord, now: Instant): void {
    const { engine, rules, self } = this.site;
    const log = this.log;
    engine.transact((writer) => {
      const state = this.data.state(writer);
      const fenceBelow = Math.max(state.fenceBelow, record.epoch);
      const begunEpoch = record.epoch;
      this.data.setState(writer, { ...state, fenceBelow, begunEpoch, repairUntil: 0 });
      const cut = rules.cutAt(log.end.position, this.#won?.endWhenProposed ?? 0);
      if (cut < log.end.position) log.cutAfter(writer, cut);
      const lossless = record.durability === "replicated" && !record.forced;
      log.append(writer, {
        position: log.end.position + 1,
        epoch: record.epoch,
        region: self.region,
        clock: this.#clock.next(now),
        changes: [],
        begin: { cut: log.end.position, lossless },
      });
    });
    const send = (region: string, body: RegionBody): void => this.send(region, body);
    const { site, data } = this;
    this.#holding = new Holding({ site, data, clock: this.#clock, log, record, send, now });
    this.taking.reset();
    this.onBegin?.(record.epoch);
  }

  /** Serving regions that this region's own voter suspects. */
  suspect(regions: readonly string[], now: Instant): void {
    this.#suspected = regions;
    if (this.#isBooted) this.taking.considerTakeover(now);
  }

  // --- requests and messages

  /** False where this region does not serve the app. */
  write(requests: readonly WriteRequest[], now: Instant): boolean {
    if (this.#holding === undefined) return false;
    this.#holding.write(requests, this.options.minInSync, now);
    this.#noteEnd();
    return true;
  }

  message(message: RegionMessage, now: Instant): void {
    const { region, incarnation } = message.from;
    if (incarnation < (this.#incarnations.get(region) ?? 0)) return;
    this.#incarnations.set(region, incarnation);
    if (!this.#isBooted) return;
    this.#dispatch(message, now);
    this.#noteEnd();
  }

  #dispatch(message: RegionMessage, now: Instant): void {
    const { region } = message.from;
    switch (message.type) {
      case "append":
        this.#appendFrom(message, now);
        break;
      case "appended":
        this.#appendedBy(message, now);
        break;
      case "superseded":
        if (message.epoch > (this.#holding?.epoch ?? message.epoch)) this.#readSoon(now);
        break;
      case "record":
        this.learn(message.record, message.ballot, now);
        break;
      case "confirm":
        if (this.data.state(this.site.engine).fenceBelow <= message.epoch) {
          this.send(region, { type: "confirmed", epoch: message.epoch, id: message.id });
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
        this.#late.judge({ region, entries: message.entries }, now);
        break;
      case "judged":
        this.#late.forget(message.keys);
        this.#late.tell(now);
        break;
      case "vector":
        this.#late.relay(message);
        break;
      case "trimmed":
        if (message.lineage !== this.log.lineage || this.#holding === undefined) {
          this.#rebuilding.begin(message, this.#logOf(message.lineage), now);
        }
        break;
      case "snapshot-next":
        this.send(region, pageFor(this.site, this.data, this.#logOf(message.lineage), message));
        break;
      case "snapshot":
        this.#rebuilding.page(message, this.#logOf(message.lineage), now);
        break;
    }
  }

  #appendFrom(message: Extract<RegionMessage, { type: "append" }>, now: Instant): void {
    const holding = this.#holding;
    if (this.data.merge === "active-passive" && holding !== undefined) {
      if (message.epoch <= holding.epoch) {
        const isOlder = message.epoch < holding.epoch;
        if (isOlder) this.send(message.from.region, { type: "superseded", epoch: holding.epoch });
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
    if (!this.site.rules.countsAcknowledgement(message.epoch, holding.epoch)) return;
    const { region } = message.from;
    const match = holding.shipping.peers.get(region)?.match ?? 0;
    if (message.status === "mismatch" && message.end.position < match) {
      holding.shipping.forget(region, message.end.position);
    }
    if (holding.shipping.appended(message, now)) holding.advance(now);
  }

  #repair(message: Extract<RegionMessage, { type: "repair" }>): void {
    const holding = this.#holding;
    if (holding === undefined || holding.epoch !== message.epoch) return;
    const items = message.keys.map(({ table, key }) => {
      const stored = this.data.get(this.site.engine, table, key);
      return stored === undefined ? { table, key } : { table, key, stored };
    });
    const start = holding.log.starts.find((one) => one.position === message.common + 1);
    this.send(message.from.region, {
      type: "repaired",
      epoch: message.epoch,
      common: message.common,
      items,
      until: holding.log.end.position,
      lossless: start?.lossless ?? false,
    });
  }

  // --- time

  flushed(sequence: number, now: Instant): void {
    while ((this.#flushedEnds[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      this.#flushedEnd = this.#flushedEnds.shift()?.end ?? this.#flushedEnd;
    }
    this.#holding?.flushed(sequence, now);
    this.#following.flushed(sequence);
  }

  #noteEnd(): void {
    const { sequence } = this.site.engine;
    if (this.#flushedEnds.at(-1)?.sequence === sequence) return;
    this.#flushedEnds.push({ sequence, end: this.log.end });
  }

  /** What this region's renewals say of the app. */
  renewal(now: Instant): RenewApp {
    const record = this.#record;
    const serves = record?.phase === "serving" && holds(record, this.site.self);
    return {
      app: this.options.app,
      epoch: serves ? record.epoch : 0,
      version: record?.version ?? 0,
      end: this.#flushedEnd,
      healthy: this.healthy,
      eligible: this.#holding === undefined && this.#isBooted && this.taking.isEligible(now),
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
    if (this.#record !== undefined && !holds(this.#record, this.site.self)) {
      this.taking.considerServing(now);
    }
    this.taking.considerTakeover(now);
    this.#tickHolding(now);
    this.commands.tick(now);
    if (now.mono - this.#slowAt >= SLOW_TICK_MS) {
      this.#slowAt = now.mono;
      this.#late.tell(now);
      this.#late.forgetOld(now);
    }
    this.endTurn(now);
  }

  #tickHolding(now: Instant): void {
    const [holding, record] = [this.#holding, this.#record];
    if (holding === undefined || record === undefined) return;
    holding.tick(now);
    // One holder keeps the in-sync set; where there are several, the first.
    const isFirst = record.serving[0]?.region === this.site.self.region;
    if (record.durability !== "replicated" || !isFirst) return;
    maintainInSync({
      holding,
      record,
      site: this.site,
      registrar: this.registrar,
      change: (reason) => this.change(this.site.self.region, reason, now),
      suspected: this.#suspected,
      wanted: this.commands.wanted,
      learn: (next, ballot, at) => this.learn(next, ballot, at),
      now,
    });
  }
}
