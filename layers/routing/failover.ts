/**
 * Choices around a takeover. *pure*
 */
import { isLeaving, type RoutingRecord } from "./record.ts";

/** Changes after which nobody else can hold a lease: there was nobody, or the gate is closed. */
const GATE_CLOSED = new Set(["create", "switchover", "failback", "join", "leave"]);
/** Changes after which the same region goes on: nobody else can hold one if it had begun before. */
const SAME_HOLDER = new Set(["unfence", "reopen"]);

/**
 * How long a region waits before it begins an epoch that it is named for but did not win in a round
 * of its own just now (then the accepting voters tell how long). `begunEpoch`: the last one that it
 * began itself.
 */
export function decideWait(record: RoutingRecord, leaseMs: number, begunEpoch: number): number {
  if (record.mode === "active-active") return 0;
  const cause = record.journal.findLast(
    (entry) => entry.epoch === record.epoch && entry.cause !== "in-sync",
  )?.cause;
  if (cause !== undefined && GATE_CLOSED.has(cause)) return 0;
  const goesOn = begunEpoch === record.epoch - 1;
  if (cause !== undefined && SAME_HOLDER.has(cause) && goesOn) return 0;
  return record.durability === "replicated" && !record.forced ? 0 : leaseMs;
}

/** Candidates try one after the other, the preferred one first, so that they rarely duel. */
export function staggerMs(record: RoutingRecord, region: string): number {
  const holders = record.serving.map((holder) => holder.region);
  const others = record.regions.filter((r) => !holders.includes(r));
  const isLast = (r: string): number => (isLeaving(record, r) ? 1 : 0);
  const candidates = others.sort((a, b) => isLast(a) - isLast(b));
  return Math.max(0, candidates.indexOf(region)) * 25;
}
