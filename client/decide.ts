/**
 * One call, from the first attempt to the one answer its caller gets: which region next, whether
 * to try again, when to give up. *pure*
 *
 *   start -> sending <----> waiting (the poll looks for a region)  -> delivered | failed
 *               ^  silence       |
 *               +----- wake -----+
 *
 * A read may go to any region; so it moves at once, and waits only when no region answers. A keyed
 * write moves as well: its key makes a second copy harmless. A bare write (no key, or a body that
 * cannot be sent twice) is sent once, whatever breaks.
 *
 * Invariants
 *  D1 a bare write is sent once, and again only where a region said that another one decides, so
 *     that nothing happened                                       (onBroke, onElsewhere)
 *  D2 an answer below 500 is delivered and never retried                       (onAnswered)
 *  D3 once an attempt may have had an effect, the call never ends in an answer that denies it:
 *     it ends in a final answer or in `outcome-unknown`                        (settle)
 *  D4 a call has at most one attempt in flight per region                      (pick)
 *  D5 retries that may add work to a busy region cost a token; a move after a refusal or a
 *     broken connection, and the first move after an error, do not            (isFree)
 *  D6 nothing is sent after the deadline                                       (step)
 *  D7 a miss of a stale region ends the call only where no serving one can be asked in time
 *                                                                  (onAnswered, fenceHolds)
 *  D8 a call under which the connections to two regions certainly broke is not sent again (onBroke)
 *
 * Not promised: order between calls.
 */
import { unreachable } from "../base/assert.ts";
import { appOf, type Knowledge, orderOf } from "./knowledge.ts";

export type Access = "read" | "keyed" | "bare";

/**
 * What an answer means for the call. `refused`: nothing happened. `unavailable`: nothing happened
 * as far as the region can tell. `unknown`: it may have happened. `busy`: nothing happened, and
 * more of it would make it worse. `elsewhere`: nothing happened, and another region decides.
 * `behind`: a stale region does not have what was asked for.
 */
export type Verdict =
  | "final"
  | "refused"
  | "fenced"
  | "elsewhere"
  | "unavailable"
  | "unknown"
  | "busy"
  | "behind";

export interface Attempt {
  readonly id: number;
  readonly region: string;
  readonly silent: boolean;
  /** When its silence is noticed; moves on while a probe says that the region lives. */
  readonly silentAt: number;
}

export interface Call {
  readonly app: string;
  readonly access: Access;
  /** Prefers the near region and accepts what it has. */
  readonly stale: boolean;
  /** Too large to be sent on a guess: waits for a probe instead. */
  readonly heavy: boolean;
  readonly deadlineAt: number;
  readonly silenceMs: number;
  readonly inFlight: readonly Attempt[];
  /** Its body can be sent a second time. */
  readonly repeatable: boolean;
  /** A region said that this one decides what is asked. */
  readonly decidedBy?: string;
  /** Regions that failed or refused this call since it last woke. */
  readonly tried: readonly string[];
  readonly sent: number;
  /** Every region this call was sent to. */
  readonly visited: readonly string[];
  readonly waiting: boolean;
  /** Regions whose connection certainly broke while they were at work on it. */
  readonly broken: readonly string[];
  /** A retry is not sent before this. */
  readonly notBefore: number;
  /** The answer to fall back on. */
  readonly kept?: { readonly attempt: number; readonly verdict: Verdict };
  readonly uncertain: boolean;
  readonly fencedSince?: number;
  readonly ended: boolean;
}

export type CallEvent =
  | { readonly type: "start" }
  | {
      readonly type: "answered";
      readonly attempt: number;
      readonly verdict: Verdict;
      readonly decidedBy?: string;
    }
  /**
   * `sent` is false when certainly nothing reached the region (connection refused), `reset` true
   * when certainly it had arrived: what a page cannot tell from a network that is gone.
   */
  | {
      readonly type: "broke";
      readonly attempt: number;
      readonly sent: boolean;
      readonly reset: boolean;
    }
  /** The poll found a region; `serving` if it may write. */
  | { readonly type: "wake"; readonly region: string; readonly serving: boolean }
  | { readonly type: "tick" };

export type FailCode = "outcome-unknown" | "unavailable";

export type CallEffect =
  | {
      readonly type: "send";
      readonly attempt: number;
      readonly region: string;
      readonly paid: boolean;
    }
  | { readonly type: "cancel"; readonly attempt: number }
  /** Another region answered before it did, although it had a long start. */
  | { readonly type: "silent"; readonly region: string }
  /** Look for a region until this call ends or stops waiting. */
  | { readonly type: "wait" }
  | { readonly type: "deliver"; readonly attempt: number }
  | { readonly type: "fail"; readonly code: FailCode };

export interface World {
  readonly now: number;
  readonly knowledge: Knowledge;
  /** Retries that the budget has left. */
  readonly tokens: number;
  /** In [0, 1): spreads retries. */
  readonly random: number;
  /** How long each region usually takes to answer. */
  readonly paceMs: ReadonlyMap<string, number>;
}

export interface Step {
  readonly call: Call;
  readonly effects: readonly CallEffect[];
}

/** How long a fence is waited out: a switchover closes the gate for less, an operator for more. */
export const FENCE_WAIT_MS = 1_000;
const SILENCE_RENEWED_MS = 1_000;
/** A region is silent when it takes this many times as long as it usually does. */
const PACES = 3;
const BUSY_FIRST_MS = 100;
const BUSY_MOST_MS = 2_000;
const BACKOFF_FIRST_MS = 10;
const BACKOFF_MOST_MS = 500;
/** What ends the process of two regions would end a third, and the same ones once they are back. */
const MOST_BROKEN = 2;

export function createCall(
  of: Pick<Call, "app" | "access" | "stale" | "heavy" | "repeatable" | "deadlineAt" | "silenceMs">,
): Call {
  return {
    ...of,
    inFlight: [],
    tried: [],
    sent: 0,
    visited: [],
    waiting: false,
    broken: [],
    notBefore: 0,
    uncertain: false,
    ended: false,
  };
}

export function step(call: Call, event: CallEvent, world: World): Step {
  if (call.ended) return { call, effects: [] };
  if (world.now >= call.deadlineAt && event.type !== "answered") return settle(call);
  switch (event.type) {
    case "start":
      return advance(call, world);
    case "answered":
      return event.verdict === "elsewhere"
        ? onElsewhere(call, event, world)
        : onAnswered(call, event.attempt, event.verdict, world);
    case "broke":
      return onBroke(call, event, world);
    case "wake":
      return onWake(call, event, world);
    case "tick":
      return onTick(call, world);
    default:
      return unreachable(event);
  }
}

/** When the call wants its next tick. */
export function nextTickAt(call: Call, now: number): number {
  let at = call.deadlineAt;
  if (call.waiting && call.fencedSince !== undefined) {
    at = Math.min(at, call.fencedSince + FENCE_WAIT_MS);
  }
  if (call.access !== "bare") for (const a of call.inFlight) at = Math.min(at, a.silentAt);
  if (call.waiting && call.notBefore > now) at = Math.min(at, call.notBefore);
  return at;
}

function onAnswered(call: Call, id: number, verdict: Verdict, world: World): Step {
  const attempt = call.inFlight.find((a) => a.id === id);
  if (attempt === undefined) return { call, effects: [] };
  const isFinal = verdict === "final" || (verdict === "behind" && call.stale);
  if (isFinal || call.access === "bare") return deliver(call, id);
  if (verdict === "busy") return onBusy(call, attempt, world);
  // A miss that may be stale says more than that another region could not answer either.
  const isBetter = verdict === "behind" || call.kept?.verdict !== "behind";
  const kept = isBetter ? { attempt: id, verdict } : call.kept;
  const isBounded = verdict === "fenced" || kept?.verdict === "behind";
  const fencedSince = isBounded ? (call.fencedSince ?? world.now) : undefined;
  const { fencedSince: _old, ...rest } = call;
  const next: Call = {
    ...rest,
    ...(fencedSince === undefined ? {} : { fencedSince }),
    inFlight: call.inFlight.filter((a) => a !== attempt),
    tried: [...call.tried, attempt.region],
    ...(kept === undefined ? {} : { kept }),
    uncertain: call.uncertain || (call.access === "keyed" && verdict === "unknown"),
  };
  return fenceHolds(next, world) || world.now >= call.deadlineAt
    ? settle(next)
    : advance(next, world);
}

/**
 * Follows to the region that decides: a bare write as well, since nothing happened. Where that is
 * not known, or has refused already, a name may be on its way: a keyed write looks again later.
 */
function onElsewhere(call: Call, event: CallEvent & { type: "answered" }, world: World): Step {
  const attempt = call.inFlight.find((a) => a.id === event.attempt);
  if (attempt === undefined) return { call, effects: [] };
  const { decidedBy } = event;
  const isOpen =
    decidedBy !== undefined &&
    decidedBy !== attempt.region &&
    !call.tried.includes(decidedBy) &&
    world.knowledge.regions.some(({ id }) => id === decidedBy);
  if (isOpen && call.repeatable) {
    const next: Call = {
      ...call,
      inFlight: call.inFlight.filter((a) => a !== attempt),
      tried: [...call.tried, attempt.region],
      kept: { attempt: attempt.id, verdict: "elsewhere" },
      decidedBy,
    };
    return advance(next, world);
  }
  if (call.access === "bare") return deliver(call, attempt.id);
  return onBusy({ ...call, tried: [] }, attempt, world);
}

/** The region stays the one to ask, later: asking around would only make others busy as well. */
function onBusy(call: Call, attempt: Attempt, { now, random, tokens }: World): Step {
  const next: Call = {
    ...call,
    inFlight: call.inFlight.filter((a) => a !== attempt),
    kept: { attempt: attempt.id, verdict: "busy" },
    notBefore: now + Math.min(BUSY_FIRST_MS * 2 ** (call.sent - 1), BUSY_MOST_MS) * (0.5 + random),
    waiting: true,
  };
  if (next.inFlight.length > 0) return { call: { ...next, waiting: call.waiting }, effects: [] };
  return tokens < 1 ? settle(next) : { call: next, effects: [] };
}

function onBroke(call: Call, event: CallEvent & { type: "broke" }, world: World): Step {
  const attempt = call.inFlight.find((a) => a.id === event.attempt);
  if (attempt === undefined) return { call, effects: [] };
  const isNew = !call.broken.includes(attempt.region);
  const next: Call = {
    ...call,
    inFlight: call.inFlight.filter((a) => a !== attempt),
    tried: [...call.tried, attempt.region],
    broken: event.reset && isNew ? [...call.broken, attempt.region] : call.broken,
    uncertain: call.uncertain || (event.sent && call.access !== "read"),
  };
  const isOver = call.access === "bare" || next.broken.length >= MOST_BROKEN;
  return isOver ? settle(next) : advance(next, world);
}

function onWake(call: Call, event: CallEvent & { type: "wake" }, world: World): Step {
  if (!call.waiting) return { call, effects: [] };
  const needsServing = call.access !== "read" || call.kept?.verdict === "behind";
  if (needsServing && !event.serving) return { call, effects: [] };
  const flying = call.inFlight.some((a) => a.region === event.region);
  if (flying) {
    // The region lives and serves: the answer is only slow.
    const silentAt = world.now + SILENCE_RENEWED_MS;
    const inFlight = call.inFlight.map((a) =>
      a.region === event.region ? { ...a, silentAt, silent: false } : a,
    );
    return { call: { ...call, inFlight, waiting: false }, effects: [] };
  }
  return advance({ ...call, tried: call.tried.filter((r) => r !== event.region) }, world);
}

function onTick(call: Call, world: World): Step {
  if (call.waiting && fenceHolds(call, world)) return settle(call);
  const silent = call.inFlight.filter((a) => a.silentAt <= world.now);
  if (call.access === "bare" || silent.length === 0) {
    return call.waiting ? advance(call, world) : { call, effects: [] };
  }
  const inFlight = call.inFlight.map((a) =>
    a.silentAt <= world.now ? { ...a, silent: true, silentAt: world.now + SILENCE_RENEWED_MS } : a,
  );
  const quiet: Call = { ...call, inFlight };
  // A write is not sent on a guess while another copy may be at work: the poll finds where to.
  return call.access === "read" ? advance(quiet, world) : wait(quiet);
}

/** Sends to the next region, or waits for one. */
function advance(call: Call, world: World): Step {
  const region = pick(call, world);
  if (region === undefined || call.notBefore > world.now) return wait(call);
  const paid = !isFree(call, region, world);
  if (paid && world.tokens < 1) return call.inFlight.length > 0 ? wait(call) : settle(call);
  const id = call.sent + 1;
  const backoff = id < 3 ? 0 : Math.min(BACKOFF_FIRST_MS * 2 ** (id - 3), BACKOFF_MOST_MS);
  const silenceMs = Math.max(call.silenceMs, PACES * (world.paceMs.get(region) ?? 0));
  const next: Call = {
    ...call,
    waiting: false,
    sent: id,
    visited: [...call.visited, region],
    notBefore: world.now + backoff * (0.5 + world.random),
    inFlight: [...call.inFlight, { id, region, silent: false, silentAt: world.now + silenceMs }],
  };
  return { call: next, effects: [{ type: "send", attempt: id, region, paid }] };
}

/** A copy beside one at work is free only if that region is known to be in trouble. */
function isFree(call: Call, region: string, { knowledge }: World): boolean {
  if (call.inFlight.length > 0) {
    return call.inFlight.every((a) => knowledge.trouble.has(a.region));
  }
  const verdict = call.kept?.verdict;
  if (verdict === "busy") return false;
  const burdened = verdict === "unavailable" || verdict === "unknown";
  return !burdened || (call.sent === 1 && !call.visited.includes(region));
}

/** The region to send to now, if there is one that is worth it. */
function pick(call: Call, { knowledge }: World): string | undefined {
  const free = orderOf(knowledge, call.app, call.stale && call.access === "read").filter(
    (id) => !call.tried.includes(id) && !call.inFlight.some((a) => a.region === id),
  );
  const sound = free.filter((id) => !knowledge.trouble.has(id));
  if (call.decidedBy !== undefined && sound.includes(call.decidedBy)) return call.decidedBy;
  if (call.access === "read") return sound[0] ?? free[0];
  const serving = appOf(knowledge, call.app).serving;
  if (serving !== undefined && sound.includes(serving)) return serving;
  // A guess costs a refusal: not of a write that is sent once, not with a large body, and not
  // beside a copy already at work.
  const mayGuess = call.access === "keyed" && !call.heavy && call.inFlight.length === 0;
  return mayGuess || serving === undefined ? sound[0] : undefined;
}

const fenceHolds = (call: Call, world: World): boolean =>
  call.fencedSince !== undefined && world.now - call.fencedSince >= FENCE_WAIT_MS;

const wait = (call: Call): Step => ({
  call: { ...call, waiting: true },
  effects: [{ type: "wait" }],
});

const cancels = (call: Call, but?: number): readonly CallEffect[] =>
  call.inFlight.filter((a) => a.id !== but).map((a) => ({ type: "cancel", attempt: a.id }));

const end = (call: Call): Call => ({ ...call, ended: true, waiting: false, inFlight: [] });

function deliver(call: Call, id: number): Step {
  const slower = call.inFlight.filter((a) => a.silent && a.id !== id);
  const told = slower.map((a): CallEffect => ({ type: "silent", region: a.region }));
  const effect: CallEffect = { type: "deliver", attempt: id };
  return { call: end(call), effects: [...told, ...cancels(call, id), effect] };
}

/** Ends the call with the most that can be said truthfully. */
function settle(call: Call): Step {
  const mayHaveHappened = call.access !== "read" && (call.uncertain || call.inFlight.length > 0);
  const { kept } = call;
  const honest = kept !== undefined && (!mayHaveHappened || kept.verdict === "unknown");
  if (honest) {
    const effect: CallEffect = { type: "deliver", attempt: kept.attempt };
    return { call: end(call), effects: [...cancels(call), effect] };
  }
  const code: FailCode = mayHaveHappened ? "outcome-unknown" : "unavailable";
  return { call: end(call), effects: [...cancels(call), { type: "fail", code }] };
}
