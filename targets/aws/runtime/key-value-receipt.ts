/**
 * Receipts on AWS: where and when a write was made. *pure*
 *
 *   d1.{app}.{region}.{epoch}.{id of the write, which holds its time}
 *
 * A global table tells nobody which writes of another region have arrived: there is no log with
 * positions, and items arrive one by one. So this much can be said, and no more: a write has
 * arrived where it was made; elsewhere it counts as missing until `assumedArrivalMs` have passed
 * since it was made. That is an assumption about the engine, not a proof.
 */
import { isId, wallTimeOf } from "../../../base/ids.ts";

export interface DynamoReceipt {
  readonly app: string;
  readonly region: string;
  readonly epoch: number;
  readonly id: string;
}

const PATTERN = /^d1\.([a-z0-9-]{1,64})\.([a-z0-9-]{1,64})\.([0-9a-z]{1,10})\.([0-9A-Z]{26})$/;

export const writeDynamoReceipt = ({ app, region, epoch, id }: DynamoReceipt): string =>
  `d1.${app}.${region}.${epoch.toString(36)}.${id}`;

/** Undefined for anything that is none of ours: it comes from outside. */
export function readDynamoReceipt(text: string): DynamoReceipt | undefined {
  const [, app = "", region = "", epoch = "", id = ""] = PATTERN.exec(text) ?? [];
  return isId(id) ? { app, region, epoch: Number.parseInt(epoch, 36), id } : undefined;
}

export interface Arrival {
  readonly app: string;
  readonly region: string;
  readonly nowMs: number;
  readonly assumedArrivalMs: number;
}

/** The receipts of a session that this region cannot vouch for. */
export const missingFrom = (session: readonly string[], here: Arrival): readonly string[] =>
  session.filter((text) => {
    const receipt = readDynamoReceipt(text);
    if (receipt === undefined) return true;
    if (receipt.app !== here.app || receipt.region === here.region) return false;
    return here.nowMs - wallTimeOf(receipt.id) < here.assumedArrivalMs;
  });
