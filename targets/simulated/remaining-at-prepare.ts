/**
 * The broken variant "remaining read at prepare", made on the wire. *for tests*
 *
 * A voter's `accepted` tells what its grants had left when it promised: a grant renewed between the
 * two is not seen. The old holder hears nothing for longer than a lease.
 */
import { LEASE_PROFILES } from "../../layers/routing/rules.ts";
import { deafHolder, type Intercept } from "./worst-networks.ts";

const DEAF_MS = 700;
const { renewMs } = LEASE_PROFILES.default;

export function remainingAtPrepare(): Intercept {
  const throughNetwork = deafHolder(DEAF_MS);
  const grantedAt = new Map<string, number>();
  const promisedAt = new Map<string, number>();
  return (from, to, sent, nowMs) => {
    const message = throughNetwork(from, to, sent, nowMs);
    if (message === undefined) return undefined;
    if (message.type === "renewed" && Object.values(message.apps).some((app) => app.granted)) {
      grantedAt.set(from, nowMs);
    }
    if (message.type === "promised") promisedAt.set(`${from} ${to}`, nowMs);
    if (message.type !== "accepted") return message;
    const isUnseen = (grantedAt.get(from) ?? 0) > (promisedAt.get(`${from} ${to}`) ?? 0);
    return isUnseen
      ? { ...message, remainingMs: Math.max(0, message.remainingMs - renewMs) }
      : message;
  };
}
