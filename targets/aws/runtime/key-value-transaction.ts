/**
 * One transaction of the port as TransactWriteItems of DynamoDB. *pure*
 *
 *   1. the lease row          ConditionCheck, where the gate gives one
 *   2. the idempotency key    Put, only if absent or past its end
 *   3. the app's writes       at most 96
 *
 * The order is that in which refusals are told: who may not write hears that and nothing else; who
 * repeats a request hears the first answer, also where its conditions no longer hold.
 */
import type { CancellationReason, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { KEY_KEPT_MS } from "../../../base/idempotency.ts";
import type { CheckedWrite } from "../../../layers/key-value/checked-writes.ts";
import type { IdempotencyRecord } from "../../../layers/key-value/port.ts";
import { isConditionFailed } from "./key-value-errors.ts";
import {
  dynamoLimits,
  idempotencyKey,
  idempotencyTable,
  itemRow,
  keyRow,
  type Row,
  rowBytes,
  sizeProblem,
  type TablePlace,
  tableName,
  textOf,
} from "./key-value-tables.ts";
import type { Admission } from "./write-gate.ts";

/** What all items of one transaction carry. */
export interface Stamped {
  readonly epoch: number;
  readonly version: string;
  readonly receipt: string;
}

type Admitted = Extract<Admission, { kind: "admitted" }>;

export interface Transaction {
  readonly items: readonly TransactWriteItem[];
  readonly gateAt: number | undefined;
  readonly idempotencyAt: number | undefined;
  readonly writesFrom: number;
}

/** Why the writes do not fit into DynamoDB, although the port allows them. */
export function transactionProblem(
  writes: readonly CheckedWrite[],
  idempotency: IdempotencyRecord | undefined,
): string | undefined {
  let bytes = 0;
  for (const { table, key, value } of writes) {
    if (value === null) continue;
    const row = itemRow(table, key, value, "v".repeat(64));
    const problem = sizeProblem(table, row);
    if (problem !== undefined) return problem;
    bytes += rowBytes(row);
  }
  if (idempotency !== undefined) {
    const own = rowBytes({
      ...idempotencyKey(idempotency.scope, idempotency.key),
      b: { S: JSON.stringify(idempotency.response ?? null) },
      h: { S: idempotency.requestHash },
    });
    if (own + 512 > dynamoLimits.rowBytes) {
      return `the response kept with the idempotency key has ${own} bytes`;
    }
    bytes += own;
  }
  const most = dynamoLimits.transactionBytes;
  return bytes <= most ? undefined : `a transaction has at most ${most} bytes, not ${bytes}`;
}

export function buildTransaction(
  place: TablePlace,
  admitted: Admitted,
  stamped: Stamped,
  {
    writes,
    idempotency,
    second,
  }: {
    readonly writes: readonly CheckedWrite[];
    readonly idempotency: IdempotencyRecord | undefined;
    /** Since 1970, now. */
    readonly second: number;
  },
): Transaction {
  const items: TransactWriteItem[] = [];
  if (admitted.check !== undefined) items.push({ ConditionCheck: admitted.check });
  const gateAt = admitted.check === undefined ? undefined : 0;
  const idempotencyAt = idempotency === undefined ? undefined : items.length;
  if (idempotency !== undefined) {
    const { scope, key, requestHash, response } = idempotency;
    items.push({
      Put: {
        TableName: idempotencyTable(place),
        Item: {
          ...idempotencyKey(scope, key),
          h: { S: requestHash },
          b: { S: JSON.stringify(response ?? null) },
          r: { S: stamped.receipt },
          v: { S: stamped.version },
          n: { N: String(stamped.epoch) },
          e: { N: String(second + KEY_KEPT_MS / 1000) },
        },
        ConditionExpression: "attribute_not_exists(p) OR e <= :now",
        ExpressionAttributeValues: { ":now": { N: String(second) } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    });
  }
  const writesFrom = items.length;
  for (const write of writes) items.push(itemOf(place, write, stamped.version));
  return { items, gateAt, idempotencyAt, writesFrom };
}

function itemOf(place: TablePlace, write: CheckedWrite, version: string): TransactWriteItem {
  const { kind, table, key, value, ifAbsent, ifVersion } = write;
  const TableName = tableName(place, table.name);
  const condition =
    ifVersion !== undefined
      ? {
          ConditionExpression: "v = :version",
          ExpressionAttributeValues: { ":version": { S: ifVersion } },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
        }
      : ifAbsent
        ? { ConditionExpression: "attribute_not_exists(p)" }
        : undefined;
  if (kind === "put" && value !== null) {
    return { Put: { TableName, Item: itemRow(table, key, value, version), ...condition } };
  }
  const Key = keyRow(table, key);
  if (kind === "delete") return { Delete: { TableName, Key, ...condition } };
  // A check without a condition always holds, but DynamoDB wants one.
  const always = { ConditionExpression: "attribute_exists(p) OR attribute_not_exists(p)" };
  return { ConditionCheck: { TableName, Key, ...(condition ?? always) } };
}

/** What was refused first, in the order of the items; undefined where only time was the trouble. */
export type Refusal =
  | { readonly kind: "gate" }
  | { readonly kind: "repeated"; readonly row: Row }
  | { readonly kind: "condition"; readonly reason: string };

export function refusalIn(
  transaction: Transaction,
  writes: readonly CheckedWrite[],
  reasons: readonly CancellationReason[],
): Refusal | undefined {
  const { gateAt, idempotencyAt, writesFrom } = transaction;
  if (gateAt !== undefined && isConditionFailed(reasons[gateAt])) return { kind: "gate" };
  if (idempotencyAt !== undefined && isConditionFailed(reasons[idempotencyAt])) {
    return { kind: "repeated", row: reasons[idempotencyAt]?.Item ?? {} };
  }
  for (const [at, { table, key, ifAbsent }] of writes.entries()) {
    const reason = reasons[writesFrom + at];
    if (!isConditionFailed(reason)) continue;
    const isGone = textOf(reason?.Item ?? {}, "v") === "";
    const changed = isGone ? "does not exist" : "was changed meanwhile";
    const why = ifAbsent ? "exists already" : changed;
    return { kind: "condition", reason: `${table.name} ${JSON.stringify(key)} ${why}` };
  }
  return undefined;
}
