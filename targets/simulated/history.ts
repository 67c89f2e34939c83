/**
 * What clients saw, and whether it may be: invariants I1, I1b, I3, I5, I6, I9, checked at each
 * answer, and I4, I7, I8 at the end. *pure*
 *
 * The order of an item's versions is known (epoch, position), so linearizability of a register is:
 * no read is older than what was acknowledged, or read, before it began.
 */

import type { Stored } from "../../layers/key-value/items.ts";
import type { Consistency } from "../../layers/key-value/port.ts";
import { arrivalOf, type ReceiptParts, readReceipt } from "../../layers/key-value/receipt.ts";
import type { AppRegion } from "../../layers/region/app-region.ts";
import type { World } from "./world.ts";

export interface AckedWrite {
  readonly key: string;
  readonly receipt: string;
  readonly parts: ReceiptParts;
  readonly region: string;
  readonly incarnation: number;
  readonly begun: number;
  readonly ended: number;
  readonly isDelete: boolean;
}

export interface SeenRead {
  readonly key: string;
  readonly region: string;
  readonly consistency: Consistency;
  readonly stored: Stored | undefined;
  readonly epoch: number;
  readonly begun: number;
  readonly ended: number;
  readonly session: readonly AckedWrite[];
  readonly missing: readonly string[];
}

interface Order {
  readonly epoch: number;
  readonly position: number;
}

const isOlder = (a: Order, b: Order): boolean =>
  a.epoch !== b.epoch ? a.epoch < b.epoch : a.position < b.position;

export class History {
  readonly acked: AckedWrite[] = [];
  readonly began: { epoch: number; region: string; at: number }[] = [];
  readonly #holderOf = new Map<number, string>();
  readonly #firstAckOf = new Map<number, { region: string; at: number }>();
  readonly #floors = new Map<string, { at: number; order: Order; isDelete: boolean }[]>();
  /** Deletes, by key, whose outcome nobody knows: any of them may have happened. */
  readonly openDeletes = new Map<string, number>();
  readonly isPassive: boolean;
  readonly #isReplicated: boolean;
  readonly #staleMs: number;
  readonly #report: (invariant: string, what: string) => void;
  /** When a fence had returned, and no unfence was asked for since. */
  fencedSince: number | undefined;
  /** Fences and unfences asked for so far: an answer to an earlier one tells nothing. */
  fences = 0;
  /** Unfences that may still happen, however late (a frozen region asks when it wakes). */
  unfencesOpen = 0;
  /** An operator has made a region serve that may lack what was acknowledged. */
  isLossAccepted = false;

  constructor(options: {
    isPassive: boolean;
    isReplicated: boolean;
    leaseMs: number;
    report: (invariant: string, what: string) => void;
  }) {
    this.isPassive = options.isPassive;
    this.#isReplicated = options.isReplicated;
    this.#staleMs = options.leaseMs;
    this.#report = options.report;
  }

  /** What is acknowledged may be late, and has to be told. */
  get #mayBeLate(): boolean {
    return !this.#isReplicated || this.isLossAccepted;
  }

  write(write: AckedWrite, holder: AppRegion | undefined): void {
    this.acked.push(write);
    const { epoch, position } = write.parts;
    const isFenced = this.fencedSince !== undefined && this.unfencesOpen === 0;
    if (isFenced && write.begun > (this.fencedSince ?? 0)) {
      this.#report(
        "I1b",
        `${write.key} acknowledged by ${write.region}, begun after fence returned`,
      );
    }
    if (!this.isPassive) return;
    const who = `${write.region}#${write.incarnation}`;
    const before = this.#holderOf.get(epoch);
    if (before !== undefined && before !== who) {
      this.#report("I1", `epoch ${epoch} acknowledged by ${before} and by ${who}`);
    }
    this.#holderOf.set(epoch, who);
    const first = this.#firstAckOf.get(epoch);
    if (first === undefined) this.#firstAckOf.set(epoch, { region: write.region, at: write.ended });
    for (const [later, ack] of this.#firstAckOf) {
      // What is `local` is nowhere else: its answers end with the lease, not only its writes.
      const since = this.#isReplicated ? write.begun : write.ended;
      if (later > epoch && ack.region !== write.region && since > ack.at) {
        this.#report(
          "I1",
          `${who} acknowledged in epoch ${epoch} after ${ack.region} had in ${later}`,
        );
      }
    }
    this.#raise(write.key, write.ended, { epoch, position }, write.isDelete);
    if (holder !== undefined) this.#mustHold(write, holder);
  }

  /** I3: the holder of the highest begun epoch has everything that was acknowledged. */
  beganAt(region: string, epoch: number, at: number, holder: AppRegion | undefined): void {
    this.began.push({ epoch, region, at });
    if (!this.isPassive || this.#mayBeLate || holder === undefined) return;
    if (this.began.some((other) => other.epoch > epoch)) return;
    for (const write of this.acked) this.#mustHold(write, holder);
  }

  #mustHold(write: AckedWrite, holder: AppRegion): void {
    if (this.#mayBeLate || (holder.holding?.epoch ?? 0) < write.parts.epoch) return;
    if (arrivalOf(write.parts, holder.log) === "arrived") return;
    const { epoch, position } = write.parts;
    this.#report(
      "I3",
      `${write.key} (${epoch}, ${position}) is not at the holder of ${holder.holding?.epoch}`,
    );
  }

  /** Whether other disks than this one have all that was acknowledged. */
  isElsewhere(site: string, world: World): boolean {
    const others = world.regions.filter((region) => region !== site);
    return this.acked.every(({ parts }) =>
      others.some((region) => {
        const log = world.app(region, parts.app)?.logs.get(parts.lineage);
        return log !== undefined && arrivalOf(parts, log) === "arrived";
      }),
    );
  }

  #raise(key: string, at: number, order: Order, isDelete: boolean): void {
    const floors = this.#floors.get(key) ?? [];
    this.#floors.set(key, floors);
    floors.push({ at, order, isDelete });
  }

  /** Nothing there, not even a tombstone: fine where the last that is known is a delete. */
  #isCollected(read: SeenRead): boolean {
    if (read.stored !== undefined) return false;
    if ((this.openDeletes.get(read.key) ?? 0) > 0) return true;
    const floors = this.#floors.get(read.key) ?? [];
    const before = floors.filter((floor) => floor.at < read.begun);
    return floors.some(
      (floor) => floor.isDelete && !before.some((other) => isOlder(floor.order, other.order)),
    );
  }

  read(read: SeenRead): void {
    if (this.#isCollected(read)) return;
    const seen: Order =
      read.stored === undefined
        ? { epoch: 0, position: 0 }
        : { epoch: read.stored.stamp.epoch, position: read.stored.stamp.sequence };
    for (const write of read.session) {
      if (!this.isPassive || this.#mayBeLate) break;
      if (write.key !== read.key || read.missing.includes(write.receipt)) continue;
      if (isOlder(seen, write.parts)) {
        this.#report("I5", `${read.region} read ${read.key} older than the session's own write`);
      }
    }
    if (read.consistency === "stale" || !this.isPassive) return;
    if (read.consistency === "leased" && this.#isExcused(read)) return;
    for (const { at, order } of this.#floors.get(read.key) ?? []) {
      if (at >= read.begun || !isOlder(seen, order)) continue;
      // The tail of an epoch may be late: only within one epoch is the order promised.
      if (this.#mayBeLate && order.epoch !== read.epoch) continue;
      const versions = `${seen.epoch}.${seen.position} after ${order.epoch}.${order.position}`;
      this.#report("I9", `${read.region} read ${read.key} ${versions} (${read.consistency})`);
    }
    this.#raise(read.key, read.ended, seen, read.stored?.value === null);
  }

  /** After a fast takeover a former holder may answer `leased` reads for at most one lease. */
  #isExcused(read: SeenRead): boolean {
    const newer = this.began.find((begin) => begin.epoch > read.epoch);
    return this.#isReplicated && newer !== undefined && read.ended - newer.at <= this.#staleMs;
  }

  /** I4, at the end: nothing acknowledged is gone; it is there, or told as late. */
  finish(
    log: (lineage: string) => AppRegion["log"] | undefined,
    isTold: (write: AckedWrite) => boolean,
  ): void {
    for (const write of this.acked) {
      if (arrivalOf(write.parts, log(write.parts.lineage)) === "arrived") continue;
      if (this.#mayBeLate && isTold(write)) continue;
      const { epoch, position } = write.parts;
      this.#report(this.#mayBeLate ? "I4" : "I3", `${write.key} (${epoch}, ${position}) is lost`);
    }
  }
}

export const partsOf = (receipt: string): ReceiptParts => {
  const parts = readReceipt(receipt);
  if (parts === undefined) throw new RangeError(`no receipt: ${receipt}`);
  return parts;
};
