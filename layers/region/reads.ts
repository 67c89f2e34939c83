/**
 * Reads of one app in one region, at the level that was asked for. *pure core*
 *
 *   current  every region that could have taken over confirmed the epoch after the read arrived
 *   leased   the lease is valid after the snapshot; what was seen is committed
 *   stale    any region, always, with the age of the data where this region can tell it
 *
 * A read that names no level is answered as well as this region can:
 *
 *   lease valid ------------------------------> leased
 *   fenced, and the in-sync regions confirm --> current
 *   lease just lost --------------------------> refused: the next holder may answer it fresh
 *   anything else ----------------------------> stale
 *
 * A session's receipts are waited for, bounded, and otherwise named. Invariants I5, I9.
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineReader } from "../key-value/engine.ts";
import type { Stored } from "../key-value/items.ts";
import type { Consistency, ReadInfo, ReadOutcome } from "../key-value/port.ts";
import { arrivalOf, type ReceiptParts, readReceipt } from "../key-value/receipt.ts";
import type { AppRegion } from "./app-region.ts";
import type { Holding } from "./holding.ts";

export interface ReadRequest<Value> {
  readonly consistency: Consistency | undefined;
  readonly session: readonly string[];
  /** Looks at the data; `seen` are the items that the answer depends on, or "everything". */
  readonly run: (reader: EngineReader) => { value: Value; seen: readonly Stored[] | "everything" };
  readonly answer: (outcome: ReadOutcome<Value>) => void;
}

const SESSION_WAIT_MS = 1000;
/** A read that names no level gives up a proof after this long, and is answered without one. */
const PROOF_WITHIN_MS = 300;
/** A peer that was heard this recently is worth asking for a proof. */
const HEARD_WITHIN_MS = 500;
/** For so long after the end of a lease a takeover may be under way. */
const SUCCESSION_MS = 2000;

interface Receipt {
  readonly text: string;
  readonly parts: ReceiptParts;
}

interface WaitingSession {
  readonly until: number;
  readonly session: readonly Receipt[];
  readonly go: (missing: readonly string[], now: Instant) => void;
}

export class Reads {
  readonly #app: AppRegion;
  readonly #region: string;
  readonly #reader: EngineReader;
  #waiting: WaitingSession[] = [];
  #proving: { readonly until: number; readonly giveUp: (now: Instant) => void }[] = [];

  constructor(app: AppRegion, region: string, reader: EngineReader) {
    this.#app = app;
    this.#region = region;
    this.#reader = reader;
  }

  read<Value>(request: ReadRequest<Value>, now: Instant): void {
    const session = this.#receiptsOf(request.session);
    const { pending, never } = this.#missing(session);
    if (pending.length === 0) {
      this.#readNow(request, never, now);
      return;
    }
    this.#waiting.push({
      until: now.mono + SESSION_WAIT_MS,
      session,
      go: (missing, at) => this.#readNow(request, missing, at),
    });
  }

  /** What else a session holds comes from another app, or is no receipt. */
  #receiptsOf(session: readonly string[]): Receipt[] {
    const receipts: Receipt[] = [];
    for (const text of session) {
      const parts = readReceipt(text);
      if (parts?.app === this.#app.options.app) receipts.push({ text, parts });
    }
    return receipts;
  }

  #missing(session: readonly Receipt[]): { pending: string[]; never: string[] } {
    const pending: string[] = [];
    const never: string[] = [];
    for (const { text, parts } of session) {
      const arrival = arrivalOf(parts, this.#app.logs.get(parts.lineage));
      if (arrival === "pending") pending.push(text);
      if (arrival === "never") never.push(text);
    }
    return { pending, never };
  }

  /** Reads whose receipts arrived, or that have waited long enough. */
  advance(now: Instant): void {
    this.#giveUpProofs(now);
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      const { pending, never } = this.#missing(one.session);
      if (pending.length === 0) one.go(never, now);
      else if (one.until <= now.mono) one.go([...never, ...pending], now);
      else this.#waiting.push(one);
    }
  }

  #giveUpProofs(now: Instant): void {
    if (this.#proving.length === 0) return;
    const due = this.#proving.filter((one) => one.until <= now.mono);
    this.#proving = this.#proving.filter((one) => one.until > now.mono);
    for (const { giveUp } of due) giveUp(now);
  }

  #readNow<Value>(request: ReadRequest<Value>, missing: readonly string[], now: Instant): void {
    const wanted = request.consistency ?? this.#usualLevel(now);
    if (wanted === "stale") return this.#readStale(request, missing, now);
    if (request.consistency !== undefined || wanted === "leased") {
      return this.#readAt(wanted, request, missing, now);
    }
    this.#readWithProof(request, missing, now);
  }

  #usualLevel(now: Instant): Consistency {
    const { holding, record } = this.#app;
    if (holding === undefined) return "stale";
    if (holding.leaseValid(now)) return "leased";
    if (record?.phase === "fenced") return this.#mayProve(holding, now) ? "current" : "stale";
    return now.mono - this.#leaseEnd(holding) < SUCCESSION_MS ? "leased" : "stale";
  }

  /** Whether the regions that would have to confirm the epoch can be expected to answer. */
  #mayProve(holding: Holding, now: Instant): boolean {
    if (this.#app.record?.durability !== "replicated") return false;
    return holding.inSync.required.every((region) => {
      const heardAt = holding.shipping.peers.get(region)?.heardAt ?? Number.NEGATIVE_INFINITY;
      return now.mono - heardAt < HEARD_WITHIN_MS;
    });
  }

  /** Until then nobody else could write. */
  #leaseEnd(holding: Holding): number {
    const { site, options } = this.#app;
    return Math.max(holding.beganMono, site.lease.end(options.app)?.mono ?? holding.beganMono);
  }

  #readStale<Value>(request: ReadRequest<Value>, missing: readonly string[], now: Instant): void {
    const { value } = request.run(this.#reader);
    request.answer({ kind: "ok", value, info: this.#info("stale", missing, now) });
  }

  /** As current as can be proven in a moment, and else as it is. */
  #readWithProof<Value>(
    request: ReadRequest<Value>,
    missing: readonly string[],
    now: Instant,
  ): void {
    let isAnswered = false;
    const giveUp = (at: Instant): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#readStale(request, missing, at);
    };
    this.#proving.push({ until: now.mono + PROOF_WITHIN_MS, giveUp });
    const answer = (outcome: ReadOutcome<Value>): void => {
      if (outcome.kind !== "ok") return giveUp(now);
      if (isAnswered) return;
      isAnswered = true;
      request.answer(outcome);
    };
    this.#readAt("current", { ...request, answer }, missing, now);
  }

  #readAt<Value>(
    wanted: "leased" | "current",
    request: ReadRequest<Value>,
    missing: readonly string[],
    now: Instant,
  ): void {
    const { holding } = this.#app;
    const isReplicated = this.#app.record?.durability === "replicated";
    // Of a `local` app nobody else could confirm an epoch: the lease is all the proof there is.
    const needsLease = wanted === "leased" || !isReplicated;
    if (holding === undefined || (needsLease && !holding.leaseValid(now))) {
      const reason = `${this.#region} does not serve ${this.#app.options.app} now`;
      request.answer({ kind: "failed", code: "not-serving", reason });
      return;
    }
    const { value, seen } = request.run(this.#reader);
    const position =
      seen === "everything"
        ? holding.log.end.position
        : seen.reduce((most, stored) => Math.max(most, holding.positionOf(stored)), 0);
    const finish = (isHeld: boolean): void => {
      const info = this.#info(wanted, missing, now);
      if (isHeld) request.answer({ kind: "ok", value, info });
      else
        request.answer({ kind: "failed", code: "not-serving", reason: "the app moved meanwhile" });
    };
    holding.read(position, now, (end) => {
      if (end === "lost") finish(false);
      else if (wanted === "current" && isReplicated) holding.confirms.add(finish);
      else finish(true);
    });
  }

  #info(consistency: Consistency, missing: readonly string[], now: Instant): ReadInfo {
    const { holding } = this.#app;
    const asOf = holding === undefined ? this.#app.caughtUpAt : this.#leaseEnd(holding);
    const isKnown = consistency === "stale" && Number.isFinite(asOf);
    return {
      consistency,
      region: this.#region,
      epoch: this.#app.record?.epoch ?? 0,
      ...(isKnown ? { dataAgeMs: Math.max(0, now.mono - asOf) } : {}),
      ...(missing.length > 0 ? { missing } : {}),
    };
  }
}
