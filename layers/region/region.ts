/**
 * One region of a deployment: its apps, the member list, and where messages go. *pure core*
 *
 * The voter and the renewals are beside it (voter.ts, renewer.ts), on another thread where the
 * target has one. This is what both the simulated world and a real process run.
 */
import type { Instant } from "../../base/clock.ts";
import { EngineFullError } from "../key-value/engine-errors.ts";
import { MEMBERS, votersOf } from "../routing/members.ts";
import type { RenewApp, VoterReply } from "../routing/messages.ts";
import type { Observed } from "../routing/renewer.ts";
import type { Suspicions } from "../routing/voter.ts";
import { type AppOptions, AppRegion } from "./app-region.ts";
import { hasArrived } from "./arriving.ts";
import { type Building, buildingText } from "./index-building.ts";
import { MemberList } from "./member-list.ts";
import type { RegionMessage } from "./messages.ts";
import { Reads } from "./reads.ts";
import { type RegionChangeAnswer, RegionChanging, type RegionRequest } from "./region-changing.ts";
import type { Site } from "./site.ts";

export class Region {
  readonly apps = new Map<string, AppRegion>();
  readonly reads = new Map<string, Reads>();
  readonly #site: Site;
  readonly #members: MemberList;
  readonly #changing: RegionChanging;
  #isOwnIncarnation = false;
  #flushed: number;

  constructor(site: Site, apps: readonly AppOptions[]) {
    this.#site = site;
    const openedSequence = site.engine.sequence;
    this.#flushed = openedSequence;
    for (const options of apps) {
      const app = new AppRegion(site, options, openedSequence, (acted) => this.#mayAct(acted));
      this.apps.set(options.app, app);
      this.reads.set(options.app, new Reads(app, site.self.region, site.engine));
    }
    const registrars = new Map([...this.apps].map(([id, { registrar }]) => [id, registrar]));
    this.#members = new MemberList(site, registrars);
    this.#changing = new RegionChanging(site, this.apps, this.#members);
  }

  boot(now: Instant): void {
    for (const app of this.apps.values()) app.boot(now);
  }

  /** Asked once: after that the voters may have heard of this very start. */
  #mayAct(acted: number): boolean {
    const { self, rules, countFrom } = this.#site;
    if (!this.#isOwnIncarnation && !rules.mayAct(self.incarnation, acted)) {
      countFrom(acted);
      return false;
    }
    this.#isOwnIncarnation = true;
    return true;
  }

  /** Renewals begin when every app has compared its log with what the voters remember. */
  get isBooted(): boolean {
    return [...this.apps.values()].every((app) => app.isBooted);
  }

  renewals(now: Instant): RenewApp[] {
    return [...this.apps.values()].map((app) => app.renewal(now));
  }

  message(message: RegionMessage, now: Instant): void {
    this.apps.get(message.app)?.message(message, now);
  }

  voterReply(reply: VoterReply, now: Instant): void {
    if (!("register" in reply)) return;
    this.#changing.voterReply(reply);
    if (reply.type === "recovering" && this.#isOwnIncarnation && this.#isKnownSite(reply.site)) {
      this.#members.recover({ site: reply.site, voterId: reply.voterId }, now);
    }
    if (reply.register === MEMBERS) this.#members.voterReply(reply, now);
    else this.apps.get(reply.register)?.registrar.step(reply, now);
  }

  /** Adds or removes another region of the deployment. */
  changeRegions(request: RegionRequest, answer: RegionChangeAnswer, now: Instant): void {
    if (!this.#isOwnIncarnation) {
      const reason = `${this.#site.self.region} has just started: ask again`;
      answer({ kind: "failed", code: "busy", reason });
      return;
    }
    this.#changing.begin(request, answer, now);
  }

  /** Whether this region has the data of every app that there was when it came. */
  get hasArrived(): boolean {
    return [...this.apps.values()].every(hasArrived);
  }

  #isKnownSite(site: string): boolean {
    return votersOf(this.#site.members()).some((voter) => voter.site === site);
  }

  /** The process ends: what the shell does for the apps is aborted. */
  end(): void {
    for (const app of this.apps.values()) app.preparing.stop("the region's process ends");
  }

  /** What the renewals' answers told. */
  observed(observed: Observed, now: Instant): void {
    for (const { app, voterId, accepted } of observed.accepted) {
      this.apps.get(app)?.observe(voterId, accepted, now);
    }
    for (const app of observed.behind) this.apps.get(app)?.voterUpkeep.isBehind(now);
    if (observed.members !== undefined) this.#site.onMembers(observed.members);
    if (observed.recovering !== undefined) this.#members.recover(observed.recovering, now);
  }

  suspect(suspicions: Suspicions, now: Instant): void {
    for (const [id, app] of this.apps) app.suspect(suspicions.get(id) ?? [], now);
  }

  /** While the deployment is started or stopped as a whole, who is gone is not replaced. */
  holdTakeovers(isHeld: boolean): void {
    for (const app of this.apps.values()) app.taking.isHeld = isHeld;
  }

  flushed(sequence: number, now: Instant): void {
    this.#flushed = sequence;
    for (const app of this.apps.values()) app.flushed(sequence, now);
  }

  /** After each batch of events: what was appended leaves now. */
  endTurn(now: Instant): void {
    for (const app of this.apps.values()) app.endTurn(now);
    for (const reads of this.reads.values()) reads.advance(now);
  }

  tick(now: Instant): void {
    if (this.#isOwnIncarnation) {
      this.#members.tick(now);
      this.#changing.tick(now);
    }
    for (const app of this.apps.values()) app.tick(now);
    for (const reads of this.reads.values()) reads.advance(now);
    this.#buildIndexes();
  }

  /** What is being built, app by app: it is not served here meanwhile. */
  get building(): (Building & { readonly app: string })[] {
    return [...this.apps].flatMap(([app, { data }]) => {
      const building = data.building.building(this.#site.engine);
      return building === undefined ? [] : [{ app, ...building }];
    });
  }

  /** Why this region does not serve an app yet, whatever its health journey says. */
  hindrance(app: string): string | undefined {
    const building = this.apps.get(app)?.data.building.building(this.#site.engine);
    return building && buildingText(building);
  }

  /** One batch for one app after the other; a full disk takes it later. */
  #buildIndexes(): void {
    const apps = [...this.apps.values()];
    const next =
      apps.find((app) => app.isBuilding)?.data ??
      apps.find(({ data }) => !data.building.isDone)?.data;
    try {
      next?.building.step(this.#site.engine, this.#flushed);
    } catch (error) {
      if (!(error instanceof EngineFullError)) throw error;
    }
  }
}
