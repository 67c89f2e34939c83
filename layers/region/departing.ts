/**
 * How a region that is leaving an app goes: when nothing is left that only it has. *pure core*
 *
 *   active-passive   out of the in-sync set (in-sync-upkeep.ts), caught up with a holder that it
 *                    hears, nothing stranded that nobody has judged
 *   active-active    its gate closes (holding.ts) and what waits is answered; every other serving
 *                    region has every log that is here
 *   both             after that every other serving region has said that it lacks no bytes
 *
 * It says so itself, in the register: nobody else knows. One that is dead cannot, and leaves only
 * by an operator's word (region-changing.ts).
 */
import type { Instant } from "../../base/clock.ts";
import { isLeaving, type RoutingRecord } from "../routing/record.ts";
import { depart } from "../routing/region-changes.ts";
import type { AppParts } from "./app-parts.ts";
import type { Commands } from "./commands.ts";
import type { LateWrites } from "./late-writes.ts";

const PAUSE_MS = 200;
const HEARD_MS = 1000;

export class Departing {
  readonly #app: AppParts;
  readonly #commands: Commands;
  readonly #late: LateWrites;
  #isProposed = false;
  /** The question whether it may go, since all else was found done. */
  #going: { readonly id: string; readonly agreed: Set<string>; askedAt: number } | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(app: AppParts, commands: Commands, late: LateWrites) {
    this.#app = app;
    this.#commands = commands;
    this.#late = late;
  }

  tick(now: Instant): void {
    const { record, site } = this.#app;
    const { region } = site.self;
    if (record === undefined || !isLeaving(record, region)) return;
    if (this.#isProposed || now.mono < this.#notBefore) return;
    if (!this.#isBare(record, now)) {
      this.#going = undefined;
      return;
    }
    if (!this.#areAgreed(record, now)) return;
    this.#going = undefined;
    this.#isProposed = true;
    this.#commands.change(
      region,
      "nothing is left that only this region has",
      (next, change) => depart(next, region, false, change),
      () => {
        this.#isProposed = false;
        this.#notBefore = now.mono + PAUSE_MS;
      },
      now,
    );
  }

  mayGo(region: string, id: string): void {
    if (this.#going?.id === id) this.#going.agreed.add(region);
  }

  #areAgreed(record: RoutingRecord, now: Instant): boolean {
    const { site } = this.#app;
    this.#going ??= { id: site.newId(), agreed: new Set(), askedAt: Number.NEGATIVE_INFINITY };
    const { id, agreed, askedAt } = this.#going;
    const others = record.serving.map(({ region }) => region).filter((r) => r !== site.self.region);
    const open = others.filter((region) => !agreed.has(region));
    if (open.length === 0) return true;
    if (now.mono - askedAt >= PAUSE_MS) {
      this.#going.askedAt = now.mono;
      for (const region of open) this.#app.send(region, { type: "going", id });
    }
    return false;
  }

  /** Whether nothing but bytes may be left that only this region has. */
  #isBare(record: RoutingRecord, now: Instant): boolean {
    const { site, data, log, holding, caughtUpAt } = this.#app;
    const { region } = site.self;
    const state = data.state(site.engine);
    if (data.stranded(site.engine, 1).length > 0) return false;
    if (record.mode === "active-active") {
      const others = record.serving.filter((holder) => holder.region !== region);
      if (holding !== undefined && !isDrained(holding)) return false;
      return others.length > 0 && this.#late.areMirrors(others.map((holder) => holder.region));
    }
    if (holding !== undefined || record.serving.some((holder) => holder.region === region)) {
      return false;
    }
    const isInSync = record.inSyncRegions.includes(region);
    if (isInSync && record.durability === "replicated") return false;
    const isWhole = state.repairUntil.position <= log.end.position;
    return log.end.epoch === record.epoch && isWhole && now.mono - caughtUpAt < HEARD_MS;
  }
}

const isDrained = ({
  gate,
  waitingWrites,
  ownFlushed,
  log,
}: NonNullable<AppParts["holding"]>): boolean =>
  gate !== "open" && waitingWrites === 0 && ownFlushed === log.end.position;
