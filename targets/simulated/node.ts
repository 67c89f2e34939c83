/**
 * One site of the simulated world: a disk, clocks, and the processes that run on it. *shell*
 *
 * A process is a region's cores and its voter, as the local target runs them, with virtual time
 * below. It can be killed (what was not flushed is lost), frozen (events wait, its clocks go on),
 * and replaced while frozen: then the old one wakes as a zombie on a disk that is no longer its
 * own. Its disk can be lost, or an old copy be put in its place. It can be suspended: frozen, and
 * its monotonic clock stands still meanwhile.
 */
import { assert } from "../../base/assert.ts";
import type { Instant } from "../../base/clock.ts";
import { createRng } from "../../base/rng.ts";
import { EngineFullError } from "../../layers/key-value/engine-errors.ts";
import {
  createMemoryEngine,
  type MemoryEngine,
  type MemorySnapshot,
} from "../../layers/key-value/memory-engine.ts";
import type { BodyDisk } from "../../layers/objects/disk.ts";
import type { RegionMessage } from "../../layers/region/messages.ts";
import { Region } from "../../layers/region/region.ts";
import { RegionBytes } from "../../layers/region/region-bytes.ts";
import { type Members, supersedes, WITNESS } from "../../layers/routing/members.ts";
import type { VoterReply, VoterRequest } from "../../layers/routing/messages.ts";
import { Renewer } from "../../layers/routing/renewer.ts";
import type { LeaseTerms } from "../../layers/routing/rules.ts";
import { Voter } from "../../layers/routing/voter.ts";
import { newVoterDisk, startVoterDisk, type VoterDisk } from "../../layers/routing/voter-disk.ts";
import { leaseViewOf } from "./lease-view.ts";
import {
  idAtSite,
  isByteMessage,
  type Message,
  type NodeOptions,
  RESTART_MS,
  type Watch,
} from "./node-options.ts";
import { ByteMedium, SimulatedByteDisk } from "./objects/byte-disk.ts";
import { opened } from "./opening.ts";
import { SiteClocks } from "./site-clocks.ts";

export type { Message, NodeOptions, Watch };

export class Node {
  readonly site: string;
  readonly options: NodeOptions;
  engine: MemoryEngine = createMemoryEngine();
  readonly byteMedium = new ByteMedium();
  voterDisk: VoterDisk | undefined;
  voterStarts = 0;
  readonly clocks: SiteClocks;
  process: Process | undefined;
  zombies: Process[] = [];
  flushDelayMs = 2;
  /** Used from the next start on. */
  terms: LeaseTerms;
  /** As above. */
  apps: NodeOptions["apps"];

  constructor(options: NodeOptions) {
    this.options = options;
    this.apps = options.apps;
    this.site = options.site;
    this.clocks = new SiteClocks(options.scheduler);
    this.terms = options.terms;
    if (!options.isFounder) return;
    this.voterDisk = newVoterDisk(idAtSite(options.members, options.site), options.members);
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  readonly instant = (): Instant => this.clocks.instant();

  start(): void {
    if (this.process !== undefined) return;
    this.engine = this.engine.reopen();
    const newId = `voter-${this.site}-${this.options.rng.below(1e9)}`;
    const start = `start-${this.options.rng.below(1e9)}`;
    const found = this.options.voterFinds(this.site, this.voterDisk);
    this.voterDisk = startVoterDisk(found ?? newVoterDisk(newId), start, this.terms.leaseMs);
    this.voterStarts++;
    this.process = new Process(this, this.voterDisk);
    this.options.watch.started(this.site, this.process);
  }

  /** Everything that was not flushed is gone. */
  kill(): void {
    if (this.process !== undefined) this.byteMedium.crash(this.options.rng);
    this.process?.end();
    this.process = undefined;
    for (const zombie of this.zombies.splice(0)) zombie.end();
  }

  /** The machine sleeps: a process on it is frozen, and only the wall clock goes on. */
  suspend(): void {
    this.clocks.suspend();
    this.freeze();
  }

  freeze(): void {
    if (this.process !== undefined) this.process.isFrozen = true;
  }

  thaw(): void {
    this.clocks.resume();
    this.process?.thaw();
    for (const zombie of this.zombies) zombie.thaw();
  }

  /** A second process starts while the first is frozen and cannot know it. */
  startBesideFrozen(): void {
    if (this.process?.isFrozen !== true) return;
    this.zombies.push(this.process);
    this.process = undefined;
    this.start();
  }

  loseVoterDisk(): void {
    if (!this.isUp) this.voterDisk = undefined;
  }

  /**
   * The disk is empty, or holds an old copy of the store; the voter begins anew in both cases, for
   * an old copy of what it promised would be worse than nothing.
   */
  replaceDisk(copy?: MemorySnapshot): void {
    assert(!this.isUp, `replaceDisk: ${this.site} runs; kill it first`);
    this.engine = createMemoryEngine();
    if (copy !== undefined) this.engine.restore(copy);
    this.voterDisk = undefined;
    this.byteMedium.empty();
  }

  /** Another start has acted under this incarnation: the next one is above all of them. */
  countFrom(process: Process, incarnation: number): void {
    this.engine.countFrom(incarnation);
    const isOwn = this.process === process;
    process.end();
    if (isOwn) this.options.scheduler.after(RESTART_MS, () => this.start());
  }

  receive(from: string, to: string, message: Message): void {
    this.process?.run(() => this.process?.receive(from, to, message));
  }
}

export class Process {
  readonly node: Node;
  readonly incarnation: number;
  readonly voter: Voter;
  readonly region: Region | undefined;
  readonly renewer: Renewer | undefined;
  readonly byteDisk: SimulatedByteDisk | undefined;
  readonly disk: BodyDisk | undefined;
  readonly bytes: RegionBytes | undefined;
  isFrozen = false;
  isEnded = false;
  ticked: (() => void) | undefined;
  #members: Members;
  readonly #lists = new Map<number, Members>();
  readonly #held: (() => void)[] = [];
  readonly #voterStart: number;
  readonly #engine: MemoryEngine;
  #isFlushing = false;
  #ticks = 0;
  #lastPersistAt = 0;

  constructor(node: Node, voterDisk: VoterDisk) {
    const { options } = node;
    this.node = node;
    this.#engine = node.engine;
    this.#voterStart = node.voterStarts;
    this.incarnation = node.engine.incarnation;
    this.voter = new Voter(node.site, voterDisk, node.terms, options.routingRules, node.instant());
    this.#members = this.voter.members ?? options.members;
    this.#lists.set(this.#members.version, this.#members);
    if (node.site !== WITNESS) {
      const self = { region: node.site, incarnation: this.incarnation };
      this.renewer = new Renewer(self, node.terms, options.routingRules, this.#members);
      this.region = this.#createRegion(self, this.renewer);
      this.byteDisk = this.#createByteDisk();
      const { openDisk } = options;
      this.disk = openDisk?.(node.site, (act) => this.run(act)) ?? this.byteDisk;
      this.bytes = this.#createBytes(self, this.region, this.disk);
      node.engine.onFlushed((sequence) => {
        this.region?.flushed(sequence, node.instant());
        this.bytes?.flushed(sequence);
      });
      node.engine.onSuperseded(() => this.end());
      this.region.boot(node.instant());
    }
    this.#tick();
  }

  #createByteDisk(): SimulatedByteDisk {
    const { node } = this;
    const { scheduler } = node.options;
    return new SimulatedByteDisk({
      medium: node.byteMedium,
      // Of its own: worlds without objects go on as they did without a disk for them.
      rng: createRng(0xb17e5 + this.incarnation * 31 + node.site.charCodeAt(0)),
      // A process on a disk that another one has opened changes nothing on it any more.
      after: (delayMs, act) =>
        scheduler.after(delayMs, () =>
          this.run(() => {
            if (node.engine === this.#engine) act();
          }),
        ),
    });
  }

  #createBytes(
    self: { region: string; incarnation: number },
    region: Region,
    disk: BodyDisk,
  ): RegionBytes {
    const { node } = this;
    const { graceMs, chunkBytes } = node.options.objects ?? {};
    const bytes = new RegionBytes({
      site: { self, engine: this.#engine },
      region,
      disk,
      send: (to, message) => this.#send(`region/${node.site}`, to, message),
      ...(graceMs === undefined ? {} : { graceMs }),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    });
    if (disk === this.byteDisk) bytes.reconcile(node.byteMedium.list());
    return bytes;
  }

  #createRegion(self: { region: string; incarnation: number }, renewer: Renewer): Region {
    const { node } = this;
    const { options } = node;
    const send = (to: string, body: Message) => this.#send(`region/${node.site}`, to, body);
    const region = new Region(
      {
        self,
        engine: this.#engine,
        rng: options.rng.fork(),
        terms: node.terms,
        routingRules: options.routingRules,
        rules: options.regionRules,
        lease: leaseViewOf(renewer, send),
        members: () => this.#members,
        onMembers: (members, isChosen = false) => this.#useMembers(members, isChosen),
        send,
        countFrom: (incarnation) => node.countFrom(this, incarnation),
        newId: () => `${node.site}-${self.incarnation}-${options.rng.below(2 ** 31)}`,
      },
      opened(this.#engine, node.apps),
    );
    for (const [id, app] of region.apps) {
      app.onBegin = (epoch) => options.watch.began(node.site, self.incarnation, id, epoch);
    }
    return region;
  }

  #useMembers(members: Members, isChosen: boolean): void {
    if (!supersedes(members, this.#members, isChosen)) return;
    this.#members = members;
    this.#lists.set(members.version, members);
    this.renewer?.useMembers(members);
  }

  /** Runs now, or when the process wakes. */
  run(act: () => void): void {
    if (this.isEnded) return;
    if (this.isFrozen) this.#held.push(act);
    else {
      this.#onDisk(act);
      this.#flushSoon();
    }
  }

  /** A full disk refuses writes; the process goes on, as the real one does. */
  #onDisk(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof EngineFullError)) throw error;
    }
  }

  thaw(): void {
    this.isFrozen = false;
    for (const act of this.#held.splice(0)) this.run(act);
  }

  end(): void {
    this.isEnded = true;
    this.region?.end();
    if (this.node.process === this) this.node.process = undefined;
  }

  receive(from: string, to: string, message: Message): void {
    const now = this.node.instant();
    if (to.startsWith("voter/")) {
      this.#voterEffects(this.voter.step(from, message as VoterRequest, now));
      return;
    }
    const { region, renewer } = this;
    if (region === undefined || renewer === undefined) return;
    if (isByteMessage(message)) this.bytes?.message(message);
    else if (message.type === "renewed") region.observed(renewer.renewed(message), now);
    else if ("app" in message && "from" in message) region.message(message as RegionMessage, now);
    else region.voterReply(message as VoterReply, now);
    region.endTurn(now);
  }

  #voterEffects(effects: ReturnType<Voter["step"]>): void {
    const send = (): void => {
      for (const { to, message } of effects.send)
        this.#send(`voter/${this.node.site}`, to, message);
    };
    const { scheduler, rng } = this.node.options;
    if (!effects.persist) {
      // An answer may tell what an earlier step accepted: it waits for that to be on disk.
      if (this.#lastPersistAt <= scheduler.now) send();
      else scheduler.after(this.#lastPersistAt - scheduler.now, () => this.run(send));
      return;
    }
    const { disk } = this.voter;
    const at = Math.max(this.#lastPersistAt, scheduler.now + rng.next() * this.node.flushDelayMs);
    this.#lastPersistAt = at;
    scheduler.after(at - scheduler.now, () =>
      this.run(() => {
        if (this.node.voterStarts !== this.#voterStart) {
          this.end();
          return;
        }
        this.node.voterDisk = disk;
        for (const register of Object.keys(disk.registers)) {
          this.node.options.watch.voted(this.node.site, disk, register);
        }
        send();
      }),
    );
  }

  #send(from: string, to: string, message: Message): void {
    if (this.isEnded) return;
    const { watch, send } = this.node.options;
    const members = message.type === "accept" && this.#lists.get(message.membersVersion);
    if (members) watch.proposed(message.register, message.ballot, members);
    send(from, to, message);
  }

  /** The next tick is due now, and those after it follow it. */
  hurry(): void {
    this.#ticks++;
    this.#tick();
  }

  #tick(): void {
    if (this.isEnded) return;
    const ticks = this.#ticks;
    const { scheduler, tickMs } = this.node.options;
    scheduler.after(tickMs(), () => {
      if (ticks === this.#ticks) this.#tick();
    });
    if (this.isFrozen) return;
    const now = this.node.instant();
    this.#voterEffects(this.voter.hello());
    const { region, renewer } = this;
    if (region === undefined || renewer === undefined) return;
    if (region.isBooted) {
      renewer.tell(region.renewals(now), false);
      for (const { to, message } of renewer.tick(now))
        this.#send(`region/${this.node.site}`, to, message);
    }
    this.#onDisk(() => {
      region.suspect(this.voter.suspicions(now), now);
      region.tick(now);
      this.bytes?.tick(now);
    });
    this.ticked?.();
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.region === undefined || this.#isFlushing) return;
    if (this.#engine.flushedSequence === this.#engine.sequence) return;
    this.#isFlushing = true;
    const { scheduler, rng } = this.node.options;
    const sequence = this.#engine.sequence;
    scheduler.after(rng.next() * this.node.flushDelayMs, () => {
      this.run(() => {
        this.#isFlushing = false;
        this.#engine.flush(sequence);
        this.region?.endTurn(this.node.instant());
      });
    });
  }
}
