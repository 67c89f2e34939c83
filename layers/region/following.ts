/**
 * Taking other regions' entries into this region's logs and items. *pure core*
 *
 *   append --older epoch than the fence----------> superseded
 *          --does not continue our log-----------> mismatch (our end and epochs)
 *          --we have other entries after it------> repair: ask for the items they touched,
 *                                                  then strand them, in one transaction
 *          --continues---------------------------> log + items + fence in one transaction,
 *                                                  acknowledged when on disk
 *
 * Invariants
 *  F1 what is acknowledged is on disk and equal to the sender's log through there (afterFlush)
 *  F2 entries beyond the cut are stranded before anything of the new epoch applies (#repair)
 *  F3 nothing is acknowledged while items may be ahead of the log                  (repairUntil)
 */
import type { Instant } from "../../base/clock.ts";
import type { Entry, Log } from "../key-value/log.ts";
import type { AppData, AppState } from "./app-data.ts";
import type { Clock } from "./clock.ts";
import type { KeyedItem, RegionBody, RegionMessage } from "./messages.ts";
import type { Site } from "./site.ts";

type Append = Extract<RegionMessage, { type: "append" }>;
type Repaired = Extract<RegionMessage, { type: "repaired" }>;

const ASK_AGAIN_MS = 100;

/** A log of which nothing can be said to be common: its region is rebuilt. */
const emptied = (log: Log): Pick<Log, "end" | "starts" | "lineage"> => ({
  lineage: log.lineage,
  end: { epoch: 0, position: 0 },
  starts: [],
});

export class Following {
  readonly #site: Site;
  readonly #data: AppData;
  readonly #clock: Clock;
  readonly #logOf: (lineage: string) => Log;
  readonly #send: (region: string, body: RegionBody) => void;
  readonly #afterFlush: { sequence: number; act: () => void }[] = [];
  #flushedSequence: number;
  #repairing: { epoch: number; common: number; askedAt: number } | undefined;
  /** When this region last had all that a holder said it has. */
  caughtUpAt: number = Number.NEGATIVE_INFINITY;
  /** Active-passive: every region has the log through here, as its holder says. */
  everywhere = 0;
  /** Through here the log may be trimmed, as its holder says. */
  settled = 0;

  constructor(options: {
    site: Site;
    data: AppData;
    clock: Clock;
    logOf: (lineage: string) => Log;
    send: (region: string, body: RegionBody) => void;
    /** Transactions through here were on disk when the process started. */
    openedSequence: number;
  }) {
    this.#site = options.site;
    this.#flushedSequence = options.openedSequence;
    this.#data = options.data;
    this.#clock = options.clock;
    this.#logOf = options.logOf;
    this.#send = options.send;
  }

  flushed(sequence: number): void {
    this.#flushedSequence = sequence;
    while (this.#afterFlush.length > 0 && (this.#afterFlush[0]?.sequence ?? 0) <= sequence) {
      this.#afterFlush.shift()?.act();
    }
  }

  append(message: Append, now: Instant): void {
    const { engine, rules } = this.#site;
    const state = this.#data.state(engine);
    const isPassive = this.#data.merge === "active-passive";
    const { previous, entries } = message;
    if (isPassive && rules.isFenced(state.fenceBelow, message.epoch)) {
      this.#send(message.from.region, { type: "superseded", epoch: state.fenceBelow });
      return;
    }
    const log = this.#logOf(message.lineage);
    const has =
      previous.position <= log.end.position && log.epochAt(previous.position) === previous.epoch;
    if (!rules.continues(has)) {
      this.#mismatch(message, log);
      return;
    }
    const conflict = entries.find(
      (entry) => entry.position <= log.end.position && log.epochAt(entry.position) !== entry.epoch,
    );
    if (conflict !== undefined && rules.mustStrand()) {
      // What the entries touched is no longer known where they were trimmed.
      if (conflict.position < log.first) this.#mismatch(message, emptied(log));
      else this.#askForRepair(message, log, conflict.position - 1, now);
      return;
    }
    const fresh = entries.filter((entry) => entry.position > log.end.position);
    const through = previous.position + entries.length;
    if (fresh.length > 0 || (isPassive && state.fenceBelow < message.epoch)) {
      this.#apply(log, fresh, isPassive ? message.epoch : 0, message);
    }
    this.#acknowledge(message, log, through, now);
  }

  #apply(log: Log, fresh: readonly Entry[], epoch: number, message: Append): void {
    const { engine } = this.#site;
    try {
      engine.transact((writer) => {
        const state = this.#data.state(writer);
        if (state.fenceBelow < epoch) this.#data.setState(writer, { ...state, fenceBelow: epoch });
        for (const entry of fresh) {
          log.append(writer, entry);
          this.#data.apply(writer, entry, log.lineage);
        }
        this.#arrive(writer, log, message);
      });
    } catch (error) {
      log.reload(engine);
      throw error;
    }
    for (const entry of fresh) this.#clock.seen(entry.clock);
  }

  /** Clears what stands in the way of taking over, once the log is as far as its holder's. */
  #arrive(writer: Parameters<AppData["setState"]>[0], log: Log, message: Append): void {
    const state = this.#data.state(writer);
    if (state.mustReach === undefined || log.end.position < message.end.position) return;
    const { mustReach: _, ...rest } = state;
    this.#data.setState(writer, rest satisfies AppState);
  }

  #acknowledge(message: Append, log: Log, through: number, now: Instant): void {
    const { engine } = this.#site;
    const sequence = engine.sequence;
    const end = log.end.position;
    const isWhole = this.#data.bytes.through(engine, log.lineage, end) === end;
    if (isWhole && end >= message.end.position) this.caughtUpAt = now.mono;
    this.everywhere = message.everywhere;
    this.settled = message.settled;
    const act = (): void => {
      const { repairUntil } = this.#data.state(engine);
      const bytes = this.#data.bytes.through(engine, log.lineage, through);
      this.#send(message.from.region, {
        type: "appended",
        lineage: message.lineage,
        epoch: message.epoch,
        status: through < repairUntil ? "catching-up" : "ok",
        through,
        bytes: this.#site.rules.bytesThrough(through, bytes),
        end: log.end,
        isStranded: this.#data.stranded(engine, 1).length > 0,
      });
    };
    this.#afterFlush.push({ sequence, act });
    this.flushed(this.#flushedSequence);
  }

  #mismatch(message: Append, log: Pick<Log, "end" | "starts">): void {
    this.#send(message.from.region, {
      type: "appended",
      lineage: message.lineage,
      epoch: message.epoch,
      status: "mismatch",
      through: 0,
      end: log.end,
      starts: log.starts,
    });
  }

  #askForRepair(message: Append, log: Log, common: number, now: Instant): void {
    const pending = this.#repairing;
    const isSame = pending?.epoch === message.epoch && pending.common === common;
    if (isSame && now.mono - pending.askedAt < ASK_AGAIN_MS) return;
    this.#repairing = { epoch: message.epoch, common, askedAt: now.mono };
    // From here on nothing of an older epoch may come behind the keys that are asked for.
    this.#site.engine.transact((writer) => {
      const state = this.#data.state(writer);
      const fenceBelow = Math.max(state.fenceBelow, message.epoch);
      this.#data.setState(writer, { ...state, fenceBelow });
    });
    const keys = new Map<string, { table: string; key: KeyedItem["key"] }>();
    for (const entry of log.entries(this.#site.engine, common + 1, Number.MAX_SAFE_INTEGER)) {
      for (const { table, key } of entry.changes) {
        keys.set(`${table}\u0000${key.partition}\u0000${key.sort}`, { table, key });
      }
    }
    this.#send(message.from.region, {
      type: "repair",
      epoch: message.epoch,
      common,
      keys: [...keys.values()],
    });
    this.#send(message.from.region, {
      type: "appended",
      lineage: message.lineage,
      epoch: message.epoch,
      status: "repairing",
      through: 0,
      end: log.end,
    });
  }

  repaired(message: Repaired, log: Log): void {
    const pending = this.#repairing;
    if (pending?.epoch !== message.epoch || pending.common !== message.common) return;
    const { engine } = this.#site;
    if (this.#data.state(engine).fenceBelow > message.epoch) return;
    this.#repairing = undefined;
    engine.transact((writer) => {
      const removed = log.cutAfter(writer, message.common);
      this.#data.strand(writer, removed, message.lossless);
      this.#data.overwrite(writer, message.items);
      const state = this.#data.state(writer);
      this.#data.setState(writer, {
        ...state,
        fenceBelow: Math.max(state.fenceBelow, message.epoch),
        repairUntil: message.until,
      });
    });
    this.#send(message.from.region, {
      type: "appended",
      lineage: log.lineage,
      epoch: message.epoch,
      status: "mismatch",
      through: 0,
      end: log.end,
      starts: log.starts,
    });
  }
}
