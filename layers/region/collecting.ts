/**
 * Takes away what nobody needs any more: rows that have expired, and tombstones. *pure core*
 *
 *   row, `expires` passed --the region that serves--> deletions, up to 96 in one entry of its log
 *   entry --replication--> a tombstone in every region
 *   tombstone that every region has --each region for itself--> nothing
 *
 * One mechanism for every table: an app's own, idempotency records, sessions, rows of
 * objects. The region that collects is the first that serves, while its gate is open and its lease
 * valid: voters grant none to a region whose wall clock is off by more than the bound, so `expires`
 * is judged by a clock that is right within it. Where every region writes, another may renew a row
 * while this one collects it: a deletion is of the very write that was seen (merge.ts), so that the
 * newer one stays wherever the two meet.
 *
 * Arithmetic: pieces of 96 rows every 20 ms are 4,800 rows a second and app, of 200 tombstones
 * 10,000; keyed writes at 2,000 a second leave as many records, so both catch up while they go on.
 *
 * Invariants
 *  X1 only an item that has expired by now is deleted, and only as it was seen       (#expire)
 *  X2 a tombstone goes when every region has it, and not before                      (#forget)
 *  X3 a piece of work is bounded, and so are the pieces in a second                  (Pace)
 */
import { assert } from "../../base/assert.ts";
import type { Instant } from "../../base/clock.ts";
import { EngineFullError } from "../key-value/engine-errors.ts";
import { expiredItems, expiryKey, readItem } from "../key-value/items.ts";
import type { Change } from "../key-value/log.ts";
import { limits } from "../key-value/table.ts";
import type { AppParts } from "./app-parts.ts";
import { noteExpiries } from "./expiry-marks.ts";
import type { Holding } from "./holding.ts";
import type { LateWrites } from "./late-writes.ts";
import { Pace } from "./pace.ts";

const NOTED_AT_ONCE = 100;
const EXPIRED_AT_ONCE: number = limits.transactionWrites;
const FORGOTTEN_AT_ONCE = 200;

export class Collecting {
  readonly #app: AppParts;
  readonly #late: LateWrites;
  readonly #noting = new Pace();
  readonly #expiring = new Pace();
  readonly #forgetting = new Pace();
  #isNoted = false;

  constructor(app: AppParts, late: LateWrites) {
    this.#app = app;
    this.#late = late;
  }

  tick(now: Instant): void {
    try {
      if (this.#forgetting.isDue(now.mono)) this.#forgetting.did(this.#forget(now));
      if (!this.#isNoted && this.#noting.isDue(now.mono)) this.#noting.did(this.#note());
      const holding = this.#holdingThatCollects(now);
      if (holding === undefined || !this.#expiring.isDue(now.mono)) return;
      this.#expiring.did(this.#expire(holding, now));
    } catch (error) {
      // A full disk: what stays now is found again.
      if (!(error instanceof EngineFullError)) throw error;
    }
  }

  #holdingThatCollects(now: Instant): Holding | undefined {
    const { holding, record, site } = this.#app;
    if (holding?.gate !== "open" || record?.serving[0]?.region !== site.self.region) {
      return undefined;
    }
    return holding.leaseValid(now) ? holding : undefined;
  }

  #note(): boolean {
    const isMoreLeft = noteExpiries(this.#app.site.engine, this.#app.data, NOTED_AT_ONCE);
    this.#isNoted = !isMoreLeft;
    return isMoreLeft;
  }

  /** Deletes a piece of what has expired; whether more may be left. */
  #expire(holding: Holding, now: Instant): boolean {
    const { data, site } = this.#app;
    const { engine, rules } = site;
    const second = rules.expiredBefore(now.wall / 1000);
    const found = expiredItems(engine, data.app, second, EXPIRED_AT_ONCE);
    const changes: Change[] = [];
    const untrue: string[] = [];
    for (const { at, table, key } of found) {
      const stored = readItem(engine, data.app, table, key);
      const definition = data.table(table);
      if (stored === undefined || expiryKey(data.app, definition, key, stored) !== at) {
        untrue.push(at);
        continue;
      }
      const expiresAt = stored.value && definition.expiresAt(stored.value, stored.clock);
      assert(expiresAt != null && expiresAt * 1000 < now.wall, "collect: it has not expired");
      const of = rules.expiryOf(stored.of ?? { stamp: stored.stamp, clock: stored.clock });
      changes.push({ table, key, value: null, ...(of === undefined ? {} : { of }) });
    }
    if (changes.length > 0) holding.writeChanges(changes, now);
    if (untrue.length > 0) {
      engine.transact((writer) => {
        for (const at of untrue) writer.remove(at);
      });
    }
    return found.length === EXPIRED_AT_ONCE;
  }

  /** Forgets a piece of the tombstones that every region has; whether more may be left. */
  #forget(now: Instant): boolean {
    const { data, site } = this.#app;
    const { engine, rules } = site;
    // What this region itself has still to be judged must not fall below the floor.
    if (data.stranded(engine, 1).length > 0) return false;
    const through = rules.collectsThrough(this.#late.stable, Math.floor(now.wall * 1024));
    return data.collectTombstones(engine, through, FORGOTTEN_AT_ONCE) === FORGOTTEN_AT_ONCE;
  }
}
