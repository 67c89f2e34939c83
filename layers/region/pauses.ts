/**
 * Measures how long writes pause whenever an epoch begins here, and keeps what others measured.
 * *pure core*
 *
 *   ("mp", app, epoch) -> Pause      of each region for itself, the last KEPT epochs
 *
 *   append, its sender admits writes --> openAt
 *   begin --> measuring since openAt --gate open, lease valid--> pause --first answer--> firstAck
 *
 * A holder adds the last TOLD to what it says of all regions now and then (Standing), so that every
 * region has them; nothing waits for it, and no log or register is touched by it. Of an
 * active-active app nothing is measured: the other holders go on.
 */
import type { Instant } from "../../base/clock.ts";
import { EngineFullError } from "../key-value/engine-errors.ts";
import { tuple, tupleRange } from "../key-value/key.ts";
import type { Pause } from "../routing/pause.ts";
import type { AppParts } from "./app-parts.ts";
import type { Holding } from "./holding.ts";
import type { RegionMessage } from "./messages.ts";

const KEPT = 1000;
const TOLD = 8;

interface Measuring {
  readonly holding: Holding;
  readonly from: number;
  readonly pauseSince: Pause["pauseSince"];
  pause: Pause | undefined;
}

type Seen = Pick<AppParts, "site" | "options" | "holding">;

export class Pauses {
  readonly #app: Seen;
  #startedAt = Number.NEGATIVE_INFINITY;
  /** The last moment at which a region, this one included, was known to admit writes. */
  #openAt = Number.NEGATIVE_INFINITY;
  #measuring: Measuring | undefined;
  /** What the disk refused. */
  readonly #unsaved = new Map<number, Pause>();

  constructor(app: Seen) {
    this.#app = app;
  }

  started(now: Instant): void {
    this.#startedAt = now.mono;
  }

  heard(message: Extract<RegionMessage, { type: "append" | "trimmed" }>, now: Instant): void {
    if (message.type === "append" && message.isClosed !== true) this.#openAt = now.mono;
    for (const pause of message.standing?.pauses ?? []) this.#keep(pause);
  }

  began(holding: Holding): void {
    if (this.#app.options.mode === "active-active") return;
    const isHeard = this.#openAt > Number.NEGATIVE_INFINITY;
    const from = isHeard ? this.#openAt : this.#startedAt;
    this.#measuring = { holding, from, pauseSince: isHeard ? "heard" : "start", pause: undefined };
  }

  /** At the end of each turn. */
  advance(now: Instant): void {
    const { holding } = this.#app;
    const measuring = this.#measuring;
    if (holding?.mayWrite(now) === true) this.#openAt = now.mono;
    if (measuring === undefined) return;
    if (measuring.holding !== holding) {
      this.#measuring = undefined;
      return;
    }
    const { from, pauseSince } = measuring;
    const { firstAckMono, epoch } = holding;
    if (measuring.pause === undefined && this.#openAt === now.mono) {
      measuring.pause = { epoch, pauseMs: Math.round(now.mono - from), pauseSince };
      this.#keep(measuring.pause);
    }
    if (measuring.pause === undefined || firstAckMono === undefined) return;
    this.#keep({ ...measuring.pause, firstAckMs: Math.round(firstAckMono - from) });
    this.#measuring = undefined;
  }

  of(epoch: number): Pause | undefined {
    const { site, options } = this.#app;
    const saved = site.engine.get(tuple("mp", options.app, epoch)) as Pause | undefined;
    return this.#unsaved.get(epoch) ?? saved;
  }

  /** The newest, for the other regions. */
  get newest(): readonly Pause[] {
    const { site, options } = this.#app;
    const range = { ...tupleRange("mp", options.app), reverse: true, limit: TOLD };
    return Array.from(site.engine.range(range), ([, pause]) => pause as Pause);
  }

  #keep(pause: Pause): void {
    const { site, options } = this.#app;
    const known = this.of(pause.epoch);
    const isNews = known === undefined || (pause.firstAckMs ?? 0) > (known.firstAckMs ?? 0);
    if (!isNews) return;
    try {
      site.engine.transact((writer) => {
        writer.put(tuple("mp", options.app, pause.epoch), pause);
        if (pause.epoch > KEPT) writer.remove(tuple("mp", options.app, pause.epoch - KEPT));
      });
      this.#unsaved.delete(pause.epoch);
    } catch (error) {
      if (!(error instanceof EngineFullError)) throw error;
      this.#unsaved.clear();
      this.#unsaved.set(pause.epoch, pause);
    }
  }
}
