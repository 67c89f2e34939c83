/**
 * Whether reads kept what they promise. *pure*
 *
 * Registers have one writer and growing values, so a read is right when the value it saw is
 *  - not below what was acknowledged, or seen by another fresh read, before it began  (R1, R2)
 *  - not above what somebody had begun to write when it ended                         (R3)
 * which for one writer is what linearizable means. Reads at `stale` promise less: their own
 * session's writes (R4), which every read keeps, unless the answer names missing receipts.
 *
 * `leased` has one exception: right after a takeover that did not wait for the lease, a former
 * holder that is alive may answer old data for as long as a lease lasts. Those are counted apart.
 *
 * Not promised: R4 only judges writes among the newest 20 receipts, which is what a session holds.
 */
import { isWrite, type Mark, type Operation } from "../history.ts";
import { readRegister } from "../register.ts";

export interface ReadFault {
  readonly rule: "older-than-acknowledged" | "older-than-seen" | "from-nowhere" | "own-write";
  readonly what: string;
  readonly operation: Operation;
}

export interface Reads {
  readonly judged: number;
  readonly ownWritesJudged: number;
  readonly faults: readonly ReadFault[];
  /** Within the exception of `leased`. */
  readonly excused: number;
}

/** The longest lease of the default profile, and the time to stop using it. */
export const LEASE_MS = 600;
export const RECEIPTS_KEPT = 20;

interface Known {
  readonly operation: Operation;
  readonly value: number;
}

export function checkReads(operations: readonly Operation[], marks: readonly Mark[]): Reads {
  const registers = new Map<string, { writes: Known[]; reads: Known[] }>();
  for (const operation of operations) {
    const { ticketId, value } = operation;
    if (ticketId === undefined || value === undefined) continue;
    const of = registers.get(ticketId) ?? { writes: [], reads: [] };
    registers.set(ticketId, of);
    if (isWrite(operation)) of.writes.push({ operation, value });
    else if (operation.outcome === "ok") of.reads.push({ operation, value });
  }
  const faults: ReadFault[] = [];
  let judged = 0;
  let excused = 0;
  for (const { writes, reads } of registers.values()) {
    const fresh = reads.filter(({ operation }) => isFresh(operation));
    judged += fresh.length;
    for (const fault of judgeRegister(writes, fresh)) {
      if (isExcused(fault.operation, marks)) excused += 1;
      else faults.push(fault);
    }
  }
  const own = judgeOwnWrites(operations);
  return { judged, ownWritesJudged: own.judged, faults: [...faults, ...own.faults], excused };
}

const isFresh = ({ consistency }: Operation): boolean =>
  consistency === "current" || consistency === "leased";

function isExcused({ consistency, startMs }: Operation, marks: readonly Mark[]): boolean {
  return (
    consistency === "leased" &&
    marks.some(({ role, atMs, doneMs }) => {
      return role === "fault" && startMs >= atMs && startMs < doneMs + LEASE_MS;
    })
  );
}

function judgeRegister(writes: readonly Known[], reads: readonly Known[]): ReadFault[] {
  const acknowledged = raised(writes.filter(({ operation }) => operation.outcome === "ok"));
  const seen = raised(reads);
  const begun = [...writes].sort((a, b) => a.operation.startMs - b.operation.startMs);
  return reads.flatMap(({ operation, value }): ReadFault[] => {
    const least = acknowledged(operation.startMs);
    const told = `operation ${operation.number} (${operation.consistency}, ${operation.region})`;
    if (least !== undefined && value < least.value) {
      const what = `${told} saw value ${value}; ${least.value} had been acknowledged before`;
      return [{ rule: "older-than-acknowledged", operation, what }];
    }
    const before = seen(operation.startMs);
    if (before !== undefined && value < before.value) {
      const what = `${told} saw value ${value}; an earlier read had seen ${before.value}`;
      return [{ rule: "older-than-seen", operation, what }];
    }
    const most = begun
      .filter((w) => w.operation.startMs <= operation.endMs)
      .reduce((highest, w) => Math.max(highest, w.value), 0);
    if (value > most) {
      const what = `${told} saw value ${value}, which nobody had begun to write`;
      return [{ rule: "from-nowhere", operation, what }];
    }
    return [];
  });
}

/** The highest value among what had returned before a moment. */
function raised(known: readonly Known[]): (beforeMs: number) => Known | undefined {
  const sorted = [...known].sort((a, b) => a.operation.endMs - b.operation.endMs);
  const highest: Known[] = [];
  for (const one of sorted) {
    const last = highest.at(-1);
    highest.push(last !== undefined && last.value > one.value ? last : one);
  }
  return (beforeMs) => {
    const count = lowerBound(sorted, beforeMs);
    return count === 0 ? undefined : highest[count - 1];
  };
}

/** How many had returned before a moment. */
function lowerBound(sorted: readonly Known[], beforeMs: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.operation.endMs ?? 0) < beforeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function judgeOwnWrites(operations: readonly Operation[]): {
  readonly judged: number;
  readonly faults: readonly ReadFault[];
} {
  const faults: ReadFault[] = [];
  let judged = 0;
  const users = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.outcome !== "ok") continue;
    const list = users.get(operation.user);
    if (list === undefined) users.set(operation.user, [operation]);
    else list.push(operation);
  }
  for (const mine of users.values()) {
    const writes = mine
      .filter((o) => isWrite(o) && o.receipt !== undefined)
      .sort((a, b) => a.endMs - b.endMs);
    for (const read of mine) {
      if (isWrite(read) || read.ticketId === undefined || read.missing === true) continue;
      const held = writes.filter((w) => w.endMs < read.startMs).slice(-RECEIPTS_KEPT);
      const wanted = held.filter((w) => w.ticketId === read.ticketId);
      if (wanted.length === 0) continue;
      judged += 1;
      const fault = ownWriteMissing(read, wanted);
      if (fault !== undefined) faults.push(fault);
    }
  }
  return { judged, faults };
}

function ownWriteMissing(read: Operation, wanted: readonly Operation[]): ReadFault | undefined {
  const told = `operation ${read.number} (${read.consistency}, ${read.region})`;
  if (read.absent === true) {
    const what = `${told} did not find ticket ${read.ticketId}, which its own session had made`;
    return { rule: "own-write", operation: read, what };
  }
  const written = wanted.reduce((most, { value, marker }) => {
    return Math.max(most, value ?? readRegister(marker ?? "")?.value ?? -1);
  }, -1);
  if (read.value === undefined || read.value >= written) return undefined;
  const what = `${told} saw value ${read.value}; its own session had written ${written}`;
  return { rule: "own-write", operation: read, what };
}
