/**
 * One region as the front door reaches it: a pool of connections, and the injected faults of the
 * network in between. *adapter* (undici)
 *
 * A flight is one attempt. It tells its listener in this order: head once, data, then end; or
 * broke, at any point, with whether the region may have got the request. After `abort` it tells
 * nothing more. A cut network drops and never closes, so a flight over it is silent; when the cut
 * heals, what was silent breaks, as a connection does that was reset meanwhile.
 *
 * Not promised: time-outs. Silence is judged by whoever waits (forward.ts, conditions.ts).
 */
import { type Dispatcher, Pool } from "undici";
import { HEAD_BYTES } from "../http/server.ts";
import { holdMs, isLost, type SiteFaults } from "../link/fault.ts";
import type { KeptAnswer } from "./answer.ts";
import { Lane, type Place } from "./lane.ts";
import { Roster, type Seat } from "./roster.ts";
import type { RegionRef } from "./router.ts";

export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Dispatcher.DispatchOptions["body"];
}

export interface FlightListener {
  onHead(
    flight: Flight,
    status: number,
    statusText: string,
    raw: readonly (Buffer | string)[],
  ): void;
  onData(flight: Flight, chunk: Buffer): void;
  onEnd(flight: Flight): void;
  onBroke(flight: Flight, error: Error, sent: boolean): void;
}

/** What a lost packet costs on a connection: it is sent again after this. */
const RETRANSMIT_MS = 200;
/** What the lane admits, and event streams and long downloads beside it. */
const MOST_CONNECTIONS = 8_192;
const PACES = 3;
const MOST_PATIENCE_MS = 2_000;

export class Upstream {
  readonly id: string;
  readonly url: string;
  readonly #pool: Pool;
  readonly #flights = new Roster<Flight>();
  readonly lane = new Lane();
  /** When it last said anything at all, on any connection. */
  heardAt = 0;
  /** How long it takes to answer a question that is no work, when nothing else delays it. */
  #paceMs = 0;
  #paces = 0;
  #faults: SiteFaults | undefined;

  constructor(region: RegionRef, faults?: SiteFaults) {
    this.id = region.id;
    this.url = region.url;
    this.#faults = faults;
    this.#pool = new Pool(region.url, {
      connections: MOST_CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      connectTimeout: 5_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEAD_BYTES,
    });
  }

  /** How long its silence means nothing: a far region is not a silent one. */
  patienceMs(leastMs: number): number {
    if (this.#paceMs * PACES <= leastMs) return leastMs;
    return Math.min(MOST_PATIENCE_MS, Math.ceil((this.#paceMs * PACES) / 50) * 50);
  }

  /** The first answer is left out: it has a connection to make. */
  pace(tookMs: number): void {
    this.#paces += 1;
    if (this.#paces === 2 || tookMs < this.#paceMs) this.#paceMs = tookMs;
    else if (this.#paces > 2) this.#paceMs += (tookMs - this.#paceMs) * 0.05;
  }

  send(out: Outgoing, listener: FlightListener): Flight {
    const flight = new Flight(this, out, listener, this.#flights);
    const faults = this.#faults;
    if (faults === undefined) {
      flight.dispatch(this.#pool);
      return flight;
    }
    if (faults.in?.drop) flight.isSwallowed = true;
    if (faults.out?.drop) return flight;
    // There and back: a region does not delay its own answers.
    let delayMs = 2 * holdMs(faults.out, Math.random());
    if (isLost(faults.out, Math.random())) delayMs += RETRANSMIT_MS;
    if (delayMs > 0) setTimeout(() => flight.dispatch(this.#pool), delayMs);
    else flight.dispatch(this.#pool);
    return flight;
  }

  setFaults(faults: SiteFaults | undefined): void {
    const wasCut = this.#faults?.in?.drop || this.#faults?.out?.drop;
    const isCut = faults?.in?.drop || faults?.out?.drop;
    this.#faults = faults;
    if (isCut) for (const flight of this.#flights) flight.isSwallowed = true;
    if (wasCut && !isCut) for (const flight of this.#flights) flight.breakOff();
  }

  async close(): Promise<void> {
    this.lane.close();
    for (const flight of this.#flights) flight.abort();
    await this.#pool.destroy();
  }
}

export class Flight implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream;
  readonly #out: Outgoing;
  readonly #listener: FlightListener;
  readonly #flights: Roster<Flight>;
  readonly #seat: Seat<Flight>;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  /** Its place in the region's lane, if it counts there. */
  place: Place | undefined;
  /** What came of its answer, as long as that is kept. */
  kept: KeptAnswer | undefined;
  isSent = false;
  isSwallowed = false;

  constructor(
    upstream: Upstream,
    out: Outgoing,
    listener: FlightListener,
    flights: Roster<Flight>,
  ) {
    this.upstream = upstream;
    this.#out = out;
    this.#listener = listener;
    this.#flights = flights;
    this.#seat = flights.enter(this);
  }

  get isOver(): boolean {
    return this.#over;
  }

  dispatch(pool: Pool): void {
    if (this.#over) return;
    const { method, path, body } = this.#out;
    const headers = this.#out.headers as string[];
    pool.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers, body: body ?? null },
      this,
    );
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#controller?.abort(new Error("the front door gave the attempt up"));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** Makes room in the lane, once. */
  leaveLane(isAnswer: boolean): void {
    if (this.place !== undefined) this.upstream.lane.leave(this.place, isAnswer);
    this.place = undefined;
  }

  /** The cut network is whole again; what was sent over it meanwhile is not coming. */
  breakOff(): void {
    if (!this.isSwallowed && this.isSent) return;
    const sent = this.isSent;
    this.abort();
    this.#listener.onBroke(this, new Error("the network was cut"), sent);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("the front door gave the attempt up"));
    else this.isSent = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (this.isSwallowed) return;
    this.upstream.heardAt = performance.now();
    if (this.#over || status < 200) return;
    const raw = controller.rawHeaders as (Buffer | string)[] | null;
    this.#listener.onHead(this, status, statusText ?? "", raw ?? []);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isSwallowed) return;
    this.upstream.heardAt = performance.now();
    if (!this.#over) this.#listener.onData(this, chunk);
  }

  onResponseEnd(): void {
    if (this.#over || this.isSwallowed) return;
    this.#end();
    this.#listener.onEnd(this);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over || this.isSwallowed) return;
    this.#end();
    this.#listener.onBroke(this, error, this.isSent);
  }

  #end(): void {
    this.#over = true;
    this.#flights.leave(this.#seat);
  }
}

export const wasRefused = (error: Error): boolean =>
  (error as NodeJS.ErrnoException).code === "ECONNREFUSED";

/** Our own side refused to send it: no region ever saw it, and none would. */
const UNSENDABLE = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

export const isUnsendable = (error: Error): boolean =>
  UNSENDABLE.has((error as NodeJS.ErrnoException).code ?? "");

export interface Probed {
  readonly status: number;
  readonly epoch: number;
}

/** Asks a region one short question. */
export function probe(
  upstream: Upstream,
  path: string,
  limitMs: number,
): Promise<Probed | "refused" | "broken" | "silent"> {
  return new Promise((resolve) => {
    const sentAt = performance.now();
    let status = 0;
    let epoch = 0;
    const giveUp = (): void => {
      if (isDone) return;
      flight.abort();
      resolve("silent");
    };
    let isDone = false;
    // After a pause of our own its answer may be there and not yet be read: that comes first.
    const timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), limitMs);
    const done = (result: Probed | "refused" | "broken"): void => {
      isDone = true;
      clearTimeout(timer);
      resolve(result);
    };
    const listener: FlightListener = {
      onHead(_flight, got, _text, raw) {
        status = got;
        upstream.pace(performance.now() - sentAt);
        for (let i = 0; i < raw.length; i += 2) {
          if (String(raw[i]).toLowerCase() === "understudy-epoch")
            epoch = Number(String(raw[i + 1])) || 0;
        }
      },
      onData: () => undefined,
      onEnd: () => done({ status, epoch }),
      onBroke: (_flight, error) => done(wasRefused(error) ? "refused" : "broken"),
    };
    const flight = upstream.send({ method: "GET", path, headers: [], body: null }, listener);
  });
}
