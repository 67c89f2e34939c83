/**
 * What became of a request so far: how often it was sent, where, and where it met trouble. *pure*
 *
 * Invariants
 *  Q1 a request under which the connections to two regions broke is not sent again, and a read is
 *     not repeated to a region whose connection broke under it                    (broke, choose)
 *  Q2 one region counts once: a second old connection to it may break like the first     (broke)
 *  Q3 a region that was given up as silent counts as soon as it is known to be down (brokeSince)
 */
import type { KeptAnswer } from "./answer.ts";
import { BROKE } from "./failure.ts";
import { type Access, chooseRegion, conditionOf, type RegionRef, type Table } from "./router.ts";

const BACKOFF_AFTER = 3;
const BACKOFF_FIRST_MS = 20;
const BACKOFF_MOST_MS = 250;
const MOST_BROKEN = 2;

export class Attempts {
  count = 0;
  /** All of them, in order, with commas. */
  regions = "";
  /** Regions that failed or refused it since it was last woken. */
  tried: string[] = [];
  /** Regions whose connection broke while they were at work on it. */
  broken: string[] = [];
  /** Where it was given up while it may have been at work. */
  #left: string[] = [];
  #burdened: string[] | undefined;
  /** A region said that this one decides what is asked. */
  #decidedBy: string | undefined;
  #notBefore = 0;

  begin(region: string, now: number, random: number): void {
    this.count += 1;
    this.regions = this.count === 1 ? region : `${this.regions},${region}`;
    if (this.count <= BACKOFF_AFTER) return;
    const doubled = BACKOFF_FIRST_MS * 2 ** (this.count - BACKOFF_AFTER - 1);
    this.#notBefore = now + Math.min(BACKOFF_MOST_MS, doubled) * (0.5 + random);
  }

  /** `isBurdened`: the region may be at work on it still. */
  avoid(region: string, isBurdened: boolean): void {
    if (!this.tried.includes(region)) this.tried.push(region);
    if (!isBurdened) return;
    this.#burdened ??= [];
    if (!this.#burdened.includes(region)) this.#burdened.push(region);
  }

  /**
   * Whether it goes on to the region that decides: a bare request as well, since nothing happened
   * in the one that said so. Not back to one that has refused it.
   */
  follow(
    region: string,
    { decidedBy }: Pick<KeptAnswer, "decidedBy">,
    { body }: { readonly body: unknown },
    table: Table,
  ): boolean {
    const isRepeatable = body === null || Buffer.isBuffer(body);
    const isThere = table.regions.some(({ id }) => id === decidedBy);
    if (decidedBy === undefined || !isThere || !isRepeatable) return false;
    this.avoid(region, false);
    this.#decidedBy = decidedBy;
    return !this.tried.includes(decidedBy) && conditionOf(table, decidedBy) === "up";
  }

  /** The region to send it to now; a read is not repeated where the connection broke under it. */
  choose(
    table: Table,
    { app, access }: { readonly app: string | undefined; readonly access: Access },
    busy: readonly string[],
  ): string | undefined {
    const tried = access === "read" ? [...this.tried, ...this.broken] : this.tried;
    const first = this.#decidedBy;
    const isOpen = first !== undefined && ![...tried, ...busy].includes(first);
    if (isOpen && conditionOf(table, first) === "up") return first;
    return chooseRegion(table, { app, access, tried, busy });
  }

  /**
   * The connection broke under it. Answers whether that is enough: what ends the process of two
   * regions would end a third, and the same ones again as soon as they are back.
   */
  broke(region: string, regions: readonly RegionRef[], isRead: boolean): string | undefined {
    if (!this.broken.includes(region)) this.broken.push(region);
    const isEverywhere = regions.every(({ id }) => this.broken.includes(id));
    const isOver = this.broken.length >= MOST_BROKEN || (isRead && isEverywhere);
    return isOver ? `${BROKE}: ${this.broken.join(", ")}` : undefined;
  }

  /** It is given up there, because the region seems lost; whether it broke shows later. */
  leave(region: string, isSent: boolean): void {
    this.avoid(region, false);
    if (isSent && !this.#left.includes(region)) this.#left.push(region);
  }

  /** As `broke`, of the regions where it was given up and that are down now. */
  brokeSince(table: Table, isRead: boolean): string | undefined {
    const down = this.#left.filter((region) => conditionOf(table, region) === "down");
    this.#left = this.#left.filter((region) => !down.includes(region));
    return down.map((region) => this.broke(region, table.regions, isRead)).find(Boolean);
  }

  /** Whether another attempt there may add work to what it already has of this one. */
  wouldBurden(region: string): boolean {
    return this.#burdened?.includes(region) === true;
  }

  /** How long the next one has to wait. */
  waitMs(now: number): number {
    return Math.max(0, this.#notBefore - now);
  }
}
