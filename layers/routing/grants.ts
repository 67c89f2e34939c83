/**
 * The leases one voter has granted and that may still run. *pure state, kept in memory only*
 *
 * A voter that starts has forgotten whom it granted, so it behaves as if it had granted its longest
 * lease to an unknown region just before.
 */
import { later, type MonotonicMs } from "../../base/clock.ts";
import type { Holder } from "./record.ts";

export class Grants {
  readonly #bootUntil: MonotonicMs;
  readonly #byApp = new Map<string, Map<string, { region: string; until: MonotonicMs }>>();

  constructor(bootUntil: MonotonicMs) {
    this.#bootUntil = bootUntil;
  }

  grant(app: string, to: Holder, until: MonotonicMs): void {
    const grants = this.#byApp.get(app) ?? new Map();
    this.#byApp.set(app, grants);
    const key = `${to.region}#${to.incarnation}`;
    const before = grants.get(key)?.until ?? until;
    grants.set(key, { region: to.region, until: before > until ? before : until });
  }

  /** The holder closed its gate, or its process is known to be dead. */
  drop(app: string, holder: Holder): void {
    this.#byApp.get(app)?.delete(`${holder.region}#${holder.incarnation}`);
  }

  dropEverywhere(holder: Holder): void {
    for (const app of this.#byApp.keys()) this.drop(app, holder);
  }

  /** How long a grant to a region that is not named may still run. */
  remainingMs(app: string, notTo: readonly string[], now: MonotonicMs): number {
    let until: number = this.#bootUntil;
    const grants = this.#byApp.get(app);
    for (const [key, grant] of grants ?? []) {
      if (grant.until <= now) grants?.delete(key);
      else if (!notTo.includes(grant.region)) until = Math.max(until, grant.until);
    }
    return Math.max(0, until - now);
  }

  static bootedAt(now: MonotonicMs, longestLeaseMs: number): Grants {
    return new Grants(later(now, longestLeaseMs));
  }
}
