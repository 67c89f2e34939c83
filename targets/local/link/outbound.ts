/**
 * The sending half towards one peer: dials, keeps dialling, and writes. *shell*
 *
 * Messages of one turn of the event loop leave in one write (setImmediate: after everything that
 * arrived in this turn was handled, before the loop sleeps). A message for a peer that is not
 * connected is dropped and counted, never kept: whoever needs it to arrive sends it again.
 *
 *   idle -> dialling -> shaking hands -> up
 *    ^         | refused, failed |        | closed
 *    +---------+-----------------+--------+   at once, then 10, 20, 40 ... 500 ms
 */

import type { Socket } from "node:net";
import { createConnection } from "node:net";
import type { Address, Endpoint } from "./address.ts";
import type { Fault } from "./fault.ts";
import { DelayLine, holdMs, isLost } from "./fault.ts";
import {
  encodeFrame,
  FRAME,
  FrameReader,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  writeHeader,
} from "./frame.ts";
import type { Identity } from "./handshake.ts";
import { createDialerHandshake } from "./handshake.ts";

export type PeerState = "up" | "down" | "refused";

export interface SendCounters {
  sent: number;
  sentBytes: number;
  droppedDown: number;
  droppedFull: number;
  droppedFault: number;
  droppedTooLarge: number;
}

export interface OutboundOptions {
  readonly identity: Identity;
  readonly peer: Address;
  readonly endpoint: Endpoint;
  readonly maxQueuedBytes: number;
  readonly handshakeMs: number;
  readonly encode: (message: unknown) => Buffer;
  readonly onState: (state: PeerState) => void;
  readonly log: (line: string) => void;
}

const RETRY_FIRST_MS = 10;
const RETRY_LAST_MS = 500;
/** Smaller messages are copied together; larger ones are written as they are. */
const COPY_BELOW_BYTES = 16 * 1024;
const CHUNK_BYTES = 64 * 1024;

interface Waiter {
  readonly below: number;
  readonly resolve: () => void;
}

export class Outbound {
  readonly counters: SendCounters = {
    sent: 0,
    sentBytes: 0,
    droppedDown: 0,
    droppedFull: 0,
    droppedFault: 0,
    droppedTooLarge: 0,
  };
  readonly #options: OutboundOptions;
  readonly #delayed = new DelayLine<Buffer>();
  #endpoint: Endpoint;
  #fault: Fault | undefined;
  #socket: Socket | undefined;
  #isUp = false;
  #isClosed = false;
  #refusals = 0;
  #attempt = 0;
  #lastProblem = "";
  #retry: NodeJS.Timeout | undefined;
  #release: NodeJS.Timeout | undefined;
  #outbox: Buffer[] = [];
  #outboxBytes = 0;
  #flushPlanned = false;
  #waiters: Waiter[] = [];

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#endpoint = options.endpoint;
    this.#dial();
  }

  get queuedBytes(): number {
    return this.#outboxBytes + this.#delayed.heldBytes + (this.#socket?.writableLength ?? 0);
  }

  setFault(fault: Fault | undefined): void {
    this.#fault = fault;
    if (fault?.drop === true) this.counters.droppedFault += this.#delayed.cut();
    else this.#releaseDue();
  }

  /** The peer may have moved; one that is not connected is tried again at once. */
  moveTo(endpoint: Endpoint): void {
    const moved = endpoint.host !== this.#endpoint.host || endpoint.port !== this.#endpoint.port;
    this.#endpoint = endpoint;
    if (!moved && this.#socket !== undefined) return;
    this.#attempt = 0;
    this.#refusals = 0;
    if (this.#socket === undefined) this.#redial(0);
    else this.#socket.destroy();
  }

  send(message: unknown): void {
    if (!this.#isUp) {
      this.counters.droppedDown++;
      return;
    }
    if (isLost(this.#fault, Math.random())) {
      this.counters.droppedFault++;
      return;
    }
    const body = this.#options.encode(message);
    if (body.length > MAX_FRAME_BYTES) {
      this.counters.droppedTooLarge++;
      this.#options.log(
        `link to ${this.#options.peer}: a message of ${body.length} bytes was dropped, ` +
          `at most ${MAX_FRAME_BYTES} fit into a frame: send it in parts`,
      );
      return;
    }
    if (this.queuedBytes + body.length > this.#options.maxQueuedBytes) {
      this.counters.droppedFull++;
      return;
    }
    const hold = holdMs(this.#fault, Math.random());
    if (hold > 0 || !this.#delayed.isEmpty) {
      this.#delayed.admit(body, body.length, performance.now() + hold);
      this.#planRelease();
    } else {
      this.#post(body);
    }
  }

  /** Resolves when at most so many bytes wait, or when the peer is gone. */
  whenBelow(below: number): Promise<void> {
    if (!this.#isUp || this.queuedBytes <= below) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ below, resolve }));
  }

  /** Writes what is queued, then closes; a peer that does not read is left after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#release);
    const socket = this.#socket;
    if (socket !== undefined) {
      if (this.#isUp) {
        this.#flush();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          socket.once("close", () => {
            clearTimeout(timer);
            resolve();
          });
          socket.end();
        });
      }
      socket.destroy();
    }
    this.#wake(true);
  }

  #post(body: Buffer): void {
    this.#outbox.push(body);
    this.#outboxBytes += body.length + HEADER_BYTES;
    this.counters.sent++;
    this.counters.sentBytes += body.length;
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushPlanned = false;
    const bodies = this.#outbox;
    const socket = this.#socket;
    if (bodies.length === 0 || socket === undefined || !this.#isUp) return;
    this.#outbox = [];
    let left = this.#outboxBytes;
    this.#outboxBytes = 0;
    socket.cork();
    let chunk = Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES));
    let used = 0;
    const writeChunk = () => {
      if (used > 0) socket.write(chunk.subarray(0, used));
      chunk = Buffer.allocUnsafe(Math.min(Math.max(left, HEADER_BYTES), CHUNK_BYTES));
      used = 0;
    };
    for (const body of bodies) {
      const isSmall = body.length < COPY_BELOW_BYTES;
      if (chunk.length - used < HEADER_BYTES + (isSmall ? body.length : 0)) writeChunk();
      writeHeader(chunk, used, FRAME.message, body.length);
      used += HEADER_BYTES;
      left -= HEADER_BYTES + body.length;
      if (isSmall) {
        chunk.set(body, used);
        used += body.length;
      } else {
        writeChunk();
        socket.write(body);
      }
    }
    if (used > 0) socket.write(chunk.subarray(0, used));
    socket.uncork();
    this.#wake(false);
  }

  #planRelease(): void {
    const dueAt = this.#delayed.nextDueAt();
    if (dueAt === undefined || this.#release !== undefined) return;
    const waitMs = Math.max(0, Math.ceil(dueAt - performance.now()));
    this.#release = setTimeout(() => {
      this.#release = undefined;
      this.#releaseDue();
    }, waitMs);
  }

  #releaseDue(): void {
    for (const body of this.#delayed.due(performance.now())) {
      if (this.#isUp) this.#post(body);
      else this.counters.droppedDown++;
    }
    this.#planRelease();
  }

  #wake(all: boolean): void {
    if (this.#waiters.length === 0) return;
    const queued = this.queuedBytes;
    const ready = this.#waiters.filter((waiter) => all || queued <= waiter.below);
    this.#waiters = this.#waiters.filter((waiter) => !all && queued > waiter.below);
    for (const waiter of ready) waiter.resolve();
  }

  #redial(waitMs: number): void {
    clearTimeout(this.#retry);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => this.#dial(), waitMs);
  }

  #dial(): void {
    const { identity, peer, handshakeMs } = this.#options;
    const socket = createConnection({ ...this.#endpoint, noDelay: true, keepAlive: true });
    const reader = new FrameReader();
    const handshake = createDialerHandshake(identity, peer);
    this.#socket = socket;
    const giveUp = setTimeout(() => socket.destroy(new Error("no handshake in time")), handshakeMs);
    socket.on("connect", () => socket.write(encodeFrame(FRAME.hello, handshake.hello)));
    socket.on("data", (chunk) => {
      try {
        reader.push(chunk, (kind, payload) => {
          if (kind === FRAME.challenge && !this.#isUp) {
            socket.write(encodeFrame(FRAME.proof, handshake.answer(payload).proof));
          } else if (kind === FRAME.welcome && !this.#isUp) {
            clearTimeout(giveUp);
            this.#opened();
          } else {
            throw new Error(`a frame of kind ${kind} is not due here`);
          }
        });
      } catch (error) {
        reader.stop();
        socket.destroy(error as Error);
      }
    });
    socket.on("drain", () => this.#wake(false));
    socket.on("end", () => socket.destroy());
    let problem: NodeJS.ErrnoException | undefined;
    socket.on("error", (error) => {
      problem = error;
    });
    socket.on("close", () => {
      clearTimeout(giveUp);
      reader.stop();
      this.#closed(problem);
    });
  }

  #opened(): void {
    this.#isUp = true;
    this.#attempt = 0;
    this.#refusals = 0;
    this.#lastProblem = "";
    this.#options.onState("up");
  }

  #closed(problem: NodeJS.ErrnoException | undefined): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#socket = undefined;
    this.counters.droppedDown += this.#outbox.length + this.#delayed.cut();
    this.#outbox = [];
    this.#outboxBytes = 0;
    this.#wake(true);
    if (this.#isClosed) return;
    if (wasUp) this.#options.onState("down");
    if (problem?.code === "ECONNREFUSED") {
      this.#refusals++;
      if (this.#refusals === 2) this.#options.onState("refused");
    } else {
      this.#refusals = 0;
      this.#tell(problem);
    }
    const waitMs = this.#attempt === 0 ? 0 : RETRY_FIRST_MS * 2 ** (this.#attempt - 1);
    this.#attempt++;
    this.#redial(wasUp ? 0 : Math.min(waitMs, RETRY_LAST_MS));
  }

  /** One line per problem, not one per attempt. */
  #tell(problem: Error | undefined): void {
    if (problem === undefined || problem.message === this.#lastProblem) return;
    this.#lastProblem = problem.message;
    this.#options.log(`link to ${this.#options.peer}: ${problem.message}`);
  }
}
