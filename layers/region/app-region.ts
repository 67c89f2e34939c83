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
 *  A4 who begins with items ahead of its log has them taken over whole (#begin)
 *  A5 no two starts of a region act under one incarnation       (Booting, Region.#mayAct)
 */
import type { Instant } from "../../base/clock.ts";
import type { Stamp } from "../key-value/items.ts";
import type { Log } from "../key-value/log.ts";
import type { Ballot } from "../routing/ballot.ts";
import type { Change } from "../routing/changes.ts";
import { decideWait } from "../routing/failover.ts";
import type { Accepted, RenewApp } from "../routing/messages.ts";
import { holds, type RoutingRecord } from "../routing/record.ts";
import { type IntentEnd, Registrar } from "../routing/registrar.ts";
import type { Suspicion } from "../routing/voter.ts";
import { AppData } from "./app-data.ts";
import type { AppOptions, AppParts } from "./app-parts.ts";
import { fenceAndBegin } from "./beginning.ts";
import { Booting } from "./booting.ts";
import { Clock } from "./clock.ts";
import { Commands } from "./commands.ts";
import { Departing } from "./departing.ts";
import { FlushedEnd } from "./flushed-end.ts";
import { Following } from "./following.ts";
import { Holding, type WriteRequest } from "./holding.ts";
import { admitted, Homes } from "./homes.ts";
import { maintainInSync } from "./in-sync-upkeep.ts";
import { Inbox } from "./inbox.ts";
import { LateWrites } from "./late-writes.ts";
import { Lineages } from "./lineages.ts";
import type { RegionBody, RegionMessage } from "./messages.ts";
import { Observing } from "./observing.ts";
import { Pauses } from "./pauses.ts";
import { Preparing } from "./preparing.ts";
import { renewalOf } from "./renewal.ts";
import type { Site } from "./site.ts";
import { Standings } from "./standings.ts";
import { Taking } from "./taking.ts";
import { TermsUpkeep } from "./terms-upkeep.ts";
import { Upkeep } from "./upkeep.ts";
import { VoterUpkeep } from "./voter-upkeep.ts";

export type { AppOptions, CommandAnswer } from "./app-parts.ts";

export class AppRegion implements AppParts {
  readonly site: Site;
  readonly options: AppOptions;
  readonly data: AppData;
  readonly registrar: Registrar;
  readonly taking: Taking;
  readonly commands: Commands;
  readonly preparing: Preparing;
  readonly voterUpkeep = new VoterUpkeep(this);
  readonly standings = new Standings(this);
  readonly pauses = new Pauses(this);
  readonly homes: Homes;
  healthy = true;
  lostAt = Number.NEGATIVE_INFINITY;
  /** For whoever watches: the moment of a begin. */
  onBegin: ((epoch: number) => void) | undefined;
  readonly #lineages: Lineages;
  readonly #booting: Booting;
  readonly #clock: Clock;
  readonly #following: Following;
  readonly #upkeep: Upkeep;
  readonly #inbox: Inbox;
  readonly #observing = new Observing();
  readonly #terms: TermsUpkeep;
  readonly #incarnations = new Map<string, number>();
  readonly #flushedEnd: FlushedEnd;
  #record: RoutingRecord | undefined;
  #holding: Holding | undefined;
  #suspected: readonly string[] = [];
  #silent: readonly string[] = [];
  #won: { epoch: number; waitMs: number } | undefined;
  #beginAt: { epoch: number; at: number } | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** `openedSequence`: transactions through here were on disk when the process started. */
  constructor(
    site: Site,
    options: AppOptions,
    openedSequence: number,
    mayAct: (acted: number) => boolean,
  ) {
    this.site = site;
    this.options = options;
    this.data = new AppData(options.app, options.mode, options.tables, site.rules);
    this.#lineages = new Lineages(site, this.data);
    this.#clock = new Clock(this.#lineages.lastClock());
    this.#flushedEnd = new FlushedEnd(this.log.end);
    this.#following = new Following({
      site,
      data: this.data,
      clock: this.#clock,
      logOf: (lineage) => this.#lineages.of(lineage),
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
    const late = new LateWrites(this);
    this.taking = new Taking(this, (regions) => !late.hasAllOf(regions));
    this.commands = new Commands(
      this,
      this.taking,
      (region) => this.#incarnations.get(region) ?? 0,
    );
    this.preparing = new Preparing(this, this.commands);
    this.#terms = new TermsUpkeep(this, this.commands);
    this.#booting = new Booting({
      app: this,
      lineages: this.#lineages,
      mayAct,
      learned: (end, now) => this.#learned(end, now),
      create: (now) => this.taking.take({ cause: "create" }, now),
    });
    this.homes = new Homes(this, late, () => this.taking.isHeld);
    const departing = new Departing(this, this.commands, late);
    this.#upkeep = new Upkeep(this, late, departing);
    this.#inbox = new Inbox({
      app: this,
      lineages: this.#lineages,
      following: this.#following,
      late,
      departing,
      superseded: (now) => this.#stepDown(false, now),
      readSoon: (now) => this.readSoon(now),
    });
  }

  get record(): RoutingRecord | undefined {
    return this.#record;
  }
  get holding(): Holding | undefined {
    return this.#holding;
  }
  get log(): Log {
    return this.#lineages.own;
  }
  get logs(): ReadonlyMap<string, Log> {
    return this.#lineages.all;
  }
  get silent(): readonly string[] {
    return this.#silent;
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
  /** Indexes are being built: the app is not served here before they are. */
  get isBuilding(): boolean {
    return this.data.building.isUnderWay(this.site.engine);
  }
  get isBooted(): boolean {
    return this.#booting.isDone;
  }

  send(region: string, body: RegionBody): void {
    const message = { ...body, app: this.options.app, from: this.site.self } as RegionMessage;
    this.site.send(`region/${region}`, message);
  }

  change(by: string, reason: string, now: Instant): Change {
    return { changeId: this.site.newId(), at: now.wall, by, reason };
  }

  boot(now: Instant): void {
    this.pauses.started(now);
    this.#booting.start(now);
  }

  learn(record: RoutingRecord, ballot: Ballot, now: Instant): void {
    this.registrar.saw(ballot);
    if (this.#record !== undefined && record.version <= this.#record.version) return;
    this.#record = record;
    this.#observing.forget();
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

  /** Asks the register; the record that is then known is no older than this. */
  read(done: () => void, now: Instant): void {
    this.registrar.read((end, at) => {
      this.#learned(end, at);
      done();
    }, now);
  }

  #learned(end: IntentEnd, now: Instant): void {
    if (end.value !== undefined) this.learn(end.value as RoutingRecord, end.ballot, now);
  }

  #stepDown(isNamed: boolean, now: Instant): void {
    const holding = this.#holding;
    this.#holding = undefined;
    this.preparing.stop("the epoch is over");
    if (!isNamed) {
      this.lostAt = now.mono;
      this.site.lease.release(this.options.app);
    }
    holding?.end();
    this.commands.lost();
  }

  #considerServing(now: Instant): void {
    const record = this.#record;
    if (record === undefined || !this.isBooted || record.phase === "fenced") return;
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
    const { begunEpoch } = this.data.state(this.site.engine);
    const { leaseMs } = this.site.terms;
    const waitMs = isWon ? this.#won?.waitMs : decideWait(record, leaseMs, begunEpoch);
    const beginAt = { epoch: record.epoch, at: now.mono + (waitMs ?? 0) };
    this.#beginAt = beginAt;
    // Voters may have granted for longer than this region's own terms: they are asked.
    if (!isWon && waitMs !== 0) {
      beginAt.at = Number.POSITIVE_INFINITY;
      this.registrar.read((end, at) => {
        beginAt.at = at.mono + Math.max(leaseMs, end.longestLeaseMs);
        this.#learned(end, at);
      }, now);
    }
    this.site.lease.hold(this.options.app, record.epoch, record.mode === "active-active");
    this.#tryBegin(now);
  }

  won(epoch: number, waitMs: number): void {
    this.#won = { epoch, waitMs };
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
    const isChosen = this.#observing.take(voterId, accepted, this.site.members());
    if (isChosen) this.learn(record, accepted.ballot, now);
    else this.readSoon(now);
  }

  /** Asks the register, not too often. */
  readSoon(now: Instant): void {
    if (this.registrar.busy || now.mono < this.#readAt) return;
    const pauseMs = this.#record === undefined ? 400 : 60;
    this.#readAt = now.mono + pauseMs * (1 + this.site.rng.next());
    this.registrar.read((end, at) => this.#learned(end, at), now);
  }

  #tryBegin(now: Instant): void {
    const record = this.#record;
    if (this.#beginAt === undefined || record?.epoch !== this.#beginAt.epoch) return;
    if (now.mono < this.#beginAt.at || this.#holding !== undefined || this.isBuilding) return;
    const { begunEpoch, fenceBelow } = this.data.state(this.site.engine);
    // A later epoch has begun elsewhere: the record of it is on its way.
    if (begunEpoch >= record.epoch || fenceBelow > record.epoch) return;
    this.#begin(record, now);
  }

  /** Fence and begin, cut at the end of the log as it is in this very transaction. */
  #begin(record: RoutingRecord, now: Instant): void {
    const { log } = this;
    const clockNow = this.#clock.next(now);
    fenceAndBegin({ site: this.site, data: this.data, log, record, clockNow });
    const send = (region: string, body: RegionBody): void => this.send(region, body);
    const logOf = (stamp: Stamp): Log | undefined => this.#lineages.logOf(stamp);
    const [site, data, clock] = [this.site, this.data, this.#clock];
    const { settledIn: epoch, settled: position } = this.#following;
    const parts = { site, data, clock, log, logOf, record, settledBefore: { epoch, position } };
    const { minInSync } = this.options;
    const pauses = () => this.pauses.newest;
    this.#holding = new Holding({ ...parts, minInSync, pauses, send, now });
    this.pauses.began(this.#holding);
    this.preparing.begin(this.#holding, now);
    this.taking.reset();
    this.onBegin?.(record.epoch);
  }

  /** Serving regions that this region's own voter suspects. */
  suspect(suspicions: readonly Suspicion[], now: Instant): void {
    this.#suspected = suspicions.map((suspicion) => suspicion.region);
    this.#silent = suspicions.filter((one) => one.isSilent).map((one) => one.region);
    if (this.isBooted) this.taking.considerTakeover(now);
  }

  /** False where this region does not serve the app. */
  write(requests: readonly WriteRequest[], now: Instant): boolean {
    if (this.#holding === undefined) return false;
    this.#holding.write(admitted(this.homes, requests, now), now);
    this.#noteEnd();
    return true;
  }

  message(message: RegionMessage, now: Instant): void {
    const { region, incarnation } = message.from;
    if (incarnation < (this.#incarnations.get(region) ?? 0)) return;
    this.#incarnations.set(region, incarnation);
    if (!this.isBooted || this.taking.refuses(message)) return;
    this.#inbox.take(message, now);
    this.#noteEnd();
  }

  flushed(sequence: number, now: Instant): void {
    this.#flushedEnd.flushed(sequence);
    this.#holding?.flushed(sequence, now);
    this.#following.flushed(sequence);
    this.#booting.flushed(sequence, now);
  }

  #noteEnd(): void {
    this.#flushedEnd.note(this.site.engine.sequence, this.log.end);
  }

  renewal(now: Instant): RenewApp {
    return renewalOf(this, this.#lineages, this.#flushedEnd.end, now);
  }

  endTurn(now: Instant): void {
    this.#noteEnd();
    this.preparing.advance(now);
    this.pauses.advance(now);
    this.#holding?.ship(now);
    this.#holding?.confirms.start(this.#holding.inSync.required);
  }

  tick(now: Instant): void {
    this.registrar.tick(now);
    this.#booting.tick(now);
    if (!this.isBooted) return;
    if (this.#record === undefined) this.readSoon(now);
    this.#terms.tick(now);
    this.#tryBegin(now);
    if (this.#record !== undefined && !holds(this.#record, this.site.self)) {
      this.taking.considerServing(now);
    }
    this.taking.considerTakeover(now);
    this.#holding?.tick(now);
    maintainInSync(this, this.commands.wanted, now);
    this.commands.tick(now);
    this.#upkeep.tick(now);
    this.homes.tick(now);
    this.endTurn(now);
  }
}
