/**
 * The broken variant "remaining read at prepare", made on the wire, in a network that does its
 * worst. *for tests*
 *
 * A voter's `accepted` tells what its grants had left when it promised: a grant renewed between the
 * two is not seen. And from the first accept that names a new holder, the old one hears nothing for
 * longer than a lease.
 */

import type { RoutingRecord } from "../../layers/routing/record.ts";
import { LEASE_PROFILES } from "../../layers/routing/rules.ts";
import type { ExploreOptions } from "./explore.ts";

type Intercept = NonNullable<ExploreOptions["intercept"]>;

const DEAF_MS = 700;
const { renewMs } = LEASE_PROFILES.default;

export function remainingAtPrepare(isBroken: boolean): Intercept {
  const grantedAt = new Map<string, number>();
  const promisedAt = new Map<string, number>();
  let holder: string | undefined;
  let deaf: { region: string; until: number } | undefined;
  return (from, to, message, nowMs) => {
    if (deaf !== undefined && nowMs < deaf.until && to === `region/${deaf.region}`)
      return undefined;
    if (message.type === "renewed" && Object.values(message.apps).some((app) => app.granted)) {
      grantedAt.set(from, nowMs);
    }
    if (message.type === "promised") promisedAt.set(`${from} ${to}`, nowMs);
    if (message.type === "accept" && message.register !== "members") {
      const next = (message.value as RoutingRecord).serving[0]?.region;
      if (holder !== undefined && next !== holder)
        deaf = { region: holder, until: nowMs + DEAF_MS };
      holder = next;
    }
    if (message.type !== "accepted" || !isBroken) return message;
    const isUnseen = (grantedAt.get(from) ?? 0) > (promisedAt.get(`${from} ${to}`) ?? 0);
    return isUnseen
      ? { ...message, remainingMs: Math.max(0, message.remainingMs - renewMs) }
      : message;
  };
}
