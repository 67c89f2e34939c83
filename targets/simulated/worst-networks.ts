/**
 * Networks that do their worst, each in one way. *for tests*
 */
import type { RoutingRecord } from "../../layers/routing/record.ts";
import type { ExploreOptions } from "./explore.ts";

export type Intercept = NonNullable<ExploreOptions["intercept"]>;

/** For a while every accept to this voter is lost: what is chosen, is chosen by the others alone. */
export const missesAccepts =
  (site: string, untilMs: number): Intercept =>
  (_from, to, message, nowMs) =>
    nowMs < untilMs && message.type === "accept" && to === `voter/${site}` ? undefined : message;

/**
 * From the first accept that names another holder on, the old one hears nothing for a while, and
 * goes on sending.
 */
export function deafHolder(deafMs: number): Intercept {
  let holder: string | undefined;
  let deaf: { readonly address: string; readonly until: number } | undefined;
  return (_from, to, message, nowMs) => {
    if (deaf !== undefined && nowMs < deaf.until && to === deaf.address) return undefined;
    if (message.type === "accept" && message.register !== "members") {
      const next = (message.value as RoutingRecord).serving[0]?.region;
      if (holder !== undefined && next !== holder) {
        deaf = { address: `region/${holder}`, until: nowMs + deafMs };
      }
      holder = next;
    }
    return message;
  };
}
