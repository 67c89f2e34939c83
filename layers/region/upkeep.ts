/** What an app's region does now and then beside its work. *pure core* */
import type { Instant } from "../../base/clock.ts";
import type { AppParts } from "./app-parts.ts";
import { noteArrival } from "./arriving.ts";
import { Collecting } from "./collecting.ts";
import type { Departing } from "./departing.ts";
import type { LateWrites } from "./late-writes.ts";

const EVERY_MS = 200;

export class Upkeep {
  readonly #app: AppParts;
  readonly #late: LateWrites;
  readonly #departing: Departing;
  readonly #collecting: Collecting;
  #at = Number.NEGATIVE_INFINITY;

  constructor(app: AppParts, late: LateWrites, departing: Departing) {
    this.#app = app;
    this.#late = late;
    this.#departing = departing;
    this.#collecting = new Collecting(app, late);
  }

  tick(now: Instant): void {
    const isDue = now.mono - this.#at >= EVERY_MS;
    if (isDue) {
      this.#at = now.mono;
      this.#late.tell(now);
      noteArrival(this.#app, this.#late);
      this.#departing.tick(now);
    }
    this.#collecting.tick(now);
    if (isDue) this.#late.trimLogs();
  }
}
