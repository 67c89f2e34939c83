/** From a stored row to what a reader is given: an item of today's schema. *pure* */
import { AssertionError } from "../../base/assert.ts";
import type { Found, Version } from "./port.ts";
import type { ItemKey, ItemOf, JsonObject, TableDefinition } from "./table.ts";

/**
 * Throws where the schema does not take what is stored: no client can have caused that. A start
 * looks at the rows that are here (definitions.ts); another one may come from a region that runs
 * an older version of the app.
 */
export function foundRow<Table extends TableDefinition>(
  table: Table,
  key: ItemKey,
  { value, version }: { readonly value: JsonObject; readonly version: Version },
): Found<ItemOf<Table>> {
  const row = table.parseStored(value);
  if (row.kind === "ok") return { item: row.value as ItemOf<Table>, version };
  const where = JSON.stringify(key.sort === "" ? key.partition : [key.partition, key.sort]);
  throw new AssertionError(
    `the row ${where} of ${table.name} does not fit its schema: ${row.field}: ${row.reason}. ` +
      `Give ${row.field} a default, make it optional, or let it be what the row has.`,
  );
}
