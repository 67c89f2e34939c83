/**
 * Notes when items expire, for tables whose definition did not say so when the items were written.
 * *pure over the engine*
 *
 * Each write keeps the note of its own item (items.ts). Rows of before a table got its `expires`,
 * and idempotency records of before they had an end, have none: a walk in the background adds it,
 * a piece at a time, in each region for itself. What is noted already is kept with the app's state:
 * a new store begins with everything noted, and a walk goes on where a kill stopped it.
 *
 * A note that is not true any more is dropped by whoever finds it (collecting.ts).
 */
import { KEY_KEPT_MS } from "../../base/idempotency.ts";
import type { Engine } from "../key-value/engine.ts";
import { expiryKey, itemsOf, type StoredItem } from "../key-value/items.ts";
import type { ItemKey, TableDefinition } from "../key-value/table.ts";
import type { AppData } from "./app-data.ts";
import { IDEMPOTENCY } from "./platform-tables.ts";

/** Table to what its items expire by. */
export type ExpiryRules = Readonly<Record<string, string>>;

export interface NotedExpiries {
  readonly rules: ExpiryRules;
  /** The table that is being walked, and how far. */
  readonly at?: { readonly table: string; readonly key: ItemKey };
}

export function expiryRulesOf(tables: Iterable<TableDefinition>): ExpiryRules {
  const rules: Record<string, string> = { [IDEMPOTENCY]: `${KEY_KEPT_MS} ms after its write` };
  for (const { name, expires } of tables) if (expires !== undefined) rules[name] = expires;
  return rules;
}

/** One piece of the walk, of at most `limit` items; false when nothing is left to do. */
export function noteExpiries(engine: Engine, data: AppData, limit: number): boolean {
  const { expiries } = data.state(engine);
  const rules = { ...expiries?.rules };
  const wanted = data.expiryRules;
  const gone = Object.keys(rules).filter((table) => wanted[table] === undefined);
  for (const table of gone) delete rules[table];
  const table = Object.keys(wanted).find((name) => rules[name] !== wanted[name]);
  if (table === undefined && gone.length === 0) return false;
  const after = expiries?.at?.table === table ? expiries?.at : undefined;
  const items = table === undefined ? [] : pieceOf(engine, data, table, after, limit);
  const last = items.length === limit ? items.at(-1) : undefined;
  if (table !== undefined && last === undefined) rules[table] = wanted[table] as string;
  const at = last === undefined ? {} : { at: { table: last.table, key: last.key } };
  engine.transact((writer) => {
    for (const item of items) {
      const note = expiryKey(data.app, data.table(item.table), item.key, item.stored);
      if (note !== undefined && writer.get(note) === undefined) writer.put(note, true);
    }
    data.setState(writer, { ...data.state(writer), expiries: { rules, ...at } });
  });
  return true;
}

function pieceOf(
  engine: Engine,
  data: AppData,
  table: string,
  after: NotedExpiries["at"],
  limit: number,
): StoredItem[] {
  const piece: StoredItem[] = [];
  for (const item of itemsOf(engine, data.app, table, after)) {
    piece.push(item);
    if (piece.length === limit) break;
  }
  return piece;
}
