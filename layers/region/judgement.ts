/**
 * What becomes of writes that were beyond a cut: the ledger of late writes. *pure*
 *
 * The region that stranded them tells the holder; the holder judges each once, in one transaction
 * with its verdict, so that nothing is dropped silently and nothing is applied twice. Of a lossless
 * takeover they were never acknowledged and are only told. Otherwise each item that nobody has
 * written since is recovered, as of the moment when it was written.
 *
 * A judgement that was itself beyond a cut is nobody's write and gets no verdict: what it recovered
 * and the verdicts that it gave are recovered, unless the next holder has judged the same by then.
 */
import type { EngineReader } from "../key-value/engine.ts";
import { type Stored, versionOf } from "../key-value/items.ts";
import { type Change, type Entry, stampOf } from "../key-value/log.ts";
import type { JsonObject } from "../key-value/table.ts";
import type { Verdict } from "../routing/late.ts";
import type { AppData } from "./app-data.ts";
import { type LateChange, rowOf, type WholeRow, wholeRow } from "./late-row.ts";
import type { StrandedEntry } from "./messages.ts";
import { IDEMPOTENCY, LATE, LATE_COUNTS, LATE_PARTITION } from "./platform-tables.ts";

export const lateKey = ({ entry }: StrandedEntry): string =>
  `${entry.epoch}.${entry.region}.${entry.position}`;

export interface Judgement {
  /** What is recovered, and the rows of `told`. */
  readonly changes: readonly Change[];
  /** The verdicts that are new here. */
  readonly told: readonly WholeRow[];
}

const isLedger = ({ table }: Change): boolean => table === LATE || table === LATE_COUNTS;

/** Undefined when it was judged already. */
export function judge(
  reader: EngineReader,
  data: AppData,
  stranded: StrandedEntry,
  by: { readonly judgedAt: number; readonly judgedBy: string },
): Judgement | undefined {
  const { entry, lossless } = stranded;
  const isJudgement = entry.changes.some(isLedger);
  const key = { partition: LATE_PARTITION, sort: lateKey(stranded) };
  if (!isJudgement && data.get(reader, LATE, key) !== undefined) return undefined;
  const { floor = 0 } = data.state(reader);
  const changes: Change[] = [];
  const written = { stamp: stampOf(entry), clock: entry.clock };
  const isThis = (stored: Stored, { of = written }: Change): boolean =>
    versionOf((stored.of ?? stored).stamp) === versionOf(of.stamp);
  // The same request was carried out again meanwhile: a second effect must not appear. Not so where
  // a half rebuilt region had to serve: the record is this entry's own, and its effect may lack.
  const isRepeated = entry.changes.some((change) => {
    const record = change.table === IDEMPOTENCY && data.get(reader, IDEMPOTENCY, change.key);
    return record && !isThis(record, change);
  });
  const mayRecover = !lossless && !isRepeated;
  // In its old place among the writes of its item, so that of several late ones the last stays.
  const asLate = (change: Change): Change => ({ ...change, of: change.of ?? written });
  // Below the floor a key that is absent was deleted, and its tombstone collected.
  const wins = (old: Stored | undefined, change: Change): boolean =>
    old === undefined
      ? entry.clock > floor
      : !isThis(old, change) &&
        data.wins(data.table(change.table), { ...written, ...asLate(change) }, old);
  let here = 0;
  const ofApp = entry.changes.filter((change) => !isLedger(change));
  const judged = ofApp.map((change): LateChange => {
    const old = data.get(reader, change.table, change.key);
    const isThere = old !== undefined && isThis(old, change);
    const recovered = mayRecover && wins(old, change);
    if (recovered) changes.push(asLate(change));
    if (recovered || isThere) here++;
    return {
      table: change.table,
      key: { ...change.key },
      recovered,
      ...(isThere ? { isThere } : {}),
      late: change.value,
      standing: old?.value ?? null,
    };
  });
  if (isJudgement) {
    const isNew = (change: Change): boolean =>
      wins(data.get(reader, change.table, change.key), change);
    const told = lossless ? [] : verdictsOf(entry, data, isNew);
    return { changes: [...changes, ...told.map(changeOf)], told };
  }
  const verdict = verdictOf(lossless, here, ofApp.length);
  const { region, epoch, position, clock } = entry;
  const row = wholeRow(data, { region, epoch, position, clock, verdict, changes: judged }, by);
  return { changes: [...changes, changeOf(row)], told: [row] };
}

/** The verdicts in a judgement that are to be kept; what it counted and collected is done again. */
function verdictsOf(entry: Entry, data: AppData, wins: (change: Change) => boolean): WholeRow[] {
  const rows = entry.changes.filter(({ table, value }) => table === LATE && value !== null);
  return rows.filter(wins).map(({ value, of }) =>
    rowOf(data, {
      value,
      stamp: stampOf(entry),
      clock: entry.clock,
      ...(of === undefined ? {} : { of }),
    }),
  );
}

export function changeOf(row: WholeRow): Change {
  const { epoch, region, position } = row;
  const key = { partition: LATE_PARTITION, sort: `${epoch}.${region}.${position}` };
  return { table: LATE, key, value: row as unknown as JsonObject };
}

function verdictOf(lossless: boolean, here: number, all: number): Verdict {
  if (lossless) return "never-acknowledged";
  if (here === all) return "recovered";
  return here === 0 ? "superseded" : "partly";
}
