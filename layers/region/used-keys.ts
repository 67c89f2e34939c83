/**
 * Idempotency keys that were used: found while they count, recorded with the effect. *pure over the
 * engine*
 *
 * A record counts for KEY_KEPT_MS after it was written, by the hybrid clock of its write and the
 * wall clock of the region that looks. After that the key is new, whether or not the record has
 * been collected yet (collecting.ts), so that the moment of the collection shows nowhere.
 */
import type { WallMs } from "../../base/clock.ts";
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import type { EngineReader } from "../key-value/engine.ts";
import { wallOf } from "../key-value/hybrid-clock.ts";
import { readItem, type Stored } from "../key-value/items.ts";
import type { Change } from "../key-value/log.ts";
import type { IdempotencyRecord } from "../key-value/port.ts";
import type { JsonObject } from "../key-value/table.ts";
import { IDEMPOTENCY } from "./platform-tables.ts";

export function recallKey(
  reader: EngineReader,
  app: string,
  { scope, key }: Pick<IdempotencyRecord, "scope" | "key">,
  wall: WallMs,
): Stored | undefined {
  const stored = readItem(reader, app, IDEMPOTENCY, { partition: scope, sort: key });
  if (stored?.value == null) return undefined;
  return wallOf(stored.clock) + KEY_KEPT_MS <= wall ? undefined : stored;
}

export const idempotencyChange = (record: IdempotencyRecord): Change => ({
  table: IDEMPOTENCY,
  key: { partition: record.scope, sort: record.key },
  value: record as unknown as JsonObject,
});
