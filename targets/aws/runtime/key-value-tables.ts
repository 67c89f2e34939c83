/**
 * How an app's tables lie in DynamoDB. *pure*
 *
 * One DynamoDB table per table of the app, and one for the app's idempotency keys:
 *
 *   {prefix}-{app}-{table}
 *     p             the partition key's text
 *     s             the sort key's text (no such key where the table has none)
 *     b             the item as JSON text: what the app wrote comes back as it was (numbers beyond
 *                   DynamoDB's range, 32 levels of nesting, the order of fields)
 *     v             the version
 *     e             second since 1970 after which the item may be collected (DynamoDB's TTL)
 *     x.{index}.p   the index's partition key, absent where the item is not in the index
 *     x.{index}.s   tuple(index's sort key, p, s): DynamoDB leaves the order of equal keys open,
 *                   the port does not
 *   {prefix}-{app}-idempotency
 *     p             tuple(scope, key)
 *     h, b, r, v, n request hash, response, receipt, version, epoch
 *     e             when it is forgotten
 *
 * The alternative, one DynamoDB table for all, was refused: indexes would be numbered slots whose
 * meaning shifts when an index is added in the middle, and backup, capacity, alarms and
 * permissions could not be told apart by table. Its price: a deployment step for a new table.
 *
 * Where DynamoDB holds less than the port allows, `sizeProblem` says so before anything is sent.
 */
import type { AttributeValue, CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { tuple, utf8Bytes } from "../../../layers/key-value/key.ts";
import type { Found } from "../../../layers/key-value/port.ts";
import type { ItemKey, JsonObject, TableDefinition } from "../../../layers/key-value/table.ts";

export type Row = Record<string, AttributeValue>;

export interface TablePlace {
  readonly prefix: string;
  readonly app: string;
}

export const dynamoLimits = {
  /** Names and values of all attributes together. */
  rowBytes: 400 * 1024,
  /** A sort key, of a table or of an index. */
  sortBytes: 1024,
  partitionBytes: 2048,
  /** All items of a transaction together: 4 MB, less room for keys and conditions. */
  transactionBytes: 4_000_000,
} as const;

export const indexPartition = (index: string): string => `x.${index}.p`;
export const indexSort = (index: string): string => `x.${index}.s`;

/** DynamoDB's shortest name has three characters. */
export const indexName = (index: string): string => (index.length < 3 ? `${index}--` : index);

export const tableName = ({ prefix, app }: TablePlace, table: string): string =>
  `${prefix}-${app}-${table}`;
export const idempotencyTable = (place: TablePlace): string => tableName(place, "idempotency");

export const idempotencyKey = (scope: string, key: string): Row => ({
  p: { S: tuple(scope, key) },
});

export const keyRow = (table: TableDefinition, key: ItemKey): Row =>
  table.sortKey === undefined
    ? { p: { S: key.partition } }
    : { p: { S: key.partition }, s: { S: key.sort } };

export function itemRow(
  table: TableDefinition,
  key: ItemKey,
  value: JsonObject,
  version: string,
): Row {
  const row: Row = { ...keyRow(table, key), b: { S: JSON.stringify(value) }, v: { S: version } };
  const expiresAt = table.expiresAt(value);
  if (expiresAt !== undefined) row["e"] = { N: String(expiresAt) };
  for (const { index, partition, sort } of table.indexEntries(value)) {
    row[indexPartition(index)] = { S: partition };
    row[indexSort(index)] = { S: tuple(sort, key.partition, key.sort) };
  }
  return row;
}

export const textOf = (row: Row, attribute: string): string => row[attribute]?.S ?? "";

export const foundIn = <Item>(row: Row): Found<Item> => ({
  item: JSON.parse(textOf(row, "b")) as Item,
  version: textOf(row, "v"),
});

/** As DynamoDB counts: UTF-8 of names and values. */
export function rowBytes(row: Row): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(row)) {
    bytes += utf8Bytes(name) + (value.S === undefined ? 21 : utf8Bytes(value.S));
  }
  return bytes;
}

/** Why DynamoDB would not take the row, in words of the app. */
export function sizeProblem(table: TableDefinition, row: Row): string | undefined {
  for (const index of Object.keys(table.indexes)) {
    const bytes = utf8Bytes(textOf(row, indexSort(index)));
    if (bytes > dynamoLimits.sortBytes) {
      const most = dynamoLimits.sortBytes;
      const what = `${table.name}: index ${index}: sort key and item key`;
      return `${what} have ${bytes} bytes, at most ${most}`;
    }
  }
  const bytes = rowBytes(row);
  if (bytes <= dynamoLimits.rowBytes) return undefined;
  const most = dynamoLimits.rowBytes;
  return `${table.name}: with keys and index entries an item has ${bytes} bytes, at most ${most}`;
}

/** What a deployment creates; `expires` where the TTL attribute `e` has to be switched on. */
export interface PhysicalTable {
  readonly create: CreateTableCommandInput & { readonly TableName: string };
  readonly expires: boolean;
}

const hash = (name: string) => ({ AttributeName: name, KeyType: "HASH" }) as const;
const range = (name: string) => ({ AttributeName: name, KeyType: "RANGE" }) as const;
const text = (name: string) => ({ AttributeName: name, AttributeType: "S" }) as const;
/** A global table needs its stream, and so does a change feed. */
const shared = {
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
} as const;

export function physicalTables(
  place: TablePlace,
  tables: readonly TableDefinition[],
): PhysicalTable[] {
  const own = tables.map((table) => {
    const indexes = Object.keys(table.indexes);
    const keys = table.sortKey === undefined ? ["p"] : ["p", "s"];
    const indexKeys = indexes.flatMap((index) => [indexPartition(index), indexSort(index)]);
    const GlobalSecondaryIndexes = indexes.map((index) => ({
      IndexName: indexName(index),
      KeySchema: [hash(indexPartition(index)), range(indexSort(index))],
      Projection: { ProjectionType: "ALL" as const },
    }));
    const create = {
      ...shared,
      TableName: tableName(place, table.name),
      AttributeDefinitions: [...keys, ...indexKeys].map(text),
      KeySchema: keys.map((name, at) => (at === 0 ? hash(name) : range(name))),
      ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes }),
    };
    return { create, expires: table.expires !== undefined };
  });
  const idempotency = {
    ...shared,
    TableName: idempotencyTable(place),
    AttributeDefinitions: [text("p")],
    KeySchema: [hash("p")],
  };
  return [...own, { create: idempotency, expires: true }];
}
