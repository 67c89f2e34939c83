/**
 * The broken variant "remaining read at prepare", made on the wire: a voter's `accepted` tells what
 * its grants had left when it promised, not what they have left when it accepts. *for tests*
 */
import type { ExploreOptions } from "./explore.ts";

type Intercept = NonNullable<ExploreOptions["intercept"]>;

export function remainingAtPrepare(): Intercept {
  const atPromise = new Map<string, number>();
  const lastRemaining = new Map<string, number>();
  let renewals = 0;
  return (from, to, message) => {
    if (message.type === "renewed" && Object.values(message.apps).some((app) => app.granted)) {
      renewals++;
      lastRemaining.set(from, renewals);
    }
    if (message.type === "promised") atPromise.set(`${from} ${to}`, lastRemaining.get(from) ?? 0);
    if (message.type !== "accepted") return message;
    // Grants that were renewed after the promise are not seen.
    const isUnseen = atPromise.get(`${from} ${to}`) !== (lastRemaining.get(from) ?? 0);
    return isUnseen ? { ...message, remainingMs: Math.max(0, message.remainingMs - 150) } : message;
  };
}
