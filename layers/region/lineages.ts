/**
 * The logs of one app that a region holds, by lineage, and which one it writes.
 * *pure over the engine*
 *
 * An active-passive app has one lineage, which every holder continues. An active-active app has one
 * per region and store: a store that was lost or rolled back begins another.
 */
import type { Stamp } from "../key-value/items.ts";
import { Log, lineagesOf } from "../key-value/log.ts";
import type { Position, Remembered } from "../routing/messages.ts";
import type { AppData } from "./app-data.ts";
import type { Site } from "./site.ts";

const PASSIVE_LINEAGE = "main";

export class Lineages {
  readonly all = new Map<string, Log>();
  readonly #site: Site;
  readonly #data: AppData;
  #own: string;

  constructor(site: Site, data: AppData) {
    this.#site = site;
    this.#data = data;
    if (data.state(site.engine).logId === "") {
      this.#rename({ ...this.#partial(), expiries: { rules: data.expiryRules } });
    }
    this.#own = this.#name();
    for (const lineage of lineagesOf(site.engine, data.app)) this.of(lineage);
  }

  get own(): Log {
    return this.of(this.#own);
  }

  of(lineage: string): Log {
    let log = this.all.get(lineage);
    if (log === undefined) {
      log = new Log(this.#site.engine, this.#data.app, lineage);
      this.all.set(lineage, log);
    }
    return log;
  }

  /** The log that a write of `stamp` is in, where that log has come this far. */
  logOf({ epoch, region, sequence }: Stamp): Log | undefined {
    const mayHold = (log: Log): boolean => {
      if (sequence > log.end.position) return false;
      const start = log.starts.findLast(({ position }) => position <= sequence);
      return start?.epoch === epoch && start.region === region;
    };
    return [...this.all.values()].find(mayHold);
  }

  /** What voters are to remember: with the log's name, where there is not always the same one. */
  remembered({ epoch, position }: Position): Remembered {
    const isPassive = this.#data.merge === "active-passive";
    return { epoch, position, ...(isPassive ? {} : { lineage: this.#own }) };
  }

  /** The last moment of the hybrid clock in any log. */
  lastClock(): number {
    const ends = [...this.all.values()].map((log) =>
      log.entry(this.#site.engine, log.end.position),
    );
    return Math.max(0, ...ends.map((entry) => entry?.clock ?? 0));
  }

  /** This store is an old copy: nothing is written in its lineage any more. */
  beginAnother({ epoch, position }: Position): void {
    this.#rename({ mustReach: { epoch, position }, ...this.#partial() });
    this.#own = this.#name();
  }

  /** Where every region writes, a new store or an old copy would answer without what it lacks. */
  #partial(): { readonly isPartial?: true } {
    return this.#data.merge === "active-active" ? { isPartial: true } : {};
  }

  #rename(more: Partial<ReturnType<AppData["state"]>>): void {
    const { engine, newId } = this.#site;
    engine.transact((writer) => {
      this.#data.setState(writer, { ...this.#data.state(writer), ...more, logId: newId() });
    });
  }

  #name(): string {
    const { engine, self } = this.#site;
    const isPassive = this.#data.merge === "active-passive";
    return isPassive ? PASSIVE_LINEAGE : `${self.region}-${this.#data.state(engine).logId}`;
  }
}
