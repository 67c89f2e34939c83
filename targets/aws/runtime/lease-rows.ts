/**
 * The lease of an app as rows of a plain table of one region, and the gate made of them. *adapter*
 *
 *   {table}   p = tuple("lease", app, shard 0 to 15)   n = epoch   u = valid until, wall ms
 *
 * A transaction that checks a row locks it, so that all writes of an app would wait for one
 * another at a single row; each takes one of 16 at random. The renewing loop writes all 16.
 *
 * Invariants
 *  L1 a write commits only while the row it checks names its epoch and has not ended   (check)
 *  L2 a row's epoch never falls, whoever writes late                           (renewLeaseRows)
 * Not promised: the row's end is compared with the writer's clock as it was when the request was
 * made. A request that is delayed on its way is judged with that old time; `stillHolds` judges the
 * answer again, so that the client is told "unknown" and never "done". Wall clocks are bounded by
 * the voters, who do not renew beyond `clockBoundMs`.
 */
import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { tuple } from "../../../layers/key-value/key.ts";
import type { WriteGate } from "./write-gate.ts";

export const leaseShards = 16;

/** The lease as this region's renewing loop knows it. */
export interface KnownLease {
  readonly epoch: number;
  readonly phase: "serving" | "fenced";
  /** Undefined where another region serves. */
  readonly untilMs: number | undefined;
}

export interface LeaseGateOptions {
  /** A table of this region alone; never a global one. */
  readonly table: string;
  readonly app: string;
  readonly region: string;
  readonly lease: () => KnownLease;
  /** Wall milliseconds. */
  readonly nowMs: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

const rowKey = (app: string, shard: number) => ({ p: { S: tuple("lease", app, shard) } });

export function createLeaseGate(options: LeaseGateOptions): WriteGate {
  const { table, app, region, lease, nowMs, random } = options;
  return {
    admit: () => {
      const { epoch, phase, untilMs } = lease();
      if (phase === "fenced") {
        return { kind: "refused", code: "fenced", epoch, reason: `${app} is fenced` };
      }
      const now = nowMs();
      if (untilMs === undefined || now >= untilMs) {
        const reason = `${region} holds no lease for ${app} now`;
        return { kind: "refused", code: "not-serving", epoch, reason };
      }
      const check = {
        TableName: table,
        Key: rowKey(app, Math.floor(random() * leaseShards)),
        ConditionExpression: "n = :epoch AND u > :now",
        ExpressionAttributeValues: {
          ":epoch": { N: String(epoch) },
          ":now": { N: String(Math.floor(now)) },
        },
      };
      return { kind: "admitted", epoch, check };
    },
    stillHolds: (epoch) => {
      const known = lease();
      const isOpen = known.phase === "serving" && known.untilMs !== undefined;
      return isOpen && known.epoch === epoch && nowMs() < (known.untilMs ?? 0);
    },
  };
}

/** Makes a granted lease hold for writers; rejects when a row already names a later epoch. */
export async function renewLeaseRows(
  client: DynamoDBClient,
  options: {
    readonly table: string;
    readonly app: string;
    readonly epoch: number;
    readonly untilMs: number;
  },
): Promise<void> {
  const { table, app, epoch, untilMs } = options;
  const renewals = Array.from({ length: leaseShards }, (_, shard) =>
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: rowKey(app, shard),
        UpdateExpression: "SET n = :epoch, u = :until",
        ConditionExpression: "attribute_not_exists(p) OR n <= :epoch",
        ExpressionAttributeValues: {
          ":epoch": { N: String(epoch) },
          ":until": { N: String(Math.floor(untilMs)) },
        },
      }),
    ),
  );
  await Promise.all(renewals);
}
