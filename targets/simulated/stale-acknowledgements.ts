/**
 * A network that now and then delivers, in place of an acknowledgement, one that the same region
 * gave to the same region in an earlier epoch. *for tests*
 */
import type { RegionMessage } from "../../layers/region/messages.ts";
import type { ExploreOptions } from "./explore.ts";

type Intercept = NonNullable<ExploreOptions["intercept"]>;
type Appended = Extract<RegionMessage, { type: "appended" }>;

const EVERY = 5;

export function staleAcknowledgements(): Intercept {
  const furthest = new Map<string, Appended>();
  let count = 0;
  return (from, to, message) => {
    if (message.type !== "appended" || message.status !== "ok") return message;
    const key = `${from} ${to}`;
    const old = furthest.get(key);
    const isFurther = old === undefined || message.through > old.through;
    if (isFurther) furthest.set(key, message);
    count++;
    return !isFurther && old.epoch < message.epoch && count % EVERY === 0 ? old : message;
  };
}
