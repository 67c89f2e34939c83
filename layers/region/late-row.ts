/**
 * A row of the table of late writes: what is kept of one transaction, and how it is shown. *pure*
 *
 * Values of confidential tables, and of the platform's own, are neither kept nor shown: passwords'
 * hashes, sessions and stored answers are nobody's to read, whatever becomes of their writes. A row
 * of an older version may have such values: they are left out when it is shown, and dropped when a
 * holder adopts it (late-ledger.ts).
 */
import { wallOf } from "../key-value/hybrid-clock.ts";
import type { Stored } from "../key-value/items.ts";
import type { ItemKey, JsonObject } from "../key-value/table.ts";
import { jsonBytes } from "../key-value/table-json.ts";
import type { LateItem, LateWrite, Verdict } from "../routing/late.ts";
import type { AppData } from "./app-data.ts";

export interface LateChange {
  readonly table: string;
  readonly key: ItemKey;
  readonly recovered: boolean;
  /** The item was there already, as this very write made it. */
  readonly isThere?: true;
  /** Both absent where `hidden`. */
  readonly late?: JsonObject | null;
  readonly standing?: JsonObject | null;
  readonly hidden?: true;
}

export interface LateRow {
  readonly region: string;
  readonly epoch: number;
  readonly position: number;
  readonly clock: number;
  readonly verdict: Verdict;
  /** By the wall clock of the region that judged. Absent in rows of an older version, as the next. */
  readonly judgedAt?: number;
  readonly judgedBy?: string;
  readonly sizeBytes?: number;
  readonly changes: readonly LateChange[];
}

/** A row with all that this version keeps, and nothing that it does not. */
export interface WholeRow extends LateRow {
  readonly judgedAt: number;
  readonly judgedBy: string;
  readonly sizeBytes: number;
}

type Judged = { readonly judgedAt: number; readonly judgedBy: string };

export function wholeRow(data: AppData, row: LateRow, { judgedAt, judgedBy }: Judged): WholeRow {
  const changes = row.changes.map((change) => withoutSecrets(data, change));
  const sized = { ...row, judgedAt, judgedBy, changes };
  return { ...sized, sizeBytes: jsonBytes(sized as unknown as JsonObject) };
}

/** As it is stored; made whole where an older version wrote it. */
export function rowOf(data: AppData, { value, stamp, clock, of }: Stored): WholeRow {
  const row = value as unknown as LateRow;
  const { judgedAt, judgedBy, sizeBytes } = row;
  if (judgedAt !== undefined && judgedBy !== undefined && sizeBytes !== undefined) {
    return { ...row, judgedAt, judgedBy, sizeBytes };
  }
  // It was written in the moment of the judgement, by the region that judged.
  const by = { judgedAt: wallOf(of?.clock ?? clock), judgedBy: of?.stamp.region ?? stamp.region };
  return wholeRow(data, row, by);
}

function withoutSecrets(data: AppData, change: LateChange): LateChange {
  if (!data.isConfidential(change.table)) return change;
  const { late: _late, standing: _standing, ...rest } = change;
  return { ...rest, hidden: true };
}

export function shownRow(data: AppData, row: WholeRow): LateWrite {
  const { region, epoch, position, clock, verdict, judgedAt, judgedBy } = row;
  return {
    app: data.app,
    region,
    epoch,
    position,
    writtenAt: wallOf(clock),
    judgedAt,
    judgedBy,
    verdict,
    // The definition may say only since then that a table is confidential.
    items: row.changes.map((change) => shownChange(withoutSecrets(data, change))),
  };
}

function shownChange(change: LateChange): LateItem {
  const { table, key, recovered, isThere, late = null, standing = null, hidden } = change;
  const stays = recovered || isThere === true;
  const shown = { table, key, outcome: stays ? "recovered" : "superseded" } as const;
  if (hidden) return { ...shown, hidden };
  return { ...shown, late, kept: stays ? late : standing };
}
