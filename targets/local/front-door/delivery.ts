/**
 * The client's side of one request: an answer that is kept leaves whole, a large one streams.
 * *shell*
 */
import type { ServerResponse } from "node:http";
import type { KeptAnswer } from "./answer.ts";
import { headerOf } from "./headers.ts";
import { Pump } from "./pump.ts";
import type { Flight } from "./upstream.ts";

export class Delivery {
  readonly response: ServerResponse;
  #pump: Pump | undefined;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  whole(kept: KeptAnswer): void {
    this.#head(kept);
    kept.endInto(this.response);
  }

  stream(flight: Flight, kept: KeptAnswer, idleMs: number, stalled: () => void): void {
    const type = headerOf(kept.headers, "content-type") ?? "";
    const isEventStream = type.startsWith("text/event-stream");
    this.#head(kept);
    if (isEventStream) this.response.flushHeaders();
    this.#pump = new Pump(flight, this.response, { idleMs, isEventStream }, () => {
      this.response.destroy();
      stalled();
    });
  }

  write(chunk: Buffer): void {
    this.#pump?.write(chunk);
  }

  stop(): void {
    this.#pump?.stop();
  }

  #head({ status, text, headers }: KeptAnswer): void {
    this.response.writeHead(status, text, headers as string[]);
  }
}
