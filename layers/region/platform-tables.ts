/**
 * Tables that the platform keeps beside an app's own, replicated like them. *pure*
 *
 * They have no schema and no index: only the platform writes them.
 */
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import { type HybridTime, wallOf } from "../key-value/hybrid-clock.ts";
import type { TableDefinition } from "../key-value/table.ts";

/** Partition: scope; sort: key. A record is collected KEY_KEPT_MS after its write. */
export const IDEMPOTENCY = "platform-idempotency";
/** Partition: "late"; sort: {epoch}.{region}.{position} of the entry. */
export const LATE = "platform-late";

/** What became of a write that was beyond a cut. */
export type Verdict = "recovered" | "superseded" | "partly" | "never-acknowledged";

const bare = (name: string, expiresAt: TableDefinition["expiresAt"] = () => undefined) =>
  ({ name, indexEntries: () => [], expiresAt }) as unknown as TableDefinition;

/** The second in which a used key counts as new, rounded up. */
const keyExpiresAt = (_record: unknown, clock: HybridTime = 0): number =>
  Math.ceil((wallOf(clock) + KEY_KEPT_MS) / 1000);

const known = new Map([
  [IDEMPOTENCY, bare(IDEMPOTENCY, keyExpiresAt)],
  [LATE, bare(LATE)],
]);

/** Also for a table of a newer version of the app: its items are kept, without index entries. */
export const platformTable = (name: string): TableDefinition => known.get(name) ?? bare(name);
