/**
 * What is kept of late writes: the verdicts, each once, and how many there were. *pure core*
 *
 *   judgement --one entry of the holder's log--> what is recovered, its row, the counts
 *   more rows than LATE_KEPT, or more bytes than LATE_BYTES --> the ones judged first are deleted
 *   rows of an older version --the holder of an epoch, once--> rows in the order, counted
 *
 * Rows and counts are items of the app like any other: on disk with the judgement, in every region
 * that follows, in a region that is rebuilt, and there after the next failover.
 *
 * Invariants
 *  V1 a verdict is counted exactly when its row appears            (counted, adopt: one entry)
 *  V2 at most LATE_KEPT rows after a batch of judgements           (collect)
 *  V3 the counts never fall; what is kept is a part of them        (collect)
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineReader } from "../key-value/engine.ts";
import { itemsOf, type StoredItem } from "../key-value/items.ts";
import { parseTuple, tuple, tupleRange } from "../key-value/key.ts";
import type { Change } from "../key-value/log.ts";
import { type ItemKey, type JsonObject, limits } from "../key-value/table.ts";
import type { LateCounts, Verdict } from "../routing/late.ts";
import type { AppData } from "./app-data.ts";
import type { AppParts } from "./app-parts.ts";
import { changeOf, type Judgement } from "./judgement.ts";
import { type LateRow, rowOf, type WholeRow } from "./late-row.ts";
import { LATE, LATE_COUNTS, LATE_ORDER, LATE_PARTITION } from "./platform-tables.ts";

/** Of each app; the counts are of all that there ever were. */
export const LATE_KEPT = 1000;
/** A row has the values of up to 96 items; the newest row is kept whatever its size. */
export const LATE_BYTES: number = 32 * 1024 * 1024;

const AT_ONCE: number = limits.transactionWrites;
const COUNTS_KEY: ItemKey = { partition: LATE_PARTITION, sort: "" };

type Counted = Omit<LateCounts, "waiting"> & {
  readonly kept: number;
  readonly keptBytes: number;
};

const NOTHING_LATE: Counted = {
  recovered: 0,
  superseded: 0,
  partly: 0,
  neverAcknowledged: 0,
  kept: 0,
  keptBytes: 0,
};

const NAME_OF: Readonly<Record<Verdict, keyof Omit<LateCounts, "waiting">>> = {
  recovered: "recovered",
  superseded: "superseded",
  partly: "partly",
  "never-acknowledged": "neverAcknowledged",
};

export const countsOf = (reader: EngineReader, data: AppData): Counted =>
  (data.get(reader, LATE_COUNTS, COUNTS_KEY)?.value as unknown as Counted | undefined) ??
  NOTHING_LATE;

/** Where a row stands among the others: in the order in which they were judged. */
interface Ordered {
  readonly order: string;
  readonly key: ItemKey;
}

/** The first judged first, or the last; `beyond` is left out, and what comes before it. */
export function* ledgerOf(
  reader: EngineReader,
  app: string,
  { isNewestFirst, beyond }: { readonly isNewestFirst: boolean; readonly beyond?: string },
): IterableIterator<Ordered> {
  const range = tupleRange("x", app, LATE, LATE_ORDER, LATE_PARTITION);
  const to =
    beyond === undefined ? range.to : tuple("x", app, LATE, LATE_ORDER, LATE_PARTITION, beyond);
  for (const [at] of reader.range({ from: range.from, to, reverse: isNewestFirst })) {
    const [, , , , , order, partition, sort] = parseTuple(at) as string[];
    yield {
      order: order as string,
      key: { partition: partition as string, sort: sort as string },
    };
  }
}

export class LateLedger {
  readonly #app: AppParts;
  #walk: { readonly epoch: number; after?: StoredItem; isDone: boolean } | undefined;

  constructor(app: AppParts) {
    this.#app = app;
  }

  /** The changes of a judgement, with the counts that it leads to. */
  counted({ changes, told }: Judgement): readonly Change[] {
    return told.length === 0 ? changes : [...changes, this.#countsAfter(told, [])];
  }

  #countsAfter(more: readonly WholeRow[], gone: readonly WholeRow[]): Change {
    const { data, site } = this.#app;
    const counts = { ...countsOf(site.engine, data) };
    for (const { verdict } of more) counts[NAME_OF[verdict]]++;
    const bytesOf = (rows: readonly WholeRow[]): number =>
      rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const kept = counts.kept + more.length - gone.length;
    const keptBytes = counts.keptBytes + bytesOf(more) - bytesOf(gone);
    const value: JsonObject = { ...counts, kept, keptBytes };
    return { table: LATE_COUNTS, key: COUNTS_KEY, value };
  }

  /** Deletes the rows that were judged first, where more are kept than may be. */
  collect(now: Instant): void {
    const { data, site, holding, options } = this.#app;
    if (holding === undefined) return;
    for (;;) {
      let { kept, keptBytes } = countsOf(site.engine, data);
      const gone: WholeRow[] = [];
      for (const { key } of ledgerOf(site.engine, data.app, { isNewestFirst: false })) {
        const isOver = kept > (options.lateKept ?? LATE_KEPT) || keptBytes > LATE_BYTES;
        const stored = data.get(site.engine, LATE, key);
        if (!isOver || kept === 1 || gone.length === AT_ONCE - 1 || stored === undefined) break;
        const row = rowOf(data, stored);
        gone.push(row);
        kept--;
        keptBytes -= row.sizeBytes;
      }
      if (gone.length === 0) return;
      const deletions = gone.map((row) => ({ ...changeOf(row), value: null }));
      holding.writeChanges([...deletions, this.#countsAfter([], gone)], now);
    }
  }

  /** Rows of a version that had neither order nor counts, a piece at a time, once an epoch. */
  adopt(now: Instant): void {
    const { data, site, holding } = this.#app;
    if (holding === undefined || holding.gate !== "open") return;
    if (this.#walk?.epoch !== holding.epoch) this.#walk = { epoch: holding.epoch, isDone: false };
    const walk = this.#walk;
    if (walk.isDone) return;
    const rows: WholeRow[] = [];
    let seen = 0;
    for (const item of itemsOf(site.engine, data.app, LATE, walk.after)) {
      if (seen++ === AT_ONCE - 1) break;
      walk.after = item;
      const row = item.stored.value as unknown as LateRow | null;
      if (row !== null && row.judgedAt === undefined) rows.push(rowOf(data, item.stored));
    }
    walk.isDone = seen < AT_ONCE;
    if (rows.length === 0) return;
    holding.writeChanges([...rows.map(changeOf), this.#countsAfter(rows, [])], now);
    this.collect(now);
  }
}
