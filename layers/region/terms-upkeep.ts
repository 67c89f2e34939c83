/**
 * Brings the routing record in line with the definition of its app, which may have changed since
 * the record was made: whether the app moves by itself, how many regions are to be in sync.
 * *pure core*
 *
 * Once per start, by whichever region starts: so what was deployed last counts.
 */
import type { Instant } from "../../base/clock.ts";
import { setTerms } from "../routing/changes.ts";
import type { AppParts } from "./app-parts.ts";
import type { Commands } from "./commands.ts";

export class TermsUpkeep {
  readonly #app: AppParts;
  readonly #commands: Commands;
  #isDone = false;

  constructor(app: AppParts, commands: Commands) {
    this.#app = app;
    this.#commands = commands;
  }

  tick(now: Instant): void {
    const { record, options, site } = this.#app;
    if (this.#isDone || record === undefined) return;
    this.#isDone = true;
    const { policy, inSyncTarget } = options;
    const changed = [
      ...(record.policy === policy ? [] : [`failover is ${policy}`]),
      ...(record.inSyncTarget === inSyncTarget
        ? []
        : [`${inSyncTarget} regions are to be in sync`]),
    ];
    if (changed.length === 0) return;
    const reason = `the app's definition has changed: ${changed.join(", ")}`;
    const next: Parameters<Commands["change"]>[2] = (before, change) =>
      setTerms(before, options, change);
    this.#commands.change(site.self.region, reason, next, () => {}, now);
  }
}
