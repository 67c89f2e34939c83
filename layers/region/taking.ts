/**
 * How this region comes to serve: takeover, restart, joining an active-active app, and how it lets
 * the others go on without one that is gone. *pure core*
 *
 * One proposal at a time; what the register refuses is tried again after a random pause that
 * doubles. A hint only makes it try: the change function asks whether a majority suspects, and
 * where none does nothing is accepted; the other voter's hint may be a few milliseconds behind.
 *
 * Invariants
 *  K1 no region out of sync, rolled back or half repaired takes over by itself   (isEligible)
 *  K2 how long to wait before the begin comes from the accepting majority        (take, won)
 *  K3 no region is replaced while the whole deployment is being started or stopped    (isHeld)
 *  K4 a region joins an active-active app with all that those have told of who serve   (#isBehind)
 */
import type { Instant } from "../../base/clock.ts";
import type { Log } from "../key-value/log.ts";
import * as changes from "../routing/changes.ts";
import { staggerMs } from "../routing/failover.ts";
import { type Cause, holds, isLeaving, type RoutingRecord } from "../routing/record.ts";
import type { IntentEnd } from "../routing/registrar.ts";
import type { AppState } from "./app-data.ts";
import type { AppParts, CommandAnswer } from "./app-parts.ts";
import type { RegionMessage } from "./messages.ts";

export interface TakeOptions {
  readonly cause: Cause;
  /** Only while a majority suspects this region. */
  readonly replacing?: string;
  readonly forced?: boolean;
  /** An operator's word. */
  readonly acceptDataLoss?: boolean;
  readonly by?: string;
  readonly reason?: string;
  readonly answer?: CommandAnswer;
  /** Of the change; a new one where it is absent. */
  readonly commandId?: string;
}

type Next = (
  record: RoutingRecord,
  change: changes.Change,
  isSuspected: (region: string) => boolean,
) => changes.Changed | "drop";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1000;
/** The serving region, which builds the same indexes, has so long to be done as well. */
const BUILT_APART_MS = 10_000;

/** Items are as another region had them at a place that this log has yet to reach. */
const isAhead = ({ repairUntil }: AppState, log: Log): boolean =>
  repairUntil.position > log.end.position;

export class Taking {
  readonly #app: AppParts;
  readonly #lacks: (regions: readonly string[]) => boolean;
  /** A planned stop or start is under way: who is gone for it is not replaced. */
  isHeld = false;
  /** Proposals whose outcome is not known: an operator's may come beside one of its own. */
  #underWay = 0;
  #tries = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #staggeredFor = "";
  /** When it last built an index. */
  #builtAt = Number.NEGATIVE_INFINITY;

  /** `lacks`: of these regions, whether one has told of more than is here, or has not told yet. */
  constructor(app: AppParts, lacks: (regions: readonly string[]) => boolean) {
    this.#app = app;
    this.#lacks = lacks;
  }

  /** Whether this region could serve without losing anything acknowledged. */
  isEligible(now: Instant): boolean {
    const { data, site, record, log } = this.#app;
    const state = data.state(site.engine);
    if (record === undefined || state.mustReach !== undefined) return false;
    if (!record.regions.includes(site.self.region)) return false;
    if (isAhead(state, log) || data.building.isUnderWay(site.engine)) return false;
    if (record.durability === "replicated") {
      return record.inSyncRegions.includes(site.self.region);
    }
    return now.mono - this.#app.caughtUpAt <= this.#app.options.rpoMs;
  }

  /** Whether it would serve by itself, if the serving region were gone: else an operator has to. */
  isCandidate(now: Instant): boolean {
    return this.#app.record?.policy === "automatic" && this.isEligible(now);
  }

  /**
   * Nothing is rebuilt or repaired from a holder that this region may be about to follow: it would
   * begin empty, or with parts of transactions that are in no log.
   */
  refuses(message: RegionMessage): boolean {
    const { data, record } = this.#app;
    if (message.type !== "trimmed" && message.type !== "repaired") return false;
    if (data.merge !== "active-passive") return false;
    return this.#underWay > 0 || message.epoch < (record?.epoch ?? 0);
  }

  /** The region serves: what it tried before is over. */
  reset(): void {
    this.#tries = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  #mayTry(now: Instant): boolean {
    return this.#underWay === 0 && now.mono >= this.#notBefore;
  }

  /** A serving region seems to be gone. */
  considerTakeover(now: Instant): void {
    const { record, suspected, site, holding, data } = this.#app;
    if (data.building.isUnderWay(site.engine)) this.#builtAt = now.mono;
    if (record === undefined || record.phase === "fenced" || !this.#mayTry(now)) return;
    if (this.isHeld) return;
    const gone = record.serving.find((holder) => suspected.includes(holder.region));
    if (gone === undefined || gone.region === site.self.region) {
      this.#staggeredFor = "";
      return;
    }
    if (record.mode === "active-active") {
      if (holding !== undefined) this.#leave(gone.region, now);
      return;
    }
    const { options, healthy, lostAt, silent } = this.#app;
    // Leaving a region that is gone is never delayed.
    const isCooling = now.mono - lostAt < options.coolDownMs || this.#hasJustBuilt(now);
    if (isCooling && !silent.includes(gone.region)) return;
    if (!healthy || !this.isCandidate(now)) return;
    const key = `${gone.region}#${record.epoch}`;
    if (this.#staggeredFor !== key) {
      this.#staggeredFor = key;
      this.#notBefore = now.mono + staggerMs(record, site.self.region);
    }
    if (!this.#mayTry(now)) return;
    this.take({ cause: "takeover", replacing: gone.region }, now);
  }

  /** Regions that were started together build together, and one is done a little earlier. */
  #hasJustBuilt(now: Instant): boolean {
    const hasFollowedSince = this.#app.caughtUpAt > this.#builtAt;
    return now.mono - this.#builtAt < BUILT_APART_MS && !hasFollowedSince;
  }

  /** The record names this region's earlier incarnation, or it may join. */
  considerServing(now: Instant): void {
    const { record, site } = this.#app;
    if (record === undefined || record.phase === "fenced" || !this.#mayTry(now)) return;
    const { region } = site.self;
    if (record.mode === "active-active") {
      if (this.#app.data.building.isUnderWay(site.engine)) return;
      if (!record.regions.includes(region) || isLeaving(record, region)) return;
      // One that lacks what the others have would answer without it.
      if (this.#app.data.state(site.engine).isPartial === true) return;
      if (this.#isBehind(record)) return;
      this.propose("join", (next, change) => changes.join(next, site.self, change), now);
    } else if (record.serving.some((holder) => holder.region === region)) {
      // A store that was rolled back lacks what it once acknowledged: another region has it.
      const state = this.#app.data.state(site.engine);
      if (state.mustReach !== undefined || isAhead(state, this.#app.log)) return;
      // Also while it builds indexes: it begins after them, unless another region is done before.
      this.take({ cause: "restart" }, now);
    }
  }

  /**
   * One that was away would answer without what was written meanwhile: it waits for what the
   * regions have that serve. Not for one that does not answer here, which may be lost.
   */
  #isBehind({ serving }: RoutingRecord): boolean {
    const { site, suspected } = this.#app;
    const others = serving
      .map(({ region }) => region)
      .filter((region) => region !== site.self.region && !suspected.includes(region));
    return this.#lacks(others);
  }

  #leave(region: string, now: Instant): void {
    const gone = this.#app.record?.serving.find((holder) => holder.region === region);
    if (gone === undefined) return;
    const next: Next = (record, change, isSuspected) =>
      !this.isHeld && isSuspected(region) ? changes.leave(record, gone, change) : "drop";
    this.propose(`${region} does not answer`, next, now);
  }

  /** Becomes the holder; the first record of an app too. */
  take(options: TakeOptions, now: Instant): void {
    const { site } = this.#app;
    const { cause, replacing, forced = false } = options;
    const base = this.#app.record?.version;
    const reason =
      options.reason ?? (replacing === undefined ? cause : `${replacing} does not answer`);
    const made = this.#app.change(options.by ?? site.self.region, reason, now);
    const named = { ...made, changeId: options.commandId ?? made.changeId };
    const change = options.acceptDataLoss === true ? changes.withLoss(named) : named;
    let refusal = "the record changed meanwhile";
    this.#underWay++;
    const next: Next = (record, _change, isSuspected) => {
      if (record.version !== base) return { ok: false, reason: refusal };
      if (replacing !== undefined && (this.isHeld || !isSuspected(replacing))) return "drop";
      return changes.takeOver(record, site.self, { forced, cause }, change);
    };
    this.#app.registrar.propose(
      {
        change: ({ value, isSuspected }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined) {
            return cause === "create"
              ? changes.create(this.#app.options, site.self, change)
              : undefined;
          }
          if (changes.contains(record, change.changeId)) return undefined;
          const taken = next(record, change, isSuspected);
          if (taken === "drop") return taken;
          if (!taken.ok) refusal = taken.reason;
          return taken.ok ? taken.record : undefined;
        },
        done: (end, at) => {
          this.#pause(at);
          const record = end.value as RoutingRecord;
          // Another region may have carried out the same command.
          if (record.changeId === change.changeId && holds(record, site.self)) {
            const fencedByInSyncSet = record.durability === "replicated" && !record.forced;
            const waitMs = site.routingRules.waitBeforeBeginMs(fencedByInSyncSet, end.remainingMs);
            this.#app.won(record.epoch, waitMs);
          }
          this.#finish(end, change.changeId, at);
          const isDone = changes.contains(record, change.changeId);
          if (isDone) options.answer?.({ kind: "ok", value: record });
          else options.answer?.({ kind: "failed", code: "not-allowed", reason: refusal });
        },
        dropped: (at) => this.#pause(at),
      },
      now,
    );
  }

  /** Changes the record by itself, once; the outcome is only learned. */
  propose(reason: string, next: Next, now: Instant): void {
    const change = this.#app.change(this.#app.site.self.region, reason, now);
    this.#underWay++;
    this.#app.registrar.propose(
      {
        change: ({ value, isSuspected }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined || changes.contains(record, change.changeId)) return undefined;
          const changed = next(record, change, isSuspected);
          if (changed === "drop") return changed;
          return changed.ok ? changed.record : undefined;
        },
        dropped: (at) => this.#pause(at),
        done: (end, at) => {
          this.#pause(at);
          const record = end.value as RoutingRecord | undefined;
          if (record?.changeId === change.changeId) this.reset();
          this.#finish(end, change.changeId, at);
        },
      },
      now,
    );
  }

  #pause(now: Instant): void {
    this.#underWay--;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#tries);
    this.#tries++;
    this.#notBefore = now.mono + pauseMs * this.#app.site.rng.next();
  }

  #finish(end: IntentEnd, changeId: string, now: Instant): void {
    const record = end.value as RoutingRecord | undefined;
    if (record === undefined) return;
    this.#app.learn(record, end.ballot, now);
    if (record.changeId !== changeId) return;
    const { lease } = this.#app.site;
    const { routingRules, terms } = this.#app.site;
    const shorterMs = terms.leaseMs - (end.leaseMs ?? terms.leaseMs);
    const sentAt = routingRules.countedFrom(end.acceptSentAt, shorterMs);
    lease.grantedAt(this.#app.options.app, record.epoch, end.acceptedBy, sentAt);
    this.#app.push(end);
  }
}
