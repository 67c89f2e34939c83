/**
 * Carries an answer that is too large to keep from its region to the client, at the slower one's
 * pace. *shell*
 *
 * Bytes wait in the sockets, never here: when the client does not take what was written, the region
 * is not read. An answer that stands still is broken off, whoever of the two it waits for; an event
 * stream may be silent on the region's side for as long as it likes.
 */
import type { ServerResponse } from "node:http";
import type { Flight } from "./upstream.ts";

export class Pump {
  readonly #flight: Flight;
  readonly #response: ServerResponse;
  readonly #isPatient: boolean;
  readonly #timer: NodeJS.Timeout;

  constructor(
    flight: Flight,
    response: ServerResponse,
    { idleMs, isEventStream }: { readonly idleMs: number; readonly isEventStream: boolean },
    stalled: () => void,
  ) {
    this.#flight = flight;
    this.#response = response;
    this.#isPatient = isEventStream;
    this.#timer = setTimeout(() => {
      if (!this.#isPatient || response.writableNeedDrain) stalled();
      else this.#timer.refresh();
    }, idleMs);
  }

  write(chunk: Buffer): void {
    this.#timer.refresh();
    if (this.#response.write(chunk)) return;
    this.#flight.pause();
    this.#response.once("drain", () => {
      this.#timer.refresh();
      this.#flight.resume();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
