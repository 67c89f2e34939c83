/**
 * Adding and removing a region of a deployment that serves, asked of any other region. *pure core*
 *
 *   add     its voter answers --> members (with the witness, where their number asks for it)
 *           --> every app's record names it: holders ship to it, and it is rebuilt
 *   remove  every app's record says that it is leaving --> it has gone from every app, by itself
 *           (departing.ts) --> members without it
 *
 * All that was reached is in the registers, so whoever asks again, of whichever region, goes on
 * where it stopped; each step looks first whether it is done.
 *
 * Not promised: that the data has arrived when an adding is done; AppRegion.hasArrived tells.
 */
import type { Instant } from "../../base/clock.ts";
import { failed, type Outcome, ok, unknown } from "../../base/outcome.ts";
import {
  isJoint,
  isMember,
  MEMBERS,
  type Members,
  newVoterSites,
  withoutRegion,
  withRegion,
} from "../routing/members.ts";
import type { VoterReply } from "../routing/messages.ts";
import { isLeaving, servingRegionsOf } from "../routing/record.ts";
import { addRegion, depart, retire, whyNotLeave } from "../routing/region-changes.ts";
import type { AppRegion } from "./app-region.ts";
import type { MemberList } from "./member-list.ts";
import type { Site } from "./site.ts";

export interface RegionRequest {
  readonly change: "add" | "remove";
  readonly region: string;
  /** Who asked, for the journal. */
  readonly by: string;
  /** Removes a region although it does not answer: what only it has is gone. */
  readonly acceptDataLoss?: boolean;
  readonly waitMs?: number;
}

/** `busy`: this region is at another change, and may be asked again. */
export type RegionChangeCode =
  | "busy"
  /** Its voter does not answer; nothing has changed. */
  | "silent"
  | "not-allowed"
  | "unknown-region"
  | "would-lose-data"
  | "no-majority";
export type RegionChangeEnd = Outcome<Members, RegionChangeCode>;
export type RegionChangeAnswer = (end: RegionChangeEnd) => void;

type Step = "voters" | "records" | "marking" | "draining" | "keeping";

interface Running {
  readonly request: RegionRequest;
  readonly answer: RegionChangeAnswer;
  readonly beganAt: number;
  step: Step;
  /** Since when. */
  since: number;
  /** Apps with a proposal whose end is not known. */
  readonly open: Set<string>;
  /** Apps whose record was read since this began: what was known before may be old. */
  readonly read: Set<string>;
  /** When something was last proposed, by app. */
  readonly proposedAt: Map<string, number>;
  failure?: RegionChangeEnd;
}

const DEFAULT_WAIT_MS = 60_000;
const ASK_EVERY_MS = 100;
const LOOK_EVERY_MS = 250;
/** A region that is alive says itself that it may go; one that does not is not waited for longer. */
const FORCE_AFTER_MS = 3000;
/** Matches no round: its answer only tells who the voter is. */
const NO_ROUND = -1;

export class RegionChanging {
  readonly #site: Site;
  readonly #apps: ReadonlyMap<string, AppRegion>;
  readonly #list: MemberList;
  readonly #voterIds = new Map<string, string>();
  #running: Running | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(site: Site, apps: ReadonlyMap<string, AppRegion>, list: MemberList) {
    this.#site = site;
    this.#apps = apps;
    this.#list = list;
  }

  begin(request: RegionRequest, answer: RegionChangeAnswer, now: Instant): void {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      answer(refusal);
      return;
    }
    const step = request.change === "add" ? "voters" : "marking";
    const [beganAt, since] = [now.mono, now.mono];
    this.#voterIds.clear();
    const [open, read, proposedAt] = [new Set<string>(), new Set<string>(), new Map()];
    const running = { request, answer, step, beganAt, since, open, read, proposedAt } as const;
    this.#running = { ...running };
    for (const [id, app] of this.#apps) app.read(() => read.add(id), now);
    this.tick(now);
  }

  #refusal({ change, region }: RegionRequest): RegionChangeEnd | undefined {
    if (this.#running !== undefined) {
      const { request } = this.#running;
      const what = request.change === "add" ? "added" : "removed";
      return failed("busy", `${request.region} is being ${what}: wait for its end`);
    }
    if (region === this.#site.self.region) {
      return failed("not-allowed", `${region} cannot ${change} itself: ask another region`);
    }
    const members = this.#site.members();
    const isGone = members.removed?.includes(region) === true;
    if (change === "add") {
      const reason = `${region} was removed once; a removed id is never used again`;
      return isGone ? failed("not-allowed", reason) : undefined;
    }
    if (isGone || members.regions.includes(region) || this.#appsOf(region).length > 0) {
      return undefined;
    }
    const known = members.regions.join(", ");
    return failed("unknown-region", `${region} is no member; there are ${known}`);
  }

  /** Any answer of a voter tells its id. */
  voterReply(reply: VoterReply): void {
    if (this.#running !== undefined) this.#voterIds.set(reply.site, reply.voterId);
  }

  tick(now: Instant): void {
    const running = this.#running;
    if (running === undefined) return;
    const { waitMs = DEFAULT_WAIT_MS } = running.request;
    if (running.step === "keeping") this.#keep(running, now);
    else if (now.mono - running.beganAt > waitMs) this.#tooLong(running, now);
    else if (running.read.size < this.#apps.size) return;
    else if (running.request.change === "add") this.#add(running, now);
    else this.#remove(running, now);
  }

  // --- adding

  #add(running: Running, now: Instant): void {
    const { region } = running.request;
    const members = this.#site.members();
    if (isJoint(members)) return;
    if (!isMember(members, region)) {
      this.#reshape(running, members, [...members.regions, region], now);
      return;
    }
    this.#to(running, "records", now);
    let isDone = true;
    for (const app of this.#apps.values()) {
      const { record, options } = app;
      if (record?.regions.includes(region) && !isLeaving(record, region)) continue;
      isDone = false;
      this.#propose(running, app, now, (old, change) =>
        addRegion(old, region, options.inSyncTarget, change),
      );
    }
    if (isDone) this.#end(running, ok(members));
  }

  // --- removing

  #remove(running: Running, now: Instant): void {
    const { region } = running.request;
    const apps = this.#appsOf(region);
    if (apps.length > 0) {
      if (apps.every(({ record }) => record && isLeaving(record, region))) {
        this.#drain(running, apps, now);
      } else this.#mark(running, apps, now);
      return;
    }
    const members = this.#site.members();
    if (isJoint(members)) return;
    if (!members.regions.includes(region)) return this.#end(running, ok(members));
    const left = members.regions.filter((one) => one !== region);
    if (left.length === 0) {
      return this.#end(running, failed("not-allowed", `${region} is the last region`));
    }
    this.#reshape(running, members, left, now);
  }

  #mark(running: Running, apps: readonly AppRegion[], now: Instant): void {
    const { region } = running.request;
    if (running.step !== "marking") {
      return this.#giveUp(running, failed("not-allowed", `somebody keeps ${region}`), now);
    }
    const refusals = apps.flatMap(({ record, options }) =>
      record === undefined ? [] : (whyNotLeave(record, region, options.minInSync) ?? []),
    );
    if (refusals.length > 0) {
      return this.#giveUp(running, failed("not-allowed", refusals.join("; ")), now);
    }
    for (const app of apps) {
      if (app.record === undefined || isLeaving(app.record, region)) continue;
      this.#propose(running, app, now, (old, change) =>
        retire(old, region, app.options.minInSync, change),
      );
    }
  }

  #drain(running: Running, apps: readonly AppRegion[], now: Instant): void {
    this.#to(running, "draining", now);
    this.#look(now);
    const { region, acceptDataLoss, waitMs = DEFAULT_WAIT_MS } = running.request;
    const forceAfterMs = Math.min(FORCE_AFTER_MS, waitMs / 3);
    const isForced = acceptDataLoss === true && now.mono - running.since > forceAfterMs;
    for (const app of apps) {
      const { record } = app;
      if (record === undefined) continue;
      const isHolder = servingRegionsOf(record).includes(region);
      if (isHolder && record.mode === "active-passive") {
        const reason = `${region} has taken ${record.app} over meanwhile: switch it over first`;
        return this.#giveUp(running, failed("not-allowed", reason), now);
      }
      if (!isForced) continue;
      this.#propose(running, app, now, (old, change) =>
        depart(old, region, true, { ...change, reason: "removed with --accept-data-loss" }),
      );
    }
  }

  /** It stays a region of every app, also of those that it has left: nothing is half removed. */
  #giveUp(running: Running, failure: RegionChangeEnd, now: Instant): void {
    running.failure = failure;
    this.#to(running, "keeping", now);
    this.#keep(running, now);
  }

  #keep(running: Running, now: Instant): void {
    const { region } = running.request;
    const isWhole = ({ record }: AppRegion): boolean =>
      record?.regions.includes(region) === true && !isLeaving(record, region);
    const left = [...this.#apps.values()].filter((app) => !isWhole(app));
    const end = running.failure ?? unknown("it was given up");
    if (left.length === 0 && running.open.size === 0) return this.#end(running, end);
    if (now.mono - running.since > FORCE_AFTER_MS) {
      const reason = end.kind === "ok" ? "" : end.reason;
      return this.#end(running, unknown(`${reason}; ${region} may be marked as leaving`));
    }
    for (const app of left) {
      this.#propose(running, app, now, (old, change) =>
        addRegion(old, region, app.options.inSyncTarget, change),
      );
    }
  }

  // --- both

  #reshape(running: Running, members: Members, next: readonly string[], now: Instant): void {
    this.#to(running, "voters", now);
    const unknownSites = newVoterSites(members, next).filter((site) => !this.#voterIds.has(site));
    if (unknownSites.length > 0) {
      if (now.mono - this.#askedAt < ASK_EVERY_MS) return;
      this.#askedAt = now.mono;
      for (const site of unknownSites) {
        const { self: from } = this.#site;
        const head = { register: MEMBERS, round: NO_ROUND, membersVersion: members.version, from };
        this.#site.send(`voter/${site}`, { ...head, type: "query" });
      }
      return;
    }
    if (this.#list.isBusy) return;
    const { change, region } = running.request;
    const reshaped = change === "add" ? withRegion : withoutRegion;
    this.#list.change((old, id) => {
      const changed = reshaped(old, region, this.#voterIds, id);
      return changed.ok ? changed.members : undefined;
    }, now);
  }

  /** One proposal at a time for an app; what came of it is seen in its record. */
  #propose(
    running: Running,
    app: AppRegion,
    now: Instant,
    next: Parameters<AppRegion["commands"]["change"]>[2],
  ): void {
    const id = app.options.app;
    const isPausing = now.mono - (running.proposedAt.get(id) ?? 0) < LOOK_EVERY_MS;
    if (running.open.has(id) || isPausing) return;
    running.open.add(id);
    running.proposedAt.set(id, now.mono);
    const { change, by } = running.request;
    app.commands.change(by, `region ${change}`, next, () => running.open.delete(id), now);
  }

  #tooLong(running: Running, now: Instant): void {
    const { change, region } = running.request;
    if (running.step === "draining") {
      const apps = this.#appsOf(region).map(({ options }) => options.app);
      const reason =
        `${region} may have what no other region has of ${apps.join(", ")}: it does not answer, ` +
        "or the others have not caught up";
      return this.#giveUp(running, failed("would-lose-data", reason), now);
    }
    const silent = newVoterSites(this.#site.members(), [region]).filter(
      (site) => !this.#voterIds.has(site),
    );
    const isUntouched = running.step === "voters" && !isJoint(this.#site.members());
    if (change === "add" && isUntouched && silent.includes(region) && !this.#list.isBusy) {
      return this.#end(running, failed("silent", `the voter of ${region} does not answer`));
    }
    this.#end(running, unknown("no majority of voters has answered in time; it may still happen"));
  }

  #to(running: Running, step: Step, now: Instant): void {
    if (running.step === step) return;
    running.step = step;
    running.since = now.mono;
  }

  #end(running: Running, end: RegionChangeEnd): void {
    this.#running = undefined;
    running.answer(end);
  }

  #appsOf(region: string): readonly AppRegion[] {
    return [...this.#apps.values()].filter(({ record }) => record?.regions.includes(region));
  }

  /** Records are pushed; a push that was lost is made up for. */
  #look(now: Instant): void {
    if (now.mono - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now.mono;
    for (const app of this.#apps.values()) app.readSoon(now);
  }
}
