/**
 * Runs one call: turns decide.ts's effects into fetches and timers, and what comes back into
 * events and facts. *shell*
 *
 * Facts are told before the call steps, so that a decision always sees what its own attempt learnt.
 */
import { type Answer, readAnswer } from "./answer.ts";
import type { Shared } from "./client.ts";
import {
  type Call,
  type CallEffect,
  type CallEvent,
  createCall,
  type FailCode,
  nextTickAt,
  step,
} from "./decide.ts";
import { ClientError } from "./error.ts";
import type { Outgoing } from "./request.ts";

export interface CallOptions {
  readonly deadlineMs: number;
  readonly silenceMs: number;
  readonly stale: boolean;
  readonly heavy: boolean;
  readonly signal: AbortSignal | undefined;
}

export function runCall(
  shared: Shared,
  out: Outgoing,
  open: Set<() => void>,
  options: CallOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const running = new RunningCall(shared, out, options, {
      resolve,
      reject,
      ended: () => open.delete(close),
    });
    const close = (): void => running.close();
    open.add(close);
    running.start();
  });
}

/** One slow answer must not blind the client to silence. */
const PACE_MOST_MS = 500;

interface Ends {
  readonly resolve: (response: Response) => void;
  readonly reject: (reason: unknown) => void;
  readonly ended: () => void;
}

class RunningCall {
  readonly #shared: Shared;
  readonly #out: Outgoing;
  readonly #signal: AbortSignal | undefined;
  readonly #ends: Ends;
  readonly #flying = new Map<number, AbortController>();
  readonly #answers = new Map<number, Answer>();
  readonly #history: string[] = [];
  readonly #onAbort = (): void => this.abort(this.#signal?.reason);
  #call: Call;
  #cause: unknown;
  #cancelTick: (() => void) | undefined;
  #tickAt = 0;
  #stopWaiting: (() => void) | undefined;
  #over = false;

  constructor(shared: Shared, out: Outgoing, options: CallOptions, ends: Ends) {
    this.#shared = shared;
    this.#out = out;
    this.#signal = options.signal;
    this.#ends = ends;
    this.#call = createCall({
      app: out.app,
      access: out.access,
      stale: options.stale,
      heavy: options.heavy,
      repeatable: !(out.body instanceof ReadableStream),
      deadlineAt: shared.ports.now() + options.deadlineMs,
      silenceMs: options.silenceMs,
    });
  }

  start(): void {
    if (this.#signal?.aborted) return this.#onAbort();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#step({ type: "start" });
  }

  abort(reason: unknown): void {
    if (this.#over) return;
    for (const controller of this.#flying.values()) controller.abort(reason);
    this.#finish();
    this.#ends.reject(reason);
  }

  close(): void {
    const unknown = this.#out.access !== "read" && this.#call.sent > 0;
    const code = unknown ? "outcome-unknown" : "unavailable";
    this.abort(new ClientError(code, "the client was closed", this.#history));
  }

  #step(event: CallEvent): void {
    if (this.#over) return;
    const { knowledge, tokens, ports, paceMs } = this.#shared;
    const world = { now: ports.now(), knowledge, tokens, random: ports.random(), paceMs };
    const { call, effects } = step(this.#call, event, world);
    this.#call = call;
    for (const effect of effects) this.#run(effect);
    if (this.#over) return;
    if (!call.waiting) this.#endWaiting();
    this.#arm(nextTickAt(call, world.now), world.now);
  }

  #run(effect: CallEffect): void {
    switch (effect.type) {
      case "send":
        if (effect.paid) this.#shared.tokens -= 1;
        void this.#send(effect.attempt, effect.region);
        return;
      case "cancel":
        this.#flying.get(effect.attempt)?.abort();
        return;
      case "silent":
        return this.#shared.tell({ type: "trouble", region: effect.region, trouble: "silent" });
      case "wait":
        return this.#wait();
      case "deliver":
        return this.#deliver(effect.attempt);
      case "fail":
        return this.#fail(effect.code);
    }
  }

  #fail(code: FailCode): void {
    this.abort(new ClientError(code, reasonOf(code), this.#history, this.#cause));
  }

  async #send(id: number, regionId: string): Promise<void> {
    const { ports, knowledge, session } = this.#shared;
    const region = knowledge.regions.find((r) => r.id === regionId);
    const controller = new AbortController();
    this.#flying.set(id, controller);
    const sentAt = ports.now();
    const { method, headers, body, rest, app, path } = this.#out;
    const receipts = session.header(app);
    if (receipts !== undefined) headers.set("understudy-session", receipts);
    // The caller's own signal also ends an answer that streams, after this call has ended.
    const given = this.#signal;
    const signal = given ? AbortSignal.any([controller.signal, given]) : controller.signal;
    const init: RequestInit = { ...rest, method, headers, signal };
    if (body !== undefined) init.body = body;
    // Streams are sent as they come; fetch asks for this to be said.
    if (body instanceof ReadableStream) (init as { duplex?: "half" }).duplex = "half";
    try {
      const response = await ports.fetch(`${region?.url ?? ""}${path}`, init);
      this.#pace(regionId, ports.now() - sentAt);
      const answer = await readAnswer(response, this.#out.access === "read");
      this.#onAnswer(id, regionId, answer);
    } catch (error) {
      if (this.#over || controller.signal.aborted) return;
      this.#cause = error;
      this.#history.push(`${regionId}: ${codeOf(error)}`);
      const own = this.#out.sourceFault() ?? (isRefused(error) ? error : undefined);
      if (own !== undefined) return this.abort(own);
      if (isUnwanted(error)) {
        return this.#out.access === "read" ? this.abort(error) : this.#fail("outcome-unknown");
      }
      this.#shared.tell({ type: "trouble", region: regionId, trouble: "unreachable" });
      const code = codeOf(error);
      const sent = code !== "ECONNREFUSED";
      this.#step({ type: "broke", attempt: id, sent, reset: RESETS.has(code) });
    } finally {
      this.#flying.delete(id);
    }
  }

  #onAnswer(id: number, region: string, answer: Answer): void {
    if (this.#over) return;
    const { verdict, epoch, servingRegion, decidedBy, response } = answer;
    const { app, access } = this.#out;
    const fresh = response.headers.get("understudy-consistency");
    const serves =
      access === "read" ? fresh === "leased" || fresh === "current" : response.status < 400;
    this.#history.push(`${region}: ${response.status}`);
    this.#answers.set(id, answer);
    if (verdict === "refused" || verdict === "fenced") {
      const fact = { type: "refused", app, region, fenced: verdict === "fenced", epoch } as const;
      this.#shared.tell(servingRegion === undefined ? fact : { ...fact, servingRegion });
    } else if (verdict === "final" && serves) {
      this.#shared.tell({ type: "serves", app, region, epoch });
    } else {
      this.#shared.tell({ type: "reached", region });
    }
    const event = { type: "answered", attempt: id, verdict } as const;
    this.#step(decidedBy === undefined ? event : { ...event, decidedBy });
  }

  #deliver(id: number): void {
    const answer = this.#answers.get(id);
    this.#finish();
    if (answer === undefined) return;
    const { response, epoch, region } = answer;
    const { headers } = response;
    this.#shared.session.keep(this.#out.app, headers.get("understudy-receipt"));
    const consistency = headers.get("understudy-consistency");
    const age = headers.get("understudy-data-age");
    const missing = headers.get("understudy-missing");
    this.#ends.resolve(response);
    this.#shared.announce({
      type: "answered",
      app: this.#out.app,
      region: region ?? "",
      epoch,
      status: response.status,
      attempts: this.#call.sent,
      ...(consistency === null ? {} : { consistency }),
      ...(age === null ? {} : { dataAgeMs: Number(age) }),
      ...(missing === null ? {} : { missing: missing.split(",").map((m) => m.trim()) }),
    });
  }

  #wait(): void {
    if (this.#call.inFlight.length === 0) {
      this.#shared.tell({ type: "stuck", app: this.#out.app });
    }
    this.#stopWaiting ??= this.#shared.awaitRegion(this.#out.app, (region, serving) =>
      this.#step({ type: "wake", region, serving }),
    );
  }

  #endWaiting(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
  }

  #arm(at: number, now: number): void {
    if (this.#cancelTick !== undefined && this.#tickAt === at) return;
    this.#cancelTick?.();
    this.#tickAt = at;
    this.#cancelTick = this.#shared.ports.after(Math.max(0, at - now), () => {
      this.#cancelTick = undefined;
      this.#step({ type: "tick" });
    });
  }

  /** Exponential average, so that a far region is not taken for a silent one. */
  #pace(region: string, tookMs: number): void {
    const { paceMs } = this.#shared;
    const capped = Math.min(tookMs, PACE_MOST_MS);
    paceMs.set(region, (paceMs.get(region) ?? capped) * 0.8 + capped * 0.2);
  }

  #finish(): void {
    this.#over = true;
    this.#cancelTick?.();
    this.#endWaiting();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#ends.ended();
  }
}

/** A connection that was there, and broke. */
const RESETS = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

function codeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  if (typeof cause?.code === "string") return cause.code;
  return error instanceof Error ? error.name : "error";
}

/** What Node's fetch sends to nobody: a header of the connection, a length that is not the body's. */
const REFUSED = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);
const isRefused = (error: unknown): boolean => REFUSED.has(codeOf(error));

/** A region answered, and the call's own options refuse the answer, as they would any other's. */
const UNWANTED = new Set(["unexpected redirect", "redirect count exceeded", "integrity mismatch"]);

function isUnwanted(error: unknown): boolean {
  const cause = (error as { cause?: { message?: unknown } } | null)?.cause;
  return typeof cause?.message === "string" && UNWANTED.has(cause.message);
}

const reasonOf = (code: FailCode): string =>
  code === "unavailable"
    ? "no region could serve the call within its deadline; nothing was changed"
    : "no region said whether the write happened; retry with the same Idempotency-Key";
