/**
 * For which names this region decides, in an app that several regions serve: such as a warehouse,
 * whose last copy only one of them may sell. *pure core*
 *
 * The routing record says who is the home of a name (home-changes.ts); this is how one region
 * claims it, opens it, and hands it over. Of an active-passive app the holder is every name's home.
 *
 *   none, or lost --claimed by the first of the preference that serves--> opening
 *   opening --every lease that the old home may hold has run out--> open
 *   open --a preferred region has served for long, and holds nearly every log--> draining
 *   draining --that one holds every log as far as it was here--> proposing --> open over there
 *            \--not within DRAIN_LIMIT_MS--> open
 *
 * Invariants
 *  N1 two regions never acknowledge for one name side by side (I14) (#opens, the lease, R4)
 *  N2 who is handed a name holds all that the old home held (I15)   (#giving)
 *  N3 who claims a name had the old home's log, and all that it told of, as of no more than rpoMs
 *     before; else an operator has to say so                        (#isFresh)
 * Not promised: after a claim, that what the old home acknowledged last is here. It comes late.
 */
import type { Instant } from "../../base/clock.ts";
import { failed } from "../../base/outcome.ts";
import type { HomeClaim } from "../key-value/port.ts";
import { type Change, type Changed, contains, withLoss } from "../routing/changes.ts";
import { claimHomes, giveHome, type Vacant } from "../routing/home-changes.ts";
import type { CommandCode, HomeState, HomeView } from "../routing/port.ts";
import { isLeaving, type RoutingRecord, servingRegionsOf } from "../routing/record.ts";
import type { IntentEnd } from "../routing/registrar.ts";
import type { AppParts, CommandAnswer } from "./app-parts.ts";
import type { WriteRequest } from "./holding.ts";
import type { LateWrites, LogEnds } from "./late-writes.ts";

interface TakenBy {
  readonly by: string;
  readonly reason: string;
  readonly acceptDataLoss: boolean;
  readonly commandId?: string;
}

interface Giving {
  readonly name: string;
  readonly to: string;
  /** What the other has to hold: every log, as far as it was here when the name was closed. */
  readonly ends: LogEnds;
  readonly until: number;
  isProposed: boolean;
}

/** A name is closed for so long at most, where the other region does not follow. */
const DRAIN_LIMIT_MS = 1000;
const AGAIN_AFTER_MS = 5000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** A region that came back is given its names again after so long without a fault. */
const SETTLED_MS = 30_000;
const FIRST_WAIT_MS = 5000;

/** Answers at once what only another region may decide. The rest. */
export function admitted(
  homes: Homes,
  requests: readonly WriteRequest[],
  now: Instant,
): readonly WriteRequest[] {
  return requests.filter(({ home, answer }) => {
    const reason = home && homes.refusal(home, now);
    if (reason !== undefined) answer(failed("elsewhere", reason));
    return reason === undefined;
  });
}

export class Homes {
  readonly #app: AppParts;
  readonly #late: LateWrites;
  readonly #isHeld: () => boolean;
  /** Names that the record gives to this region, and from when on it may decide. */
  readonly #opens = new Map<string, { readonly term: number; readonly at: number }>();
  /** `region#incarnation` that serve, and since when, as far as this process has seen it. */
  readonly #servedSince = new Map<string, number>();
  #claimed: Vacant = new Map();
  #giving: Giving | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  #tries = 0;
  #seen: RoutingRecord | undefined;

  /** `isHeld`: a planned stop or start is under way; who is gone for it is not replaced. */
  constructor(app: AppParts, late: LateWrites, isHeld: () => boolean) {
    this.#app = app;
    this.#late = late;
    this.#isHeld = isHeld;
  }

  /** Why a write for this name is refused here; undefined where it is admitted. */
  refusal({ name, term }: HomeClaim, now: Instant): string | undefined {
    const { record, holding, options, site } = this.#app;
    if (!Object.hasOwn(options.homes ?? {}, name)) return `${name} is no home of ${options.app}`;
    if (options.mode === "active-passive") {
      return holding?.epoch === term ? undefined : `${name} has moved`;
    }
    const home = record?.homes?.[name];
    const isHere = site.rules.isHome(home?.region === site.self.region);
    if (!isHere) return `${home?.region ?? "no region"} decides for ${name}`;
    const state = this.#stateOf(name, now);
    if (site.rules.isHome(state === "open")) {
      return home?.term === term ? undefined : `${name} has moved, and come back`;
    }
    return `${name} is ${state} here`;
  }

  views(now: Instant): Readonly<Record<string, HomeView>> {
    const names = Object.keys(this.#app.options.homes ?? {});
    return Object.fromEntries(names.map((name) => [name, this.view(name, now)]));
  }

  view(name: string, now: Instant): HomeView {
    const { record, holding, options, site } = this.#app;
    if (options.mode === "active-passive") {
      const [region] = record === undefined ? [] : servingRegionsOf(record);
      const isOpen = region !== undefined && (region !== site.self.region || holding !== undefined);
      const state = isOpen ? "open" : "closed";
      return { region: region ?? null, term: holding?.epoch ?? record?.epoch ?? 0, state };
    }
    const { region = null, term = 0 } = record?.homes?.[name] ?? {};
    return { region, term, state: this.#stateOf(name, now) };
  }

  #stateOf(name: string, now: Instant): HomeState {
    const { record, holding, site } = this.#app;
    const home = record?.homes?.[name];
    if (record === undefined || home === undefined) return "closed";
    if (!servingRegionsOf(record).includes(home.region)) return "closed";
    if (home.region !== site.self.region) return "open";
    if (this.#giving?.name === name) return "moving";
    const opens = this.#opens.get(name);
    const isOpen = opens?.term === home.term && now.mono >= opens.at && holding !== undefined;
    return isOpen ? "open" : "opening";
  }

  tick(now: Instant): void {
    const { record, options, holding } = this.#app;
    if (options.homes === undefined || options.mode === "active-passive") return;
    if (record === undefined) return;
    this.#learn(record, now);
    if (holding === undefined || record.phase === "fenced") {
      if (this.#giving?.isProposed !== true) this.#giving = undefined;
      return;
    }
    if (this.#giving !== undefined) this.#drain(this.#giving, now);
    else if (now.mono >= this.#notBefore && this.#claimed.size === 0) {
      const vacant = this.#vacant(record, now);
      if (vacant.size > 0) this.#claim(vacant, this.#changeFor(vacant, now), now);
      else this.#considerGiving(record, now);
    }
  }

  #learn(record: RoutingRecord, now: Instant): void {
    const before = this.#seen;
    if (record.version === before?.version) return;
    this.#seen = record;
    const { self } = this.#app.site;
    const serving = new Set(record.serving.map((one) => `${one.region}#${one.incarnation}`));
    for (const known of this.#servedSince.keys()) {
      if (!serving.has(known)) this.#servedSince.delete(known);
    }
    for (const one of serving) {
      if (!this.#servedSince.has(one)) this.#servedSince.set(one, now.mono);
    }
    for (const [name, { region, term }] of Object.entries(record.homes ?? {})) {
      if (region !== self.region) this.#opens.delete(name);
      else if (this.#opens.get(name)?.term !== term && !this.#claimed.has(name)) {
        // An earlier process may have claimed it just before this one learned of any record.
        if (before === undefined) this.#openAfterLease(name, term, now);
        else this.#open(name, term, now.mono);
      }
    }
  }

  #open(name: string, term: number, at: number): void {
    this.#opens.set(name, { term, at });
  }

  /** After the longest lease that any voter may have granted. */
  #openAfterLease(name: string, term: number, now: Instant): void {
    const { registrar, site } = this.#app;
    this.#open(name, term, Number.POSITIVE_INFINITY);
    registrar.read((end, at) => {
      if (this.#opens.get(name)?.term !== term) return;
      this.#open(name, term, at.mono + Math.max(site.terms.leaseMs, end.longestLeaseMs));
    }, now);
  }

  #changeFor(vacant: Vacant, now: Instant): Change {
    const why = [...vacant].map(([name, home]) => `${name}: ${home?.region ?? "no region"}`);
    const reason = `the home is gone of ${why.join(", ")}`;
    return this.#app.change(this.#app.site.self.region, reason, now);
  }

  #vacant(record: RoutingRecord, now: Instant): Vacant {
    const names = Object.keys(this.#app.options.homes ?? {});
    const mine = names.filter((name) => this.#mayClaim(name, record, now));
    return new Map(mine.map((name) => [name, record.homes?.[name]]));
  }

  #mayClaim(name: string, record: RoutingRecord, now: Instant): boolean {
    const { healthy, site } = this.#app;
    const home = record.homes?.[name];
    if (this.#isHeld() || this.#preferred(name, record) !== site.self.region) return false;
    if (home === undefined) return this.#mayBeginWith(name, record, now);
    if (!this.#isGone(name, record)) return false;
    return record.policy === "automatic" && healthy && this.#isFresh(name, record, now);
  }

  /** At its first start a deployment waits a little for the region that should decide. */
  #mayBeginWith(name: string, { regions }: RoutingRecord, now: Instant): boolean {
    const { options, site, holding } = this.#app;
    const named = options.homes?.[name] ?? [];
    const first = [...named, ...regions].find((region) => regions.includes(region));
    if (first === site.self.region) return true;
    const waitMs = Math.min(FIRST_WAIT_MS, this.#settledMs);
    return holding !== undefined && now.mono - holding.beganMono >= waitMs;
  }

  get #settledMs(): number {
    return this.#app.options.homeSettledMs ?? SETTLED_MS;
  }

  #preferred(name: string, record: RoutingRecord): string | undefined {
    const serving = servingRegionsOf(record);
    const named = this.#app.options.homes?.[name] ?? [];
    return [...named, ...record.regions].find(
      (region) => serving.includes(region) && !isLeaving(record, region),
    );
  }

  /**
   * An operator's word: this region takes every name whose region is gone, whatever it prefers, and
   * with `acceptDataLoss` also where it does not know what that one did last.
   */
  takeOver(by: TakenBy, answer: CommandAnswer, now: Instant): void {
    const { record, options, holding, site } = this.#app;
    const refuse = (code: CommandCode, reason: string): void =>
      answer({ kind: "failed", code, reason });
    if (record === undefined || holding === undefined) {
      return refuse("not-serving", `${site.self.region} does not serve ${options.app} now`);
    }
    if (this.#claimed.size > 0) return refuse("not-allowed", "names are being claimed: try again");
    const gone = Object.keys(options.homes ?? {}).filter((name) => this.#isGone(name, record));
    if (gone.length === 0) {
      return refuse("not-allowed", `${site.self.region} serves ${options.app} already`);
    }
    const unsure = gone.filter((name) => !this.#isFresh(name, record, now));
    if (unsure.length > 0 && !by.acceptDataLoss) {
      const reason = `${site.self.region} may lack what was decided last for ${unsure.join(", ")}`;
      return refuse("would-lose-data", reason);
    }
    const made = this.#app.change(by.by, by.reason, now);
    const change = { ...made, changeId: by.commandId ?? made.changeId };
    const vacant = new Map(gone.map((name) => [name, record.homes?.[name]]));
    this.#claim(vacant, unsure.length > 0 ? withLoss(change) : change, now, answer);
  }

  #isGone(name: string, record: RoutingRecord): boolean {
    const home = record.homes?.[name];
    return home === undefined || !servingRegionsOf(record).includes(home.region);
  }

  /** This region had all that the home told of, not long ago. */
  #isFresh(name: string, record: RoutingRecord, now: Instant): boolean {
    const home = record.homes?.[name];
    if (home === undefined || home.region === this.#app.site.self.region) return true;
    return now.mono - this.#late.wholeAt(home.region) <= this.#app.options.rpoMs;
  }

  #claim(vacant: Vacant, change: Change, now: Instant, answer?: CommandAnswer): void {
    const { site } = this.#app;
    this.#claimed = vacant;
    this.#propose(
      change,
      (record) => claimHomes(record, vacant, site.self, change),
      (end, isDone, at) => {
        this.#claimed = new Map();
        const record = end.value as RoutingRecord;
        const longestMs = Math.max(site.terms.leaseMs, end.longestLeaseMs);
        const waitMs = isDone ? site.rules.homeOpensAfterMs(end.remainingMs) : longestMs;
        for (const name of vacant.keys()) {
          const home = record.homes?.[name];
          const isKnown = home === undefined || this.#opens.get(name)?.term === home.term;
          if (isKnown || home.region !== site.self.region) continue;
          this.#open(name, home.term, at.mono + waitMs);
        }
        if (isDone) answer?.({ kind: "ok", value: record });
        else answer?.({ kind: "failed", code: "not-allowed", reason: "the record changed" });
      },
      now,
    );
  }

  #considerGiving(record: RoutingRecord, now: Instant): void {
    const { options, suspected, site } = this.#app;
    for (const name of Object.keys(options.homes ?? {})) {
      if (record.homes?.[name]?.region !== site.self.region) continue;
      if (this.#stateOf(name, now) !== "open") continue;
      const to = this.#preferred(name, record);
      if (to === undefined || to === site.self.region || suspected.includes(to)) continue;
      const one = record.serving.find(({ region }) => region === to);
      const since = this.#servedSince.get(`${to}#${one?.incarnation}`) ?? now.mono;
      if (now.mono - since < this.#settledMs) continue;
      if (!this.#late.isNear(to)) continue;
      const ends = this.#late.endsHere();
      this.#giving = { name, to, ends, until: now.mono + DRAIN_LIMIT_MS, isProposed: false };
      return;
    }
  }

  #drain(giving: Giving, now: Instant): void {
    const { holding, log, site } = this.#app;
    if (giving.isProposed || holding === undefined) return;
    const { name, to, ends, until } = giving;
    const isAnswered = holding.committed >= (ends.get(log.lineage) ?? 0);
    const holdsAll = site.rules.followsHome(isAnswered && this.#late.holds(to, ends));
    if (!holdsAll) {
      if (now.mono < until) return;
      this.#giving = undefined;
      this.#notBefore = now.mono + AGAIN_AFTER_MS;
      return;
    }
    giving.isProposed = true;
    const reason = `${to} serves again, and holds all that is here: ${name}`;
    const change = this.#app.change(site.self.region, reason, now);
    this.#propose(
      change,
      (record) => giveHome(record, name, site.self, to, change),
      (end, isDone, at) => {
        this.#giving = undefined;
        const home = (end.value as RoutingRecord).homes?.[name];
        // Known not to have happened: this region is the home as before.
        if (!isDone && home?.region !== site.self.region) this.#opens.delete(name);
        if (!isDone) this.#notBefore = at.mono + AGAIN_AFTER_MS;
      },
      now,
    );
  }

  #propose(
    change: Change,
    next: (record: RoutingRecord) => Changed,
    done: (end: IntentEnd, isDone: boolean, now: Instant) => void,
    now: Instant,
  ): void {
    this.#app.registrar.propose(
      {
        change: ({ value }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined || contains(record, change.changeId)) return undefined;
          const changed = next(record);
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          const record = end.value as RoutingRecord;
          const isDone = contains(record, change.changeId);
          this.#tries = isDone ? 0 : this.#tries + 1;
          const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#tries);
          this.#notBefore = at.mono + pauseMs * this.#app.site.rng.next();
          done(end, isDone, at);
          this.#app.learn(record, end.ballot, at);
          if (record.changeId === change.changeId) this.#app.push(end);
        },
      },
      now,
    );
  }
}
