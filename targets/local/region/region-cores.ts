/**
 * The cores of a region, run by real events. *shell*
 *
 *   stores, messages, flushes, the voter's news, ticks --> cores --end of the turn--> out
 *
 * Invariants
 *  C1 everything of a turn is worked on before anything of it leaves                     (turn.ts)
 *  C2 a disk that refuses ends no process: who sent the message sends it again        (#guarded)
 */

import type { Instant } from "../../../base/clock.ts";
import { createRng } from "../../../base/rng.ts";
import { EngineFullError } from "../../../layers/key-value/engine-errors.ts";
import type { AppOptions } from "../../../layers/region/app-region.ts";
import type { RegionMessage } from "../../../layers/region/messages.ts";
import { Region } from "../../../layers/region/region.ts";
import type { RegionChangeEnd, RegionRequest } from "../../../layers/region/region-changing.ts";
import { REGION_RULES } from "../../../layers/region/rules.ts";
import type { LeaseView } from "../../../layers/region/site.ts";
import { createReplicatedStore, type ReplicatedStore } from "../../../layers/region/store.ts";
import { type Members, supersedes } from "../../../layers/routing/members.ts";
import type { RenewApp, VoterReply, VoterRequest } from "../../../layers/routing/messages.ts";
import type { Holder } from "../../../layers/routing/record.ts";
import type { Observed } from "../../../layers/routing/renewer.ts";
import { type LeaseTerms, ROUTING_RULES } from "../../../layers/routing/rules.ts";
import type { Suspicions } from "../../../layers/routing/voter.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";
import { createPlatformRng, randomName } from "./random.ts";
import { createTurn, type Turn } from "./turn.ts";

export interface RegionCoresOptions {
  readonly self: Holder;
  readonly engine: LmdbEngine;
  readonly lease: LeaseView;
  readonly terms: LeaseTerms;
  readonly members: Members;
  readonly apps: readonly AppOptions[];
  readonly now: () => Instant;
  readonly send: (to: string, message: VoterRequest | RegionMessage) => void;
  /** What the next renewals say; urgent when an epoch has begun or ended. */
  readonly renew: (apps: readonly RenewApp[], urgent: boolean) => void;
  readonly membersChanged: (members: Members) => void;
  /** Another start has acted under this incarnation: the store is empty or an old copy. */
  readonly countFrom: (incarnation: number) => void;
  /** At the end of each turn. */
  readonly turned: () => void;
  /** The disk refuses: told at most once a second. */
  readonly trouble: (error: Error) => void;
}

const TICK_MS = 10;
const TROUBLE_EVERY_MS = 1000;

export class RegionCores {
  readonly region: Region;
  readonly #options: RegionCoresOptions;
  readonly #stores = new Map<string, ReplicatedStore>();
  readonly #turn: Turn;
  readonly #timer: NodeJS.Timeout;
  #members: Members;
  #suspicions: Suspicions = new Map();
  #renewed = "";
  #epochs = "";
  #troubleAt = Number.NEGATIVE_INFINITY;

  constructor(options: RegionCoresOptions) {
    const { self, engine, now } = options;
    this.#options = options;
    this.#members = options.members;
    this.#turn = createTurn(() => this.#endTurn());
    this.region = new Region(
      {
        self,
        engine,
        rng: createRng(createPlatformRng().below(2 ** 32)),
        terms: options.terms,
        routingRules: ROUTING_RULES,
        rules: REGION_RULES,
        lease: options.lease,
        members: () => this.#members,
        onMembers: (members, isChosen = false) => this.#useMembers(members, isChosen),
        send: options.send,
        countFrom: options.countFrom,
        newId: () => `${self.region}-${self.incarnation}-${randomName()}`,
      },
      options.apps,
    );
    for (const [id, app] of this.region.apps) {
      const reads = this.region.reads.get(id);
      if (reads === undefined) continue;
      const schedule = this.schedule;
      this.#stores.set(id, createReplicatedStore({ app, reads, engine, now, schedule }));
    }
    engine.onFlushed((sequence) => {
      this.region.flushed(sequence, now());
      this.schedule();
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  readonly schedule = (): void => this.#turn.schedule();

  /** Once the links know their peers. */
  boot(): void {
    this.region.boot(this.#options.now());
    this.schedule();
  }

  store(app: string): ReplicatedStore {
    const store = this.#stores.get(app);
    if (store === undefined) throw new RangeError(`no app is named ${app}`);
    return store;
  }

  receive(message: RegionMessage | VoterReply): void {
    const now = this.#options.now();
    this.#guarded(() => {
      if ("app" in message && "from" in message) this.region.message(message, now);
      else this.region.voterReply(message as VoterReply, now);
    });
    this.schedule();
  }

  observed(observed: Observed): void {
    this.region.observed(observed, this.#options.now());
    this.schedule();
  }

  suspect(suspicions: Suspicions): void {
    this.#suspicions = suspicions;
    this.region.suspect(suspicions, this.#options.now());
    this.schedule();
  }

  changeRegions(request: RegionRequest): Promise<RegionChangeEnd> {
    return new Promise((resolve) => {
      this.region.changeRegions(request, resolve, this.#options.now());
      this.schedule();
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.region.end();
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof EngineFullError)) throw error;
      const { mono } = this.#options.now();
      if (mono - this.#troubleAt < TROUBLE_EVERY_MS) return;
      this.#troubleAt = mono;
      this.#options.trouble(error);
    }
  }

  #endTurn(): void {
    const now = this.#options.now();
    this.#guarded(() => {
      for (const store of this.#stores.values()) store.flush(now);
      this.region.endTurn(now);
    });
    for (const store of this.#stores.values()) store.tell();
    this.#renewIfBegun(now);
    this.#options.turned();
  }

  #tick(): void {
    const now = this.#options.now();
    this.#guarded(() => {
      this.region.suspect(this.#suspicions, now);
      this.region.tick(now);
    });
    this.#renew(now);
    this.schedule();
  }

  /** An epoch that has just begun or ended is not left to the next tick. */
  #renewIfBegun(now: Instant): void {
    let epochs = "";
    for (const { record } of this.region.apps.values()) epochs += `${record?.version ?? 0} `;
    if (epochs === this.#epochs) return;
    this.#epochs = epochs;
    this.#renew(now);
  }

  #renew(now: Instant): void {
    if (!this.region.isBooted) return;
    const apps = this.region.renewals(now);
    const text = JSON.stringify(apps);
    if (text === this.#renewed) return;
    const before = this.#renewed === "" ? [] : (JSON.parse(this.#renewed) as RenewApp[]);
    const urgent = apps.some(({ epoch }, at) => epoch !== before[at]?.epoch);
    this.#renewed = text;
    this.#options.renew(apps, urgent);
  }

  #useMembers(members: Members, isChosen: boolean): void {
    if (!supersedes(members, this.#members, isChosen)) return;
    this.#members = members;
    this.#options.membersChanged(members);
  }
}
