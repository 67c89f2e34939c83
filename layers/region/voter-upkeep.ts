/**
 * Brings voters forward that missed the latest record of an app. *pure core*
 *
 * A majority chooses; a voter that was away keeps the record before. It would suspect, and grant
 * leases to, whoever that one names: with it on the one side, the other two may not fail. So who
 * serves has the register confirm its value, which every voter accepts.
 *
 * Paper: Rystsov 2018, CASPaxos (a read is a change that changes nothing).
 */
import type { Instant } from "../../base/clock.ts";
import type { RoutingRecord } from "../routing/record.ts";
import type { AppParts } from "./app-parts.ts";

/** One that stays behind has trouble that another round does not end. */
const AGAIN_MS = 1000;

export class VoterUpkeep {
  readonly #app: AppParts;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(app: AppParts) {
    this.#app = app;
  }

  isBehind(now: Instant): void {
    const { record, registrar, site, holding } = this.#app;
    if (holding === undefined || registrar.busy || now.mono < this.#notBefore) return;
    // Where several serve, one of them does.
    if (record === undefined || record.serving[0]?.region !== site.self.region) return;
    this.#notBefore = now.mono + AGAIN_MS;
    registrar.propose(
      {
        change: () => undefined,
        done: ({ value, ballot }, at) => {
          if (value !== undefined) this.#app.learn(value as RoutingRecord, ballot, at);
        },
      },
      now,
    );
  }
}
