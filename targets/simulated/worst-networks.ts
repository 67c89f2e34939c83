/**
 * Networks that do their worst, each in one way. *for tests*
 */
import { REGION_RULES, type RegionRules } from "../../layers/region/rules.ts";
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

/**
 * A taker cuts where its log ended when it asked for the votes, as far as the network could tell by
 * what it had acknowledged: what it acknowledged afterwards is dropped.
 */
export function cutWhenProposed(): { intercept: Intercept; regionRules: RegionRules } {
  const ends = new Map<string, number>();
  const proposed = new Map<string, number>();
  const intercept: Intercept = (from, _to, message) => {
    const region = from.slice("region/".length);
    if (message.type === "append") ends.set(region, message.end.position);
    else if (message.type === "appended") ends.set(region, message.through);
    else if (message.type === "prepare" && message.register !== "members") {
      proposed.set(region, ends.get(region) ?? 0);
    }
    return message;
  };
  const cutAt = (end: number, region: string): number => Math.min(end, proposed.get(region) ?? end);
  return { intercept, regionRules: { ...REGION_RULES, cutAt } };
}
