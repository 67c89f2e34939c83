/**
 * How long a request waits for its region to say something. *shell*
 *
 * What may be sent again gets company after a silence; what may not has until its deadline, which
 * is counted anew while its body still arrives: no region answers before it has all of it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Limits } from "./door.ts";
import type { Access } from "./router.ts";
import type { Upstream } from "./upstream.ts";

export class Patience {
  readonly #limits: Limits;
  readonly #request: Pick<IncomingMessage, "complete">;
  /** Held on to: a request whose connection is over has none any more. */
  readonly #socket: Pick<Socket, "bytesRead">;
  readonly #ends: { readonly silence: () => void; readonly deadline: () => void };
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #arrivedBytes = 0;
  /** The whole body had arrived when it was looked for last. */
  #hasArrived = false;

  constructor(
    limits: Limits,
    request: { readonly complete: boolean; readonly socket: Pick<Socket, "bytesRead"> },
    ends: { readonly silence: () => void; readonly deadline: () => void },
  ) {
    this.#limits = limits;
    this.#request = request;
    this.#socket = request.socket;
    this.#ends = ends;
  }

  watch(access: Access, upstream: Upstream | undefined): void {
    clearTimeout(this.#timer);
    const { readSilenceMs, writeSilenceMs, answerMs } = this.#limits;
    if (access === "bare") {
      this.#timer = setTimeout(() => {
        if (this.#isArriving()) this.watch(access, upstream);
        else this.#ends.deadline();
      }, answerMs);
      return;
    }
    const leastMs = access === "read" ? readSilenceMs : writeSilenceMs;
    const silenceMs = upstream?.patienceMs(leastMs) ?? leastMs;
    // Few lengths for all: such timers share a list and cost next to nothing.
    this.#timer = setTimeout(() => {
      if (performance.now() - this.#startedAt > answerMs) this.#ends.deadline();
      else this.#ends.silence();
    }, silenceMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Something of the body has come since it was looked for last, be it the end. */
  #isArriving(): boolean {
    const before = this.#arrivedBytes;
    this.#arrivedBytes = this.#socket.bytesRead;
    const isOver = this.#hasArrived;
    this.#hasArrived = this.#request.complete;
    return !isOver && this.#arrivedBytes > before;
  }
}
