/**
 * Queries of the port as queries of DynamoDB. *adapter*
 *
 * DynamoDB takes one condition on the sort key, bounds included, of at most 1,024 bytes. So it is
 * asked for somewhat more than is wanted, and each row is judged here against the exact bounds. A
 * page goes on from the last key given (`after`), not from DynamoDB's own cursor, which would
 * refuse a key outside of the bounds.
 *
 * Invariants (the contract's laws of query)
 *  Q1 what is asked for holds everything that is wanted                   (bounds)
 *  Q2 nothing beyond the exact bounds is given, and none again            (placeOf)
 */
import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { compareKeys, tuple, utf8Bytes } from "../../../layers/key-value/key.ts";
import type { Found, Query } from "../../../layers/key-value/port.ts";
import { planQuery } from "../../../layers/key-value/query.ts";
import { decodeCursor, encodeCursor } from "../../../layers/key-value/query-cursor.ts";
import { type JsonObject, limits, type TableDefinition } from "../../../layers/key-value/table.ts";
import {
  dynamoLimits,
  foundIn,
  indexName,
  indexPartition,
  indexSort,
  type Row,
  type TablePlace,
  tableName,
  textOf,
} from "./key-value-tables.ts";

/** Exact bounds in the texts of the physical sort key. */
interface Wanted {
  readonly isDown: boolean;
  readonly prefix?: string;
  readonly from?: string;
  readonly to?: string;
  /** The last key already given. */
  readonly after?: string;
}

/** What DynamoDB is asked for: bounds included. */
type Asked =
  | "nothing"
  | { readonly begins?: string; readonly low?: string; readonly high?: string };

export type DynamoPage =
  | { readonly kind: "ok"; readonly items: readonly Found<JsonObject>[]; readonly cursor?: string }
  | { readonly kind: "failed"; readonly code: "invalid"; readonly reason: string };

export async function queryDynamo(
  send: (command: QueryCommand) => ReturnType<typeof sendQuery>,
  place: TablePlace,
  table: TableDefinition,
  { query, isConsistent }: { readonly query: Query; readonly isConsistent: boolean },
): Promise<DynamoPage> {
  const plan = planQuery(place.app, table, query);
  if (plan.kind === "failed") return { ...plan, code: "invalid" };
  const wanted = wantedBy(query, plan.scope);
  const asked = bounds(wanted);
  if (asked === "nothing") return { kind: "ok", items: [] };
  const { index } = query;
  const sort = index === undefined ? "s" : indexSort(index);
  const items: Found<JsonObject>[] = [];
  const pageTo = (last: string): DynamoPage => ({
    kind: "ok",
    items,
    cursor: encodeCursor(plan.scope, last),
  });
  let bytes = 2;
  let last = "";
  let start: Row | undefined;
  do {
    const answer = await send(
      new QueryCommand({
        TableName: tableName(place, table.name),
        ...(index === undefined ? {} : { IndexName: indexName(index) }),
        ...conditionOf(index === undefined ? "p" : indexPartition(index), sort, query, asked),
        ScanIndexForward: !wanted.isDown,
        ConsistentRead: isConsistent && index === undefined,
        // One more tells whether there is another page, two may lie on a bound.
        Limit: plan.limit - items.length + 3,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    for (const row of answer.Items ?? []) {
      const text = textOf(row, sort);
      const where = placeOf(text, wanted);
      if (where === "beyond") return { kind: "ok", items };
      if (where === "before") continue;
      bytes += utf8Bytes(textOf(row, "b")) + 1;
      if (items.length === plan.limit || bytes > limits.pageBytes) return pageTo(last);
      items.push(foundIn<JsonObject>(row));
      last = text;
    }
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return { kind: "ok", items };
}

export const sendQuery = (client: DynamoDBClient, command: QueryCommand, signal: AbortSignal) =>
  client.send(command, { abortSignal: signal });

function wantedBy(query: Query, scope: Parameters<typeof decodeCursor>[0]): Wanted {
  const { index, prefix, from, to, cursor } = query;
  const physical = (text: string): string => (index === undefined ? text : tuple(text));
  const decoded = cursor === undefined ? undefined : decodeCursor(scope, cursor);
  return {
    isDown: query.order === "descending",
    // Of an index's sort key only the first element is what the app sees.
    ...(prefix === undefined
      ? {}
      : { prefix: index === undefined ? prefix : physical(prefix).slice(0, -1) }),
    ...(from === undefined ? {} : { from: physical(from) }),
    ...(to === undefined ? {} : { to: physical(to) }),
    ...(decoded?.kind === "ok" ? { after: decoded.position } : {}),
  };
}

function placeOf(text: string, wanted: Wanted): "before" | "in" | "beyond" {
  const { isDown, prefix, from, to, after } = wanted;
  if (after !== undefined) {
    const order = compareKeys(text, after);
    if (isDown ? order >= 0 : order <= 0) return "before";
  }
  const tooLow =
    (from !== undefined && compareKeys(text, from) < 0) ||
    (prefix !== undefined && !text.startsWith(prefix) && compareKeys(text, prefix) < 0);
  if (tooLow) return isDown ? "beyond" : "before";
  const tooHigh =
    (to !== undefined && compareKeys(text, to) >= 0) ||
    (prefix !== undefined && !text.startsWith(prefix));
  if (tooHigh) return isDown ? "before" : "beyond";
  return "in";
}

function bounds({ isDown, prefix, from, to, after }: Wanted): Asked {
  if (prefix !== undefined && prefix !== "") {
    if (utf8Bytes(prefix) > dynamoLimits.sortBytes) return "nothing";
    if (after === undefined) return { begins: prefix };
    if (after.startsWith(prefix)) return isDown ? { low: prefix, high: after } : { low: after };
    const isPast = isDown ? compareKeys(after, prefix) < 0 : compareKeys(after, prefix) > 0;
    return isPast ? "nothing" : { begins: prefix };
  }
  const low = isDown ? from : highest(from, after);
  const high = isDown ? lowest(to, after) : to;
  if (high === "" || (low !== undefined && high !== undefined && compareKeys(low, high) > 0)) {
    return "nothing";
  }
  const shortLow = low === undefined ? "" : shortened(low);
  const isLong = high !== undefined && utf8Bytes(high) > dynamoLimits.sortBytes;
  return {
    ...(shortLow === "" ? {} : { low: shortLow }),
    ...(high === undefined || isLong ? {} : { high }),
  };
}

const highest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && compareKeys(b, a) > 0) ? b : a;
const lowest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && compareKeys(b, a) < 0) ? b : a;

/** A text that is not above this one, and short enough for DynamoDB. */
function shortened(text: string): string {
  if (utf8Bytes(text) <= dynamoLimits.sortBytes) return text;
  const points = Array.from(text).slice(0, dynamoLimits.sortBytes);
  while (utf8Bytes(points.join("")) > dynamoLimits.sortBytes) points.pop();
  return points.join("");
}

function conditionOf(
  partition: string,
  sort: string,
  query: Query,
  asked: Exclude<Asked, "nothing">,
) {
  const { begins, low, high } = asked;
  const texts: readonly (readonly [name: string, text: string | undefined])[] = [
    [":p", query.partition],
    [":begins", begins],
    [":low", low],
    [":high", high],
  ];
  let on = "";
  if (begins !== undefined) on = "begins_with(#s, :begins)";
  else if (low !== undefined && high !== undefined) on = "#s BETWEEN :low AND :high";
  else if (low !== undefined) on = "#s >= :low";
  else if (high !== undefined) on = "#s <= :high";
  return {
    KeyConditionExpression: on === "" ? "#p = :p" : `#p = :p AND ${on}`,
    ExpressionAttributeNames: { "#p": partition, ...(on === "" ? {} : { "#s": sort }) },
    ExpressionAttributeValues: Object.fromEntries(
      texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, { S: text }]])),
    ),
  };
}
