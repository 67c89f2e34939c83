/**
 * One request through the front door, from its head to the end of its answer. *shell*
 *
 *   take body -> choose region -> in line -> attempt ----> head ----> answer streams, or is kept
 *                   ^   |                     |            |
 *                   |   +-> held <------------+- refused --+   broke, refused: choose again
 *                   +--------+  (table changed, region found)
 *
 * A read, and a write with an Idempotency-Key whose body could be kept, may have several attempts;
 * the first usable head wins and the others are given up. Everything else is sent once. An attempt
 * is given up when its region is gone or no longer serves; silence only brings it company.
 *
 * Invariants
 *  W1 a bare request that may have reached a region is never sent again         (onBroke)
 *  W2 nothing is retried once a byte of the answer has left                   (answered)
 *  W3 a keyed write of which an attempt may have had an effect is never answered with a refusal:
 *     it ends in a region's final answer or in `outcome-unknown`                (giveUp)
 *  W4 memory per request is bounded; what is beyond waits in the sockets (body.ts, pump.ts)
 *  W5 every request leaves `pending` exactly once                               (leave)
 *  W6 what may add work to a region that works is paid for (wouldBurden, mayRepeat)
 */
import { logPassage } from "./access-log.ts";
import { isHealthy, KEPT_BYTES, KeptAnswer } from "./answer.ts";
import { Attempts } from "./attempts.ts";
import { Delivery } from "./delivery.ts";
import type { Door, Pending } from "./door.ts";
import { answerFailure, BROKE, type Failure } from "./failure.ts";
import { headerOf, responseHeaders } from "./headers.ts";
import { Hold } from "./hold.ts";
import type { Place } from "./lane.ts";
import { Patience } from "./patience.ts";
import { answerProblem } from "./problem.ts";
import type { Request } from "./request.ts";
import type { Seat } from "./roster.ts";
import { conditionOf, isLost } from "./router.ts";
import { Turn } from "./turn.ts";
import {
  type Flight,
  type FlightListener,
  isUnsendable,
  type Outgoing,
  type Upstream,
  wasRefused,
} from "./upstream.ts";

export class Exchange implements Pending, FlightListener {
  readonly #door: Door;
  readonly #of: Request;
  readonly #delivery: Delivery;
  readonly #flights: Flight[] = [];
  readonly #seat: Seat<Pending>;
  readonly #startedAt = performance.now();
  readonly #patience: Patience;
  readonly #attempts = new Attempts();
  #turn: Turn | undefined;
  #queuedMs = 0;
  #reason: string | undefined;
  #hold: Hold | undefined;
  #isUncertain = false;
  #winner: Flight | undefined;
  #refusal: KeptAnswer | undefined;
  #isOver = false;

  constructor(door: Door, of: Request) {
    this.#door = door;
    this.#of = of;
    this.#seat = door.pending.enter(this);
    this.#delivery = new Delivery(of.response);
    this.#patience = new Patience(door.limits, of.request, {
      silence: () => this.#onSilence(),
      deadline: () => this.#onDeadline(),
    });
  }

  get app(): string | undefined {
    return this.#of.app;
  }
  get isRead(): boolean {
    return this.#of.access === "read";
  }
  get isHeld(): boolean {
    return this.#hold?.isHeld === true;
  }

  start(): void {
    this.#door.budget.earn();
    this.#of.response.once("close", () => this.abandon());
    // A client that is gone is told by `close`; the error adds nothing.
    this.#of.response.on("error", () => undefined);
    this.#next();
  }

  reconsider(): void {
    if (this.#isOver || this.#winner !== undefined || this.#of.isControl) return;
    const { access } = this.#of;
    const { table } = this.#door;
    if (this.#turn !== undefined) {
      const { id } = this.#turn.upstream;
      // Nothing was sent yet: it may as well wait elsewhere.
      if (conditionOf(table, id) === "up" && !isLost(table, this.app, access, id)) return;
      this.#leaveLine();
      return this.#next();
    }
    if (access !== "bare") {
      for (const flight of [...this.#flights]) {
        if (!isLost(table, this.app, access, flight.upstream.id)) continue;
        this.#drop(flight);
        this.#isUncertain ||= flight.isSent && access === "keyed";
        this.#attempts.leave(flight.upstream.id, flight.isSent);
      }
      const over = this.#attempts.brokeSince(table, this.isRead);
      if (over !== undefined) return this.#giveUp(over, "bad-gateway");
    }
    if (this.isHeld) this.retry();
    else if (this.#flights.length === 0) this.#next();
  }

  retry(): void {
    if (this.#isOver || this.#winner !== undefined) return;
    this.#attempts.tried = [];
    const waitMs = this.#attempts.waitMs(performance.now());
    if (waitMs === 0) return this.#next();
    this.#hold?.retryLater(waitMs);
  }

  /** Sends to the next region, or holds. */
  #next(): void {
    const region = this.#choose();
    if (region !== undefined && this.#mayRepeat(region)) return this.#send(region);
    if (this.#of.isControl) return this.#giveUp("the supervisor does not answer");
    if (this.#flights.length === 0) this.#keepHeld();
  }

  #mayRepeat(region: string): boolean {
    return !this.#attempts.wouldBurden(region) || this.#door.budget.take();
  }

  #choose(): string | undefined {
    if (this.#of.isControl) return this.#attempts.count === 0 ? "control" : undefined;
    const busy = this.#flights.map((flight) => flight.upstream.id);
    return this.#attempts.choose(this.#door.table, this.#of, busy);
  }

  #send(region: string): void {
    const { body, isControl, isEventStream } = this.#of;
    const upstream = isControl ? this.#door.control : this.#door.upstream(region);
    if (upstream === undefined) return this.#giveUp(`there is no ${region} here`);
    this.#hold?.release();
    // A body that streams is at its client's pace: it would keep a place from those that work.
    const isFree = isControl || isEventStream || !(body === null || Buffer.isBuffer(body));
    if (isFree) return this.#dispatch(upstream, undefined);
    const now = performance.now();
    const place = upstream.lane.enter(now);
    if (place !== undefined) return this.#dispatch(upstream, place);
    // Company is not worth waiting for.
    if (this.#flights.length > 0) return this.#watchSilence();
    this.#patience.stop();
    this.#turn = new Turn(upstream, { isPatient: this.#hold !== undefined, since: now }, this);
    if (!this.#turn.begin()) this.shed(this.#turn);
  }

  admitted({ upstream }: Turn): void {
    this.#leaveLine();
    if (!this.#isOver) this.#dispatch(upstream, upstream.lane.placeOf(performance.now()));
  }

  shed({ upstream, isDeserted }: Turn): void {
    this.#leaveLine();
    if (isDeserted) {
      this.#door.suspect(upstream.id, "silence");
      this.#attempts.avoid(upstream.id, false);
      return this.#next();
    }
    this.#giveUp(`${upstream.id} has more to do than it can`, "busy");
  }

  #leaveLine(): void {
    if (this.#turn === undefined) return;
    this.#turn.withdraw();
    this.#queuedMs += performance.now() - this.#turn.since;
    this.#turn = undefined;
  }

  #dispatch(upstream: Upstream, place: Place | undefined): void {
    const { request, headers, body } = this.#of;
    this.#attempts.begin(upstream.id, performance.now(), Math.random());
    const { method = "GET", url: path = "/" } = request;
    const out: Outgoing = { method, path, headers, body };
    const flight = upstream.send(out, this);
    flight.place = place;
    // A pool that was closed meanwhile breaks it in the same turn.
    if (flight.isOver) flight.leaveLane(false);
    else this.#flights.push(flight);
    this.#watchSilence();
  }

  #watchSilence(): void {
    this.#patience.watch(this.#of.access, this.#flights[0]?.upstream);
  }

  #onDeadline(): void {
    this.#isUncertain = true;
    this.#giveUp("the region did not answer in time");
  }

  /** Somebody else may be faster; and the region may be in trouble. */
  #onSilence(): void {
    if (this.#isOver || this.#winner !== undefined) return;
    for (const flight of this.#flights) this.#door.suspect(flight.upstream.id, "silence");
    this.#keepCompany();
  }

  #keepCompany(): void {
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
    if (isSmall) flight.kept = kept;
    if (!isSmall || isHealthy(status)) this.#settleOn(flight);
    if (!isSmall) this.#stream(flight, kept);
  }

  /** From here on it is at the pace of its client, which is no work for the region. */
  #stream(flight: Flight, kept: KeptAnswer): void {
    flight.leaveLane(isHealthy(kept.status));
    this.#answered();
    this.#delivery.stream(flight, kept, this.#door.limits.answerIdleMs, () => {
      this.#reason = "the answer stood still";
      this.#drop(flight);
      this.#leave(0);
    });
  }

  /** The others are given up once there is a head that will do. */
  #settleOn(flight: Flight): void {
    this.#winner = flight;
    for (const other of [...this.#flights]) if (other !== flight) this.#drop(other);
    this.#patience.stop();
  }

  onData(flight: Flight, chunk: Buffer): void {
    const { kept } = flight;
    if (kept === undefined) {
      if (flight === this.#winner) this.#delivery.write(chunk);
    } else if (!kept.add(chunk)) {
      flight.kept = undefined;
      this.#settleOn(flight);
      this.#stream(flight, kept);
      this.#delivery.write(kept.body());
    }
  }

  onEnd(flight: Flight): void {
    const { kept } = flight;
    flight.leaveLane(kept !== undefined && isHealthy(kept.status));
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
    this.#refusal = kept;
    if (this.#attempts.follow(region, kept, this.#of, this.#door.table)) return this.#next();
    const verdict = isControl || isHealthy(kept.status) ? "final" : kept.verdict(access === "read");
    if (verdict === "refused" && app !== undefined) {
      const { epoch, servingRegions } = kept;
      this.#attempts.avoid(region, false);
      this.#door.tell({ type: "refused", app, region, epoch, servingRegions });
    }
    const isFenced = app !== undefined && this.#door.table.apps.get(app)?.fenced === true;
    // Of a fenced app no region takes a write; a read is answered by all of them.
    const isRefusedByAll = verdict === "refused" && isFenced && access !== "read";
    if (verdict === "final" || access === "bare" || isRefusedByAll) {
      if (app !== undefined && verdict === "final") this.#door.choose(app, region);
      this.#answered();
      this.#delivery.whole(kept);
      return this.#leave(kept.status);
    }
    this.#isUncertain ||= access === "keyed" && verdict === "unknown";
    this.#attempts.avoid(region, verdict !== "refused");
    // `tell` may have sent it on already.
    if (this.#flights.length > 0 || this.isHeld) return;
    if (verdict !== "refused" && !this.#door.budget.take()) return this.#giveUp("no retry is left");
    this.#next();
  }

  /** Bytes of an answer leave now: nothing can be retried any more. */
  #answered(): void {
    this.#hold?.release();
    this.#door.pending.leave(this.#seat);
  }

  onBroke(flight: Flight, error: Error, sent: boolean): void {
    this.#forget(flight);
    if (this.#isOver) return;
    if (isUnsendable(error)) return this.#refuse(error);
    const { access, response, isControl } = this.#of;
    const region = flight.upstream.id;
    if (!isControl) this.#door.suspect(region, wasRefused(error) ? "refused" : "broke");
    if (response.headersSent) {
      response.destroy();
      return this.#leave(0);
    }
    this.#isUncertain ||= sent && access !== "read";
    this.#attempts.avoid(region, sent);
    if (access === "bare" && sent) return this.#giveUp(BROKE);
    const over = sent && this.#attempts.broke(region, this.#door.table.regions, this.isRead);
    if (over) return this.#giveUp(over, "bad-gateway");
    if (!this.isHeld && this.#winner === undefined) this.#next();
  }

  #keepHeld(): void {
    if (!this.isHeld && this.#door.held >= this.#door.limits.mostHeld) {
      return this.#giveUp("too many requests are waiting for a region", "busy");
    }
    this.#patience.stop();
    const late = (): void => this.#giveUp("no region could serve it in time");
    this.#hold ??= new Hold(this.#door, this.app, () => this.retry(), late);
    this.#hold.begin();
  }

  #giveUp(reason: string, code: Failure["code"] = "unavailable"): void {
    const { response, access } = this.#of;
    if (this.#isOver || response.headersSent) return;
    for (const flight of [...this.#flights]) {
      this.#isUncertain ||= flight.isSent && access !== "read";
      this.#drop(flight);
    }
    this.#reason = reason;
    if (!this.#isUncertain && this.#refusal !== undefined && code !== "bad-gateway") {
      this.#delivery.whole(this.#refusal);
    } else {
      const { count: attempts } = this.#attempts;
      const so = { reason, app: this.app, access, attempts, isUncertain: this.#isUncertain, code };
      answerFailure(response, this.#door.table, so);
    }
    this.#leave(response.statusCode);
  }

  /** Said of the request, and held against no region. */
  #refuse({ message }: Error): void {
    this.#reason = `it cannot be sent on: ${message}`;
    answerProblem(this.#of.response, "malformed-request", this.#reason);
    this.#leave(this.#of.response.statusCode);
  }

  abandon(): void {
    if (this.#isOver) return;
    for (const flight of [...this.#flights]) this.#drop(flight);
    this.#leave(this.#of.response.writableFinished ? this.#of.response.statusCode : 499);
  }

  #drop(flight: Flight): void {
    this.#forget(flight);
    flight.abort();
  }

  #forget(flight: Flight): void {
    flight.leaveLane(false);
    flight.kept = undefined;
    if (this.#winner === flight && !this.#of.response.headersSent) this.#winner = undefined;
    const at = this.#flights.indexOf(flight);
    if (at >= 0) this.#flights.splice(at, 1);
  }

  #leave(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience.stop();
    this.#hold?.stop();
    this.#delivery.stop();
    this.#leaveLine();
    this.#door.pending.leave(this.#seat);
    logPassage(this.#door.log, {
      request: this.#of.request,
      status,
      regions: this.#attempts.regions,
      attempts: this.#attempts.count,
      heldMs: this.#hold?.heldMs ?? 0,
      queuedMs: this.#queuedMs,
      tookMs: performance.now() - this.#startedAt,
      reason: this.#reason,
    });
  }
}
