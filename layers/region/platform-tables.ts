/**
 * Tables that the platform keeps beside an app's own, replicated like them. *pure*
 *
 * They have no schema: only the platform writes them.
 */
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import { type HybridTime, wallOf } from "../key-value/hybrid-clock.ts";
import type { TableDefinition } from "../key-value/table.ts";

/** Partition: scope; sort: key. A record is collected KEY_KEPT_MS after its write. */
export const IDEMPOTENCY = "platform-idempotency";
/** Partition: LATE_PARTITION; sort: {epoch}.{region}.{position} of the entry (late-ledger.ts). */
export const LATE = "platform-late";
/** One row, at LATE_PARTITION: how many there were of each verdict, and what is kept of them. */
export const LATE_COUNTS = "platform-late-counts";
export const LATE_PARTITION = "late";
/** The late writes in the order in which they were judged. */
export const LATE_ORDER = "judged";

type Entries = TableDefinition["indexEntries"];

const bare = (
  name: string,
  expiresAt: TableDefinition["expiresAt"] = () => undefined,
  indexEntries: Entries = () => [],
) => ({ name, indexEntries, expiresAt }) as unknown as TableDefinition;

/** The second in which a used key counts as new, rounded up. */
const keyExpiresAt = (_record: unknown, clock: HybridTime = 0): number =>
  Math.ceil((wallOf(clock) + KEY_KEPT_MS) / 1000);

const digits = (value: unknown): string => Number(value).toString(36).padStart(11, "0");

/** Rows of before there was an order have none until a holder adopts them (late-ledger.ts). */
const lateOrder: Entries = ({ judgedAt, epoch, position, region }) =>
  judgedAt === undefined
    ? []
    : [
        {
          index: LATE_ORDER,
          partition: LATE_PARTITION,
          sort: `${digits(judgedAt)}.${digits(epoch)}.${digits(position)}.${region}`,
        },
      ];

const known = new Map([
  [IDEMPOTENCY, bare(IDEMPOTENCY, keyExpiresAt)],
  [LATE, bare(LATE, undefined, lateOrder)],
]);

/** Also for a table of a newer version of the app: its items are kept, without index entries. */
export const platformTable = (name: string): TableDefinition => known.get(name) ?? bare(name);
