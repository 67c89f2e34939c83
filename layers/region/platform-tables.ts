/**
 * Tables that the platform keeps beside an app's own, replicated like them. *pure*
 *
 * They have no schema and no index: only the platform writes them.
 */
import type { TableDefinition } from "../key-value/table.ts";

/** Partition: scope; sort: key. */
export const IDEMPOTENCY = "platform-idempotency";
/** Partition: "late"; sort: {epoch}.{region}.{position} of the entry. */
export const LATE = "platform-late";

/** What became of a write that was beyond a cut. */
export type Verdict = "recovered" | "superseded" | "partly" | "never-acknowledged";

const bare = (name: string): TableDefinition =>
  ({ name, indexEntries: () => [], expiresAt: () => undefined }) as unknown as TableDefinition;

const known = new Map([IDEMPOTENCY, LATE].map((name) => [name, bare(name)]));

/** Also for a table of a newer version of the app: its items are kept, without index entries. */
export const platformTable = (name: string): TableDefinition => known.get(name) ?? bare(name);
