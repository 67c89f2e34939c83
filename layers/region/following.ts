/**
 * Taking other regions' entries into this region's logs and items. *pure core*
 *
 *   append --older epoch than the fence----------> superseded
 *          --items ahead, of an epoch that is over-> rebuild
 *          --does not continue our log-----------> mismatch (our end and epochs)
 *          --we have other entries after it------> repair: ask for the items they touched,
 *                                                  then strand them, in one transaction
 *          --continues---------------------------> log + items + fence in one transaction,
 *                                                  acknowledged when on disk
 *
 * Invariants
 *  F1 what is acknowledged is on disk and equal to the sender's log through there (#afterFlush)
 *  F2 entries beyond the cut are stranded before anything of the new epoch applies (repaired)
 *  F3 nothing is acknowledged while items may be ahead of the log                  (repairUntil)
 *  F4 items of a log that was cut off meanwhile are taken away                     (isAstray)
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineWriter } from "../key-value/engine.ts";
import type { Entry, Log } from "../key-value/log.ts";
import { type AppData, type AppState, NOT_WHOLE, NOTHING_TO_REACH } from "./app-data.ts";
import type { Clock } from "./clock.ts";
import type { KeyedItem, RegionBody, RegionMessage } from "./messages.ts";
import type { Site } from "./site.ts";

type Append = Extract<RegionMessage, { type: "append" }>;
type Appended = Extract<RegionMessage, { type: "appended" }>;
type Repaired = Extract<RegionMessage, { type: "repaired" }>;

const ASK_AGAIN_MS = 100;

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
  /** Through here the log may be trimmed, as its holder says; and in which epoch it said so. */
  settled = 0;
  settledIn = 0;

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
    if (isPassive && isAstray(state.repairUntil, log, message.epoch)) {
      this.#tellRebuild(message, log);
      return;
    }
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
      if (conflict.position < log.first) this.#tellRebuild(message, log);
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
    log.transact(engine, (writer) => {
      const state = this.#data.state(writer);
      if (state.fenceBelow < epoch) this.#data.setState(writer, { ...state, fenceBelow: epoch });
      for (const entry of fresh) {
        log.append(writer, entry);
        this.#data.apply(writer, entry, log.lineage);
      }
      this.#arrive(writer, log, message);
    });
    for (const entry of fresh) this.#clock.seen(entry.clock);
  }

  /** Clears what stands in the way of taking over, once the log is far enough. */
  #arrive(writer: EngineWriter, log: Log, message: Append): void {
    const state = this.#data.state(writer);
    const hasReached = state.mustReach !== undefined && log.end.position >= message.end.position;
    const { position } = state.repairUntil;
    const isRepaired = position > 0 && log.end.position >= position;
    if (!hasReached && !isRepaired) return;
    const { mustReach, ...rest } = state;
    this.#data.setState(writer, {
      ...rest,
      ...(mustReach === undefined || hasReached ? {} : { mustReach }),
      ...(isRepaired ? { repairUntil: NOTHING_TO_REACH } : {}),
    } satisfies AppState);
  }

  #acknowledge(message: Append, log: Log, through: number, now: Instant): void {
    const { engine } = this.#site;
    const sequence = engine.sequence;
    const end = log.end.position;
    const isWhole = this.#data.bytes.through(engine, log.lineage, end) === end;
    if (isWhole && end >= message.end.position) this.caughtUpAt = now.mono;
    // As it is in this transaction: a later one, not yet on disk, may have gone further.
    const isBehind = through < this.#data.state(engine).repairUntil.position;
    this.everywhere = message.everywhere;
    this.settled = message.settled;
    this.settledIn = message.epoch;
    const act = (): void => {
      const bytes = this.#data.bytes.through(engine, log.lineage, through);
      const isStranded = this.#data.stranded(engine, 1).length > 0;
      this.#tell(message, {
        status: isBehind ? "catching-up" : "ok",
        through,
        bytes: this.#site.rules.bytesThrough(through, bytes),
        end: log.end,
        isStranded,
        ...(isStranded ? { stranded: this.#data.strandedCount(engine) } : {}),
        ...(this.#data.building.isUnderWay(engine) ? { isBuilding: true } : {}),
      });
    };
    this.#afterFlush.push({ sequence, act });
    this.flushed(this.#flushedSequence);
  }

  #tellRebuild(message: Append, log: Log): void {
    this.#tell(message, { status: "rebuild", through: 0, end: log.end });
  }

  #mismatch(
    message: Pick<Append, "from" | "epoch" | "lineage">,
    { end, starts }: Pick<Log, "end" | "starts">,
  ): void {
    this.#tell(message, { status: "mismatch", through: 0, end, starts });
  }

  #tell(
    { from, lineage, epoch }: Pick<Append, "from" | "epoch" | "lineage">,
    standing: Omit<Appended, "type" | "app" | "from" | "lineage" | "epoch">,
  ): void {
    this.#send(from.region, { type: "appended", lineage, epoch, ...standing });
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
    this.#tell(message, { status: "repairing", through: 0, end: log.end });
  }

  repaired(message: Repaired, log: Log): void {
    const pending = this.#repairing;
    if (pending?.epoch !== message.epoch || pending.common !== message.common) return;
    const { engine } = this.#site;
    if (this.#data.state(engine).fenceBelow > message.epoch) return;
    this.#repairing = undefined;
    log.transact(engine, (writer) => {
      const removed = log.cutAfter(writer, message.common);
      this.#data.strand(writer, removed, message.starts);
      this.#data.overwrite(writer, message.items);
      const state = this.#data.state(writer);
      this.#data.setState(writer, {
        ...state,
        fenceBelow: Math.max(state.fenceBelow, message.epoch),
        repairUntil: { epoch: message.epoch, position: message.until },
      });
    });
    const { from, epoch } = message;
    this.#mismatch({ from, epoch, lineage: log.lineage }, log);
  }
}

/**
 * Whether items are ahead of the log in an epoch that another one has followed: what came after its
 * end here was never in the log of the new one, or not in this place.
 */
export function isAstray(
  { epoch, position }: AppState["repairUntil"],
  log: Log,
  next: number,
): boolean {
  return log.end.position < position && (next > epoch || position === NOT_WHOLE);
}
