/**
 * What changed of the apps' lag since it was last told, at most once per LAG_EVERY_MS.
 * *public*, *pure*
 */
import type { MonotonicMs } from "../../base/clock.ts";
import type { AppView, RoutingEvent } from "./port.ts";

export type LagEvent = Extract<RoutingEvent, { type: "lag" }>;

const LAG_EVERY_MS = 500;

export const lagEventOf = ({ app, lag, writesAtRisk, unknown }: AppView): LagEvent => ({
  type: "lag",
  app,
  lag,
  writesAtRisk,
  ...(unknown === undefined ? {} : { unknown }),
});

export class LagNews {
  readonly #told = new Map<string, string>();
  #toldAt = Number.NEGATIVE_INFINITY;

  /** `apps` is asked only when it is time to tell. */
  due(now: MonotonicMs, apps: () => readonly AppView[]): readonly LagEvent[] {
    if (now - this.#toldAt < LAG_EVERY_MS) return [];
    this.#toldAt = now;
    return apps()
      .map(lagEventOf)
      .filter((event) => {
        const text = JSON.stringify(event);
        if (this.#told.get(event.app) === text) return false;
        this.#told.set(event.app, text);
        return true;
      });
  }
}
