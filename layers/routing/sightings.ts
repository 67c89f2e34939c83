/**
 * What one voter has seen of each region: when it last heard of it, how it judges itself, and how
 * far its logs went. *pure state, kept in memory; the positions are put on disk every second*
 *
 * Silence and refused connections are only hints: they let a takeover begin, they fence nothing.
 * A region judges only itself; illness counts only while a healthy candidate is there, so the loss
 * of a peer, of the witness or of a link never costs a region its lease.
 */
import type { MonotonicMs } from "../../base/clock.ts";
import type { Memory, RenewApp, VoterRequest } from "./messages.ts";
import type { Holder, RoutingRecord } from "./record.ts";
import type { LeaseTerms } from "./rules.ts";

interface Sighting {
  incarnation: number;
  lastMono: MonotonicMs;
  refused: boolean;
  diedIncarnation: number;
  apps: ReadonlyMap<string, RenewApp>;
}

const KEEP_EVERY_MS = 1000;

export class Sightings {
  readonly #since: MonotonicMs;
  readonly #regions = new Map<string, Sighting>();
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor(since: MonotonicMs) {
    this.#since = since;
  }

  #of(region: string): Sighting {
    let sighting = this.#regions.get(region);
    if (sighting === undefined) {
      const apps = new Map<string, RenewApp>();
      sighting = {
        incarnation: 0,
        lastMono: this.#since,
        refused: false,
        diedIncarnation: 0,
        apps,
      };
      this.#regions.set(region, sighting);
    }
    return sighting;
  }

  heard(from: Holder, now: MonotonicMs): void {
    const sighting = this.#of(from.region);
    if (from.incarnation < sighting.incarnation) return;
    sighting.incarnation = from.incarnation;
    sighting.lastMono = now;
    sighting.refused = false;
  }

  renewed(message: Extract<VoterRequest, { type: "renew" }>, now: MonotonicMs): void {
    if (message.from.incarnation < this.#of(message.from.region).incarnation) return;
    this.heard(message.from, now);
    this.#of(message.from.region).apps = new Map(message.apps.map((app) => [app.app, app]));
  }

  refused(region: string): void {
    this.#of(region).refused = true;
  }

  died(holder: Holder): void {
    const sighting = this.#of(holder.region);
    sighting.diedIncarnation = Math.max(sighting.diedIncarnation, holder.incarnation);
  }

  isSilent(holder: Holder, now: MonotonicMs, terms: LeaseTerms): boolean {
    const sighting = this.#of(holder.region);
    return (
      sighting.refused ||
      sighting.diedIncarnation >= holder.incarnation ||
      sighting.incarnation > holder.incarnation ||
      now - sighting.lastMono > terms.suspectMs
    );
  }

  /** Up, but it says of itself that the app does not work, and another region could take it. */
  isIll(record: RoutingRecord, region: string, now: MonotonicMs, terms: LeaseTerms): boolean {
    if (this.#of(region).apps.get(record.app)?.healthy !== false) return false;
    for (const [other, sighting] of this.#regions) {
      const app = sighting.apps.get(record.app);
      if (other === region || app === undefined || !app.healthy || !app.eligible) continue;
      const there = { region: other, incarnation: sighting.incarnation };
      if (!this.isSilent(there, now, terms)) return true;
    }
    return false;
  }

  /**
   * What is to be put on disk now, where that is older: all voters may restart, and a region whose
   * disk was lost with them must not be taken for one that never had anything.
   */
  toKeep(
    before: Readonly<Record<string, Memory>>,
    now: MonotonicMs,
  ): Readonly<Record<string, Memory>> | undefined {
    if (now - this.#keptAt < KEEP_EVERY_MS) return undefined;
    this.#keptAt = now;
    const memories = this.memories(before);
    return JSON.stringify(memories) === JSON.stringify(before) ? undefined : memories;
  }

  /** The highest positions ever told, merged with those remembered from before a restart. */
  memories(before: Readonly<Record<string, Memory>>): Readonly<Record<string, Memory>> {
    const merged: Record<string, Memory> = { ...before };
    for (const [region, sighting] of this.#regions) {
      const memory: Record<string, Memory[string]> = { ...merged[region] };
      for (const [app, told] of sighting.apps) memory[app] = told.end;
      merged[region] = memory;
    }
    return merged;
  }
}
