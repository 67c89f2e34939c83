/**
 * One app served by this region in one epoch: writes, their acknowledgement, the in-sync set.
 * *pure core*
 *
 * It exists from `begin(epoch)` until the region learns that the epoch is over.
 *
 *   write: gate, lease, conditions --one transaction--> log entry at position p
 *            |                                             |
 *            |                        own flush            |  shipped to the others
 *            v                                             v
 *          refused                p <= committed = min(own flushed, match of all required)
 *                                                          |
 *                                     lease still valid? --+-- yes: acknowledged, no: unknown
 *
 * Invariants
 *  H1 nothing is acknowledged before every required region has it on disk  (#committed, in-sync.ts)
 *  H2 no write without a valid lease, in the transaction and at the answer  (rules.mayWrite)
 *  H3 an answer that saw data leaves when that data is committed           (#reads)
 *  H4 an acknowledged write is in as many regions as the app wants        (#isEnoughInSync)
 */
import type { Instant } from "../../base/clock.ts";
import { failed, ok, unknown } from "../../base/outcome.ts";
import type { CheckedWrite } from "../key-value/checked-writes.ts";
import type { EngineWriter } from "../key-value/engine.ts";
import { type Stamp, type Stored, versionOf } from "../key-value/items.ts";
import type { Change } from "../key-value/log.ts";
import { type Entry, type Log, stampOf } from "../key-value/log.ts";
import type { HomeClaim, IdempotencyRecord, WriteCode, WriteOutcome } from "../key-value/port.ts";
import { writeReceipt } from "../key-value/receipt.ts";
import { isValid } from "../routing/lease.ts";
import { isLeaving, type RoutingRecord } from "../routing/record.ts";
import type { Standing } from "../routing/standing.ts";
import type { AppData } from "./app-data.ts";
import type { Clock } from "./clock.ts";
import { Confirms } from "./confirms.ts";
import { InSync } from "./in-sync.ts";
import { Pending } from "./pending.ts";
import { Shipping } from "./shipping.ts";
import type { Site } from "./site.ts";
import { guaranteedBy, type SettledBefore, standingOf } from "./standing.ts";
import { idempotencyChange } from "./used-keys.ts";

export type Gate = "open" | "draining" | "closed";

export interface WriteRequest {
  readonly writes: readonly CheckedWrite[];
  readonly idempotency?: IdempotencyRecord;
  readonly home?: HomeClaim;
  readonly answer: (outcome: WriteOutcome) => void;
}

const ANSWER_WITHIN_MS = 5000;
const MOST_PENDING = 20_000;

export class Holding {
  readonly epoch: number;
  readonly log: Log;
  readonly shipping: Shipping;
  readonly inSync: InSync;
  readonly confirms: Confirms;
  /** When the epoch began here, on the monotonic clock. */
  readonly beganMono: number;
  /** When the first write was acknowledged. */
  firstAckMono: number | undefined;
  gate: Gate = "open";
  /** Why the epoch admits no write yet: what its takeover steps wait for (preparing.ts). */
  unprepared: string | undefined;
  readonly #site: Site;
  readonly #data: AppData;
  readonly #logOf: (stamp: Stamp) => Log | undefined;
  readonly #clock: Clock;
  readonly #durability: RoutingRecord["durability"];
  readonly #minInSync: number;
  readonly #shipsUnflushed: boolean;
  readonly #flushes: { sequence: number; position: number }[] = [];
  readonly #writes = new Pending();
  readonly #reads = new Pending();
  #ownFlushed: number;
  #committed = 0;
  readonly #beganAt: number;
  #isLeaving = false;

  constructor(options: {
    site: Site;
    data: AppData;
    clock: Clock;
    log: Log;
    /** The log that an item's write is in. */
    logOf: (stamp: Stamp) => Log | undefined;
    record: RoutingRecord;
    settledBefore: SettledBefore;
    /** Fewer regions in sync refuse writes, and acknowledge none (`replicated`). */
    minInSync: number;
    pauses: () => NonNullable<Standing["pauses"]>;
    send: ConstructorParameters<typeof Shipping>[0]["send"];
    now: Instant;
  }) {
    const { site, data, log, record } = options;
    this.#site = site;
    this.#data = data;
    this.#logOf = options.logOf;
    this.#clock = options.clock;
    this.epoch = record.epoch;
    this.log = log;
    this.#durability = record.durability;
    this.#minInSync = options.minInSync;
    this.#shipsUnflushed = record.mode === "active-passive";
    this.inSync = new InSync(site.self.region, this.#setOf(record), site.rules);
    this.shipping = new Shipping({
      log,
      reader: site.engine,
      epoch: this.epoch,
      settled: () => this.settled,
      standing: (now) => ({ ...this.standing(now), pauses: options.pauses() }),
      admits: (now) => this.mayWrite(now),
      send: options.send,
    });
    const guaranteed = guaranteedBy(record, options.settledBefore);
    for (const region of record.regions) {
      if (region === site.self.region) continue;
      this.shipping.addPeer(region, options.now, guaranteed(region));
    }
    this.confirms = new Confirms(this.epoch, options.send);
    this.beganMono = options.now.mono;
    this.#ownFlushed = 0;
    this.#beganAt = log.end.position;
    this.#flushes.push({ sequence: site.engine.sequence, position: log.end.position });
    this.#useLeaving(record);
  }

  get committed(): number {
    return this.#committed;
  }
  /**
   * What an in-sync taker has for certain; of a `local` app, whose taker may be behind, what every
   * region has. What is after it must be kept, to be told should it be cut off.
   */
  get settled(): number {
    return this.#durability === "replicated" ? this.#committed : this.shipping.everywhere;
  }
  get beganAt(): number {
    return this.#beganAt;
  }
  get ownFlushed(): number {
    return this.#ownFlushed;
  }
  standing(now: Instant): Standing {
    const { committed, beganAt, shipping } = this;
    const end = this.log.end.position;
    const waiting = this.#data.strandedCount(this.#site.engine);
    const peers = shipping.peers.values();
    return standingOf({ end, committed, beganAt, peers, waiting }, now.mono);
  }
  get waiting(): number {
    return this.#writes.size + this.#reads.size;
  }
  get waitingWrites(): number {
    return this.#writes.size;
  }

  /** Every region that is known to be in sync has what is acknowledged: that many copies. */
  get #isEnoughInSync(): boolean {
    return this.#durability === "local" || this.inSync.known.length >= this.#minInSync;
  }

  /** Acknowledgement of a `local` app waits for nobody else. */
  #setOf(record: RoutingRecord): readonly string[] {
    return record.durability === "replicated" ? record.inSyncRegions : [this.#site.self.region];
  }

  /** One of several holders that is to go admits nothing more (departing.ts). */
  #useLeaving(record: RoutingRecord): void {
    const is = isLeaving(record, this.#site.self.region);
    if (is && this.gate === "open") this.gate = "draining";
    if (!is && this.#isLeaving && this.gate === "draining") this.gate = "open";
    this.#isLeaving = is;
  }

  useRecord(record: RoutingRecord, now: Instant): void {
    this.#useLeaving(record);
    if (!this.inSync.isProposed) this.inSync.settle(this.#setOf(record));
    for (const region of record.regions) {
      if (region === this.#site.self.region || this.shipping.peers.has(region)) continue;
      this.shipping.addPeer(region, now);
    }
    for (const region of [...this.shipping.peers.keys()]) {
      if (!record.regions.includes(region)) this.shipping.removePeer(region);
    }
  }

  leaseValid(now: Instant): boolean {
    return isValid(this.#site.lease.end(this.#data.app), this.epoch, now);
  }

  /** Whether a write that came now would be admitted, as far as routing decides. */
  mayWrite(now: Instant): boolean {
    return this.gate === "open" && this.unprepared === undefined && this.leaseValid(now);
  }

  /** Several writes in one transaction of the store; each stands or falls alone. */
  write(requests: readonly WriteRequest[], now: Instant): void {
    const answers: (() => void)[] = [];
    const { engine } = this.#site;
    try {
      this.#transact((writer) => {
        for (const request of requests) {
          const refusal = this.#refusal(now);
          if (refusal !== undefined) {
            answers.push(() => request.answer(refusal));
            continue;
          }
          const result = this.#data.evaluate(writer, request.writes, request.idempotency, now.wall);
          if (result.kind !== "changes") {
            answers.push(() => this.#answerRead(result, request, now));
            continue;
          }
          const entry = this.#append(writer, result.changes, now);
          answers.push(() => this.#awaitCommit(entry, request.answer, now));
        }
      });
    } catch (error) {
      // Nothing of the transaction is there: the engine undid it. Disk full, or a bug.
      const reason = error instanceof Error ? error.message : String(error);
      for (const request of requests) request.answer(failed("unavailable", reason));
      return;
    }
    this.#flushes.push({ sequence: engine.sequence, position: this.log.end.position });
    for (const answer of answers) answer();
    if (!this.#site.rules.recordsIdempotencyWithWrite()) this.#recordApart(requests, now);
    this.advance(now);
  }

  /** Only for a broken rule, which a test shows to be caught. */
  #recordApart(requests: readonly WriteRequest[], now: Instant): void {
    for (const { idempotency } of requests) {
      if (idempotency !== undefined) this.writeChanges([idempotencyChange(idempotency)], now);
    }
  }

  #refusal(now: Instant): WriteOutcome | undefined {
    const { app } = this.#data;
    if (this.gate === "closed") {
      const why = this.unprepared === undefined ? "" : `: ${this.unprepared}`;
      return failed("fenced", `${app} is fenced${why}`);
    }
    if (this.gate === "draining")
      return failed("not-serving", `${app} is moving to another region`);
    if (this.unprepared !== undefined) {
      return failed("not-serving", `${app} is being taken over: ${this.unprepared}`);
    }
    if (!this.#site.rules.mayWrite(this.leaseValid(now))) {
      return failed("not-serving", `this region holds no lease for ${app} now`);
    }
    if (this.waiting > MOST_PENDING) return failed("unavailable", "too many writes are waiting");
    if (!this.#isEnoughInSync) {
      const { known } = this.inSync;
      const needed = `${app} admits writes while ${this.#minInSync} regions are in sync`;
      return failed("too-few-in-sync", `${needed}; in sync: ${known.join(", ")}`);
    }
    return undefined;
  }

  #transact<Result>(body: (writer: EngineWriter) => Result): Result {
    try {
      return this.log.transact(this.#site.engine, body);
    } catch (error) {
      this.shipping.dropTail(this.log.end.position);
      throw error;
    }
  }

  #append(writer: EngineWriter, changes: readonly Change[], now: Instant): Entry {
    const entry: Entry = {
      position: this.log.end.position + 1,
      epoch: this.epoch,
      region: this.#site.self.region,
      clock: this.#clock.next(now),
      changes,
    };
    this.log.append(writer, entry);
    this.#data.apply(writer, entry, this.log.lineage);
    this.shipping.remember(entry);
    return entry;
  }

  /** The platform's own writes (judgements): no gate, no answer. Its position. */
  writeChanges(changes: readonly Change[], now: Instant): number {
    const { engine } = this.#site;
    const entry = this.#transact((writer) => this.#append(writer, changes, now));
    this.#flushes.push({ sequence: engine.sequence, position: entry.position });
    return entry.position;
  }

  #awaitCommit(entry: Entry, answer: WriteRequest["answer"], now: Instant): void {
    this.#writes.add({
      position: entry.position,
      deadline: now.mono + ANSWER_WITHIN_MS,
      answer: (end) =>
        answer(
          end === "lost"
            ? unknown("the region could no longer acknowledge the write when it was on disk")
            : ok({
                receipt: this.#receiptOf(stampOf(entry), this.log),
                version: versionOf(stampOf(entry)),
                epoch: entry.epoch,
              }),
        ),
    });
  }

  /** Where regions write side by side, a write is in the log of the one that wrote it. */
  #receiptOf({ epoch, sequence }: Stamp, log: Log | undefined): string {
    const { app } = this.#data;
    const { lineage } = this.log;
    // After a rebuild an item may be here before its log is: then there is nothing to wait for.
    if (log === undefined) return writeReceipt({ app, lineage, epoch: this.epoch, position: 0 });
    return writeReceipt({ app, lineage: log.lineage, epoch, position: sequence });
  }

  /** A refusal or a stored response is an answer that looked at data. */
  #answerRead(
    result:
      | { kind: "failed"; code: WriteCode; reason: string; seen?: Stored }
      | { kind: "replayed"; response: unknown; seen: Stored },
    request: WriteRequest,
    now: Instant,
  ): void {
    const seen = result.seen;
    this.read(seen === undefined ? 0 : this.positionOf(seen), now, (end) => {
      if (end === "lost") request.answer(unknown("the region stopped serving meanwhile"));
      else if (result.kind === "failed") request.answer(failed(result.code, result.reason));
      else {
        const { stamp } = result.seen;
        request.answer(
          ok({
            receipt: this.#receiptOf(stamp, this.#logOf(stamp)),
            version: versionOf(stamp),
            epoch: this.epoch,
            replayed: result.response,
          }),
        );
      }
    });
  }

  /** The position in this log that an answer which saw `stored` must wait for. */
  positionOf(stored: Stored): number {
    const own = this.#shipsUnflushed || stored.stamp.region === this.#site.self.region;
    return own ? stored.stamp.sequence : 0;
  }

  /** Answers when `position` is committed; a lapsed lease is for the caller to judge. */
  read(position: number, now: Instant, answer: (end: "committed" | "lost") => void): void {
    const waitFor = Math.max(position, this.#shipsUnflushed ? this.#beganAt : 0);
    if (this.#site.rules.mayAnswer(this.#committed, waitFor)) answer("committed");
    else this.#reads.add({ position: waitFor, deadline: now.mono + ANSWER_WITHIN_MS, answer });
  }

  flushed(sequence: number, now: Instant): void {
    while (this.#flushes.length > 0 && (this.#flushes[0]?.sequence ?? 0) <= sequence) {
      this.#ownFlushed = Math.max(this.#ownFlushed, this.#flushes.shift()?.position ?? 0);
    }
    this.advance(now);
  }

  /** Commits what all required regions have, and lets the answers go. */
  advance(now: Instant): void {
    const matches = this.inSync.required.map(
      (region) => this.shipping.peers.get(region)?.match ?? 0,
    );
    const committed = this.#site.rules.committed(this.#ownFlushed, matches);
    this.#committed = Math.max(this.#committed, committed);
    const mayGo = (position: number): boolean =>
      this.#site.rules.mayAnswer(this.#committed, position);
    for (const waiting of this.#writes.release((position) => position <= this.#committed)) {
      // Admitted before a region fell out of sync, it may be on fewer disks than was promised.
      const isHeld = this.#isEnoughInSync && this.#site.rules.mayAcknowledge(this.leaseValid(now));
      if (isHeld) this.firstAckMono ??= now.mono;
      waiting.answer(isHeld ? "committed" : "lost");
    }
    for (const waiting of this.#reads.release(mayGo)) waiting.answer("committed");
  }

  ship(now: Instant): void {
    this.shipping.ship(this.#shipsUnflushed ? this.log.end.position : this.#ownFlushed, now);
  }

  tick(now: Instant): void {
    for (const waiting of this.#writes.expire(now.mono)) waiting.answer("lost");
    for (const waiting of this.#reads.expire(now.mono)) waiting.answer("lost");
  }

  /** The epoch is over for this region. */
  end(): void {
    for (const waiting of [...this.#writes.clear(), ...this.#reads.clear()]) waiting.answer("lost");
    this.confirms.fail();
  }
}
