/**
 * A page of the rows that go by a user's name, newest first. *shell*
 *
 * Rows are indexed by the folded name (identity/same-name.ts), so that one name is found however it
 * is written. Rows of the versions before were indexed as the name was written: where that is
 * another text, its range is read as well, and the page is made of both by their `order`.
 */
import type { KeyValueStore, Page, ReadOptions, ReadOutcome } from "../key-value/port.ts";
import type { ItemOf, TableDefinition } from "../key-value/table.ts";

export interface NamedRange {
  readonly index: string;
  readonly partition: string;
}

export interface Paging {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const BEFORE = /^before:([!-~]{1,200})$/;

/** `order`, a field of each row and the sort key of the indexes, is unique. */
export async function queryNamed<Table extends TableDefinition>(
  store: Pick<KeyValueStore, "query">,
  table: Table,
  ranges: readonly [NamedRange, ...NamedRange[]],
  { limit, cursor }: Paging,
  reading: ReadOptions,
): Promise<ReadOutcome<Page<ItemOf<Table>>>> {
  const common = { order: "descending", limit } as const;
  if (ranges.length === 1) {
    const query = { ...ranges[0], ...common, ...(cursor === undefined ? {} : { cursor }) };
    return store.query(table, query, reading);
  }
  const to = cursor === undefined ? undefined : BEFORE.exec(cursor)?.[1];
  if (cursor !== undefined && to === undefined) {
    const reason = "the cursor is none of ours; leave it out to begin with the first page";
    return { kind: "failed", code: "invalid", reason };
  }
  const pages: Page<ItemOf<Table>>[] = [];
  let info: (ReadOutcome<unknown> & { kind: "ok" })["info"] | undefined;
  for (const range of ranges) {
    const query = { ...range, ...common, ...(to === undefined ? {} : { to }) };
    const read = await store.query(table, query, reading);
    if (read.kind === "failed") return read;
    pages.push(read.value);
    info ??= read.info;
  }
  return { kind: "ok", value: merged(pages, limit), info: info as NonNullable<typeof info> };
}

function merged<Item>(pages: readonly Page<Item>[], limit: number): Page<Item> {
  // A row that is written again while the two are read may be in both.
  const rows = new Map(pages.flatMap(({ items }) => items.map((one) => [orderOf(one.item), one])));
  const orders = [...rows.keys()].sort().reverse();
  // A page that goes on is known down to its last row only.
  const ends = pages.filter(({ cursor }) => cursor !== undefined).map(lastOf);
  const shown = orders.filter((order) => ends.every((end) => order >= end)).slice(0, limit);
  const items = shown.flatMap((order) => rows.get(order) ?? []);
  const hasMore = ends.length > 0 || shown.length < orders.length;
  return hasMore ? { items, cursor: `before:${shown.at(-1)}` } : { items };
}

const lastOf = <Item>({ items }: Page<Item>): string => orderOf(items.at(-1)?.item);

const orderOf = (item: unknown): string => String((item as { readonly order?: unknown })?.order);
