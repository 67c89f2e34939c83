/**
 * Reads of one app in one region, at the level that was asked for. *pure core*
 *
 *   current  every region that could have taken over confirmed the epoch after the read arrived
 *   leased   the lease is valid after the snapshot; what was seen is committed
 *   stale    any region, always, with the age of the data
 *
 * A session's receipts are waited for, bounded, and otherwise named. Invariants I5, I9.
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineReader } from "../key-value/engine.ts";
import type { Stored } from "../key-value/items.ts";
import type { Consistency, ReadInfo, ReadOutcome } from "../key-value/port.ts";
import { arrivalOf, type ReceiptParts, readReceipt } from "../key-value/receipt.ts";
import type { AppRegion } from "./app-region.ts";

export interface ReadRequest<Value> {
  readonly consistency: Consistency | undefined;
  readonly session: readonly string[];
  /** Looks at the data; `seen` are the items that the answer depends on, or "everything". */
  readonly run: (reader: EngineReader) => { value: Value; seen: readonly Stored[] | "everything" };
  readonly answer: (outcome: ReadOutcome<Value>) => void;
}

const SESSION_WAIT_MS = 1000;

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

  #readNow<Value>(request: ReadRequest<Value>, missing: readonly string[], now: Instant): void {
    const holding = this.#app.holding;
    const wanted = request.consistency ?? (holding === undefined ? "stale" : "leased");
    if (wanted === "stale") {
      const { value } = request.run(this.#reader);
      request.answer({ kind: "ok", value, info: this.#info("stale", missing, now) });
      return;
    }
    if (holding === undefined || (wanted === "leased" && !holding.leaseValid(now))) {
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
      else if (wanted === "current" && this.#app.record?.durability === "replicated") {
        holding.confirms.add(finish);
      } else finish(true);
    });
  }

  #info(consistency: Consistency, missing: readonly string[], now: Instant): ReadInfo {
    const age = now.mono - this.#app.caughtUpAt;
    return {
      consistency,
      region: this.#region,
      epoch: this.#app.record?.epoch ?? 0,
      ...(consistency === "stale"
        ? { dataAgeMs: Number.isFinite(age) ? Math.max(0, age) : -1 }
        : {}),
      ...(missing.length > 0 ? { missing } : {}),
    };
  }
}
