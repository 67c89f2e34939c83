/**
 * What becomes of writes that were beyond a cut: the ledger of late writes. *pure*
 *
 * The region that stranded them tells the holder; the holder judges each once, in one transaction
 * with its verdict, so that nothing is dropped silently and nothing is applied twice. Of a lossless
 * takeover they were never acknowledged and are only told. Otherwise each item that nobody has
 * written since is recovered, as of the moment when it was written.
 */
import type { EngineReader } from "../key-value/engine.ts";
import { type Stored, versionOf } from "../key-value/items.ts";
import { type Change, stampOf } from "../key-value/log.ts";
import type { JsonObject } from "../key-value/table.ts";
import type { AppData } from "./app-data.ts";
import type { StrandedEntry } from "./messages.ts";
import { IDEMPOTENCY, LATE, type Verdict } from "./platform-tables.ts";

export const lateKey = ({ entry }: StrandedEntry): string =>
  `${entry.epoch}.${entry.region}.${entry.position}`;

/** The changes that recover what can be, and the verdict's row; undefined when judged already. */
export function judge(
  reader: EngineReader,
  data: AppData,
  stranded: StrandedEntry,
): { readonly verdict: Verdict; readonly changes: readonly Change[] } | undefined {
  const key = { partition: "late", sort: lateKey(stranded) };
  if (data.get(reader, LATE, key) !== undefined) return undefined;
  const { entry, lossless } = stranded;
  const { floor = 0 } = data.state(reader);
  const recovered: Change[] = [];
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
  let there = 0;
  const told = entry.changes.map((change) => {
    const old = data.get(reader, change.table, change.key);
    const isThere = old !== undefined && isThis(old, change);
    if (isThere) there++;
    // In its old place among the writes of its item, so that of several late ones the last stays.
    const late = { ...change, of: change.of ?? written };
    // Below the floor a key that is absent was deleted, and its tombstone collected.
    const wins =
      old === undefined ? entry.clock > floor : !isThere && data.wins({ ...written, ...late }, old);
    if (wins && mayRecover) recovered.push(late);
    const standing = old?.value ?? null;
    return {
      table: change.table,
      key: { ...change.key },
      late: change.value,
      standing,
      recovered: wins && mayRecover,
    };
  });
  const verdict = verdictOf(lossless, recovered.length + there, entry.changes.length);
  const row: JsonObject = {
    region: entry.region,
    epoch: entry.epoch,
    position: entry.position,
    clock: entry.clock,
    verdict,
    changes: told as unknown as JsonObject[],
  };
  return { verdict, changes: [...recovered, { table: LATE, key, value: row }] };
}

function verdictOf(lossless: boolean, here: number, all: number): Verdict {
  if (lossless) return "never-acknowledged";
  if (here === all) return "recovered";
  return here === 0 ? "superseded" : "partly";
}
