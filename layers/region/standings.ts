/**
 * How far an app's regions are behind, as this region shows it wherever the app is served.
 * *pure core*
 *
 * A holder adds what it knows to what it ships anyway (shipping.ts); the others keep the last of
 * each holder, so that every region gives the same answer. Numbers of a holder that has fallen
 * silent become unknown (combineStandings).
 */
import type { Instant } from "../../base/clock.ts";
import type { ShownStanding, Standing, ToldStanding } from "../routing/standing.ts";
import { combineStandings, STANDING_KEPT_MS } from "../routing/standing.ts";
import type { AppParts } from "./app-parts.ts";
import type { RegionMessage } from "./messages.ts";

interface Kept {
  readonly standing: Standing;
  readonly epoch: number;
  readonly at: number;
}

type Seen = Pick<AppParts, "site" | "options" | "record" | "holding">;
type Told = Extract<RegionMessage, { type: "append" | "trimmed" }>;

export class Standings {
  readonly #app: Seen;
  readonly #kept = new Map<string, Kept>();

  constructor(app: Seen) {
    this.#app = app;
  }

  heard({ from, epoch, standing }: Told, now: Instant): void {
    if (standing === undefined) return;
    const known = this.#kept.get(from.region);
    if (known !== undefined && known.epoch > epoch) return;
    this.#kept.set(from.region, { standing, epoch, at: now.mono });
  }

  shown(now: Instant): ShownStanding {
    const { record, options } = this.#app;
    const regions = record?.regions ?? options.regions;
    const serving = record?.serving.map(({ region }) => region) ?? [];
    const others = regions.filter((region) => !serving.includes(region));
    return combineStandings(
      others,
      serving.map((region) => this.#toldBy(region, record?.epoch ?? 0, now)),
    );
  }

  /** Late writes that wait for a judgement, as the holder knows; of an active-passive app. */
  waiting(now: Instant): number | undefined {
    const { record } = this.#app;
    const holder = record?.serving[0]?.region;
    if (record === undefined || holder === undefined) return undefined;
    const told = this.#toldBy(holder, record.epoch, now);
    const isFresh = told !== undefined && told.ageMs <= STANDING_KEPT_MS;
    return isFresh ? told.standing.waiting : undefined;
  }

  #toldBy(region: string, epoch: number, now: Instant): ToldStanding | undefined {
    const { site, holding } = this.#app;
    if (region === site.self.region) {
      return holding && { standing: holding.standing(now), ageMs: 0 };
    }
    const kept = this.#kept.get(region);
    if (kept === undefined || kept.epoch < epoch) return undefined;
    return { standing: kept.standing, ageMs: now.mono - kept.at };
  }
}
