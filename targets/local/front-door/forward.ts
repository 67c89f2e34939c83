/**
 * One request through the front door, from its head to the end of its answer. *shell*
 *
 *   take body -> choose region -> attempt ----> head ----> answer streams or is kept whole
 *                   ^   |            |            |
 *                   |   +-> held <---+- refused --+   broke, refused, silent: choose again
 *                   +--------+  (table changed, region found)
 *
 * A read, and a write with an Idempotency-Key whose body could be kept, may have several attempts;
 * the first usable head wins and the others are given up. Everything else is sent once.
 *
 * Invariants
 *  W1 a bare request that may have reached a region is never sent again         (onBroke)
 *  W2 nothing is retried once a byte of the answer has left                     (commit)
 *  W3 a keyed write of which an attempt may have had an effect is never answered with a refusal:
 *     it ends in a region's final answer or in `outcome-unknown`                (giveUp)
 *  W4 memory per request is bounded: replayBytes of body, KEPT_BYTES of answer; beyond them bytes
 *     wait in the sockets                                                       (body.ts, onData)
 *  W5 every request leaves `pending` exactly once                               (leave)
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { silentLog } from "../../../layers/api/log.ts";
import { isHealthy, KEPT_BYTES, KeptAnswer } from "./answer.ts";
import type { Door, Pending } from "./door.ts";
import { headerOf, responseHeaders } from "./headers.ts";
import { answerProblem } from "./problem.ts";
import { type Access, chooseRegion, isLost } from "./router.ts";
import { type Flight, type FlightListener, type Outgoing, wasRefused } from "./upstream.ts";

const RETRY_HELD_MS = 250;
const BACKOFF_AFTER = 3;
const BACKOFF_MOST_MS = 250;

export interface Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly app: string | undefined;
  readonly access: Access;
  readonly isControl: boolean;
  readonly headers: readonly string[];
  readonly body: Buffer | Readable | null;
}

export class Exchange implements Pending, FlightListener {
  readonly #door: Door;
  readonly #of: Request;
  readonly #flights: Flight[] = [];
  readonly #startedAt = performance.now();
  #tried: string[] = [];
  #attempts = 0;
  #regions = "";
  #heldSince: number | undefined;
  #heldMs = 0;
  #notBefore = 0;
  #isUncertain = false;
  #silenceTimer: NodeJS.Timeout | undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #winner: Flight | undefined;
  readonly #kept = new Map<Flight, KeptAnswer>();
  #refusal: KeptAnswer | undefined;
  #isOver = false;

  constructor(door: Door, of: Request) {
    this.#door = door;
    this.#of = of;
  }

  get app(): string | undefined {
    return this.#of.app;
  }
  get isRead(): boolean {
    return this.#of.access === "read";
  }
  get isHeld(): boolean {
    return this.#heldSince !== undefined;
  }

  start(): void {
    this.#door.budget.earn();
    this.#door.pending.add(this);
    this.#of.response.once("close", () => this.#clientLeft());
    // A client that is gone is told by `close`; the error adds nothing.
    this.#of.response.on("error", () => undefined);
    this.#next();
  }

  reconsider(): void {
    if (this.#isOver || this.#winner !== undefined || this.#of.isControl) return;
    const { access } = this.#of;
    if (access !== "bare") {
      for (const flight of [...this.#flights]) {
        if (!isLost(this.#door.table, this.app, access, flight.upstream.id)) continue;
        this.#drop(flight);
        this.#isUncertain ||= flight.isSent && access === "keyed";
        this.#tried.push(flight.upstream.id);
      }
    }
    if (this.isHeld) this.retry();
    else if (this.#flights.length === 0) this.#next();
  }

  retry(): void {
    if (this.#isOver || this.#winner !== undefined) return;
    this.#tried = [];
    const now = performance.now();
    if (now >= this.#notBefore) return this.#next();
    this.#retryLater(this.#notBefore - now);
  }

  /** Sends to the next region, or holds. */
  #next(): void {
    const region = this.#choose();
    if (region !== undefined) return this.#send(region);
    if (this.#of.isControl) return this.#giveUp("the supervisor does not answer");
    if (this.#flights.length === 0) this.#hold();
  }

  #choose(): string | undefined {
    if (this.#of.isControl) return this.#attempts === 0 ? "control" : undefined;
    const { app, access } = this.#of;
    const busy = this.#flights.map((flight) => flight.upstream.id);
    return chooseRegion(this.#door.table, { app, access, tried: this.#tried, busy });
  }

  #send(region: string): void {
    const { request, headers, body, isControl } = this.#of;
    const upstream = isControl ? this.#door.control : this.#door.upstream(region);
    if (upstream === undefined) return this.#giveUp(`there is no ${region} here`);
    this.#release();
    this.#attempts += 1;
    this.#regions = this.#attempts === 1 ? region : `${this.#regions},${region}`;
    if (this.#attempts > BACKOFF_AFTER) {
      const backoffMs = Math.min(BACKOFF_MOST_MS, 10 * 2 ** (this.#attempts - BACKOFF_AFTER));
      this.#notBefore = performance.now() + backoffMs * (0.5 + Math.random());
    }
    const out: Outgoing = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers,
      body,
    };
    this.#watchSilence();
    const flight = upstream.send(out, this);
    // A pool that was closed meanwhile breaks it in the same turn.
    if (!flight.isOver) this.#flights.push(flight);
  }

  #watchSilence(): void {
    clearTimeout(this.#silenceTimer);
    const { readSilenceMs, writeSilenceMs, answerMs } = this.#door.limits;
    const { access } = this.#of;
    if (access === "bare") {
      this.#silenceTimer = setTimeout(() => this.#onDeadline(), answerMs);
      return;
    }
    const silenceMs = access === "read" ? readSilenceMs : writeSilenceMs;
    // One length for all: such timers share a list and cost next to nothing.
    this.#silenceTimer = setTimeout(() => this.#onSilence(), silenceMs);
  }

  #onDeadline(): void {
    for (const flight of [...this.#flights]) this.#drop(flight);
    this.#isUncertain = true;
    this.#giveUp("the region did not answer in time");
  }

  /** Somebody else may be faster; and the region may be in trouble. */
  #onSilence(): void {
    if (this.#isOver || this.#winner !== undefined) return;
    const { answerMs } = this.#door.limits;
    if (performance.now() - this.#startedAt > answerMs) return this.#onDeadline();
    for (const flight of this.#flights) this.#door.suspect(flight.upstream.id, "silence");
    const region = this.#choose();
    if (region !== undefined && this.#door.budget.take()) return this.#send(region);
    this.#watchSilence();
  }

  onHead(flight: Flight, status: number, text: string, raw: readonly (Buffer | string)[]): void {
    if (this.#isOver || (this.#winner !== undefined && this.#winner !== flight)) return;
    const headers = responseHeaders(raw, flight.upstream.id);
    const kept = new KeptAnswer(status, text, headers);
    const length = headerOf(headers, "content-length");
    // An error of unknown length is kept as long as it is small: it has to be read.
    const isSmall = length === undefined ? !isHealthy(status) : Number(length) <= KEPT_BYTES;
    if (isSmall) this.#kept.set(flight, kept);
    if (!isSmall || isHealthy(status)) this.#settleOn(flight);
    if (!isSmall) this.#commit(kept);
  }

  /** The others are given up once there is a head that will do. */
  #settleOn(flight: Flight): void {
    this.#winner = flight;
    for (const other of [...this.#flights]) if (other !== flight) this.#drop(other);
    clearTimeout(this.#silenceTimer);
  }

  onData(flight: Flight, chunk: Buffer): void {
    const { response } = this.#of;
    const kept = this.#kept.get(flight);
    if (kept === undefined) {
      if (flight !== this.#winner || response.write(chunk)) return;
      flight.pause();
      response.once("drain", () => flight.resume());
    } else if (!kept.add(chunk)) {
      this.#kept.delete(flight);
      this.#settleOn(flight);
      this.#commit(kept);
      response.write(kept.body());
    }
  }

  onEnd(flight: Flight): void {
    const kept = this.#kept.get(flight);
    this.#forget(flight);
    if (this.#isOver) return;
    if (kept !== undefined) return this.#judge(flight, kept);
    if (flight !== this.#winner) return;
    this.#of.response.end();
    this.#leave(this.#of.response.statusCode);
  }

  #judge(flight: Flight, kept: KeptAnswer): void {
    const { app, access, isControl } = this.#of;
    const region = flight.upstream.id;
    const verdict = isControl || isHealthy(kept.status) ? "final" : kept.verdict(access === "read");
    if (verdict === "refused" && app !== undefined) {
      const { epoch, servingRegions } = kept;
      this.#tried.push(region);
      this.#refusal = kept;
      this.#door.tell({ type: "refused", app, region, epoch, servingRegions });
    }
    const isFenced = app !== undefined && this.#door.table.apps.get(app)?.fenced === true;
    if (verdict === "final" || access === "bare" || (verdict === "refused" && isFenced)) {
      if (app !== undefined && verdict === "final") this.#door.choose(app, region);
      this.#commit(kept);
      kept.endInto(this.#of.response);
      return this.#leave(kept.status);
    }
    this.#refusal = kept;
    this.#isUncertain ||= access === "keyed" && verdict === "unknown";
    if (!this.#tried.includes(region)) this.#tried.push(region);
    // `tell` may have sent it on already.
    if (this.#flights.length > 0 || this.isHeld) return;
    if (verdict !== "refused" && !this.#door.budget.take()) return this.#giveUp("no retry is left");
    this.#next();
  }

  #commit(kept: KeptAnswer): void {
    const { response } = this.#of;
    this.#release();
    this.#door.pending.delete(this);
    response.writeHead(kept.status, kept.text, kept.headers as string[]);
  }

  onBroke(flight: Flight, error: Error, sent: boolean): void {
    this.#forget(flight);
    if (this.#isOver) return;
    const { access, response, isControl } = this.#of;
    const region = flight.upstream.id;
    if (!isControl) this.#door.suspect(region, wasRefused(error) ? "refused" : "broke");
    if (response.headersSent) {
      response.destroy();
      return this.#leave(0);
    }
    this.#isUncertain ||= sent && access !== "read";
    if (!this.#tried.includes(region)) this.#tried.push(region);
    if (access === "bare" && sent) {
      return this.#giveUp("the connection to the region broke after the request was sent");
    }
    if (!this.isHeld && this.#winner === undefined) this.#next();
  }

  #hold(): void {
    const { limits } = this.#door;
    if (this.isHeld) return this.#look();
    if (this.#door.held >= limits.mostHeld) {
      return this.#giveUp("too many requests are waiting for a region");
    }
    this.#heldSince = performance.now();
    this.#door.held += 1;
    clearTimeout(this.#silenceTimer);
    this.#holdTimer ??= setTimeout(
      () => this.#giveUp("no region could serve it in time"),
      limits.holdMs,
    );
    this.#look();
    this.#retryLater(RETRY_HELD_MS * (0.75 + Math.random() / 2));
  }

  #look(): void {
    if (this.app !== undefined && this.#door.table.apps.has(this.app)) this.#door.look(this.app);
  }

  /** Should every push be missed, a held request asks again by itself. */
  #retryLater(delayMs: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.retry();
      if (this.isHeld) this.#retryLater(RETRY_HELD_MS * (0.75 + Math.random() / 2));
    }, delayMs);
  }

  #release(): void {
    if (this.#heldSince === undefined) return;
    this.#heldMs += performance.now() - this.#heldSince;
    this.#heldSince = undefined;
    this.#door.held -= 1;
    clearTimeout(this.#retryTimer);
  }

  /** Ends with the most that can be said truthfully. */
  #giveUp(reason: string): void {
    if (this.#isOver || this.#of.response.headersSent) return;
    for (const flight of [...this.#flights]) {
      this.#isUncertain ||= flight.isSent && this.#of.access !== "read";
      this.#drop(flight);
    }
    const { response } = this.#of;
    const { table } = this.#door;
    const route = this.app === undefined ? undefined : table.apps.get(this.app);
    const extra = {
      attempts: this.#attempts,
      regions: Object.fromEntries(
        table.regions.map(({ id }) => [id, table.conditions.get(id) ?? "up"]),
      ),
      ...(route === undefined
        ? {}
        : { app: route.app, epoch: route.epoch, servingRegions: route.servingRegions }),
    };
    if (this.#isUncertain) {
      const advice =
        this.#of.access === "keyed"
          ? "the write may have happened; retry with the same Idempotency-Key"
          : "the write may have happened; without an Idempotency-Key it is not sent again";
      answerProblem(response, "outcome-unknown", `${reason}: ${advice}`, extra);
    } else if (this.#refusal !== undefined) {
      this.#commit(this.#refusal);
      this.#refusal.endInto(response);
    } else {
      answerProblem(response, "unavailable", `${reason}; nothing was written`, extra);
    }
    this.#leave(response.statusCode);
  }

  #clientLeft(): void {
    if (this.#isOver) return;
    for (const flight of [...this.#flights]) this.#drop(flight);
    this.#leave(this.#of.response.writableFinished ? this.#of.response.statusCode : 499);
  }

  #drop(flight: Flight): void {
    this.#forget(flight);
    flight.abort();
  }

  #forget(flight: Flight): void {
    this.#kept.delete(flight);
    if (this.#winner === flight && !this.#of.response.headersSent) this.#winner = undefined;
    const at = this.#flights.indexOf(flight);
    if (at >= 0) this.#flights.splice(at, 1);
  }

  #leave(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#holdTimer);
    clearTimeout(this.#retryTimer);
    this.#release();
    this.#door.pending.delete(this);
    if (this.#door.log === silentLog) return;
    const { request } = this.#of;
    const path = request.url?.split("?", 1)[0];
    this.#door.log.info(
      {
        method: request.method,
        path,
        status,
        region: this.#regions,
        attempts: this.#attempts,
        heldMs: Math.round(this.#heldMs),
        tookMs: Math.round((performance.now() - this.#startedAt) * 10) / 10,
      },
      "request",
    );
  }
}
