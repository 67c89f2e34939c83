/**
 * Receipts: what a client gets with an acknowledged write, opaque to it. *pure*
 *
 *   r1.{app}.{lineage}.{epoch}.{position}
 *
 * A receipt has arrived in a region iff its log has that position in that epoch; one beyond the cut
 * that closed its epoch will never arrive as it was.
 */
import type { Log } from "./log.ts";

export interface ReceiptParts {
  readonly app: string;
  readonly lineage: string;
  readonly epoch: number;
  readonly position: number;
}

const FORMAT = "r1";
const PATTERN = /^r1\.([a-z0-9-]{1,64})\.([a-z0-9-]{1,80})\.([0-9a-z]{1,10})\.([0-9a-z]{1,11})$/;

export const writeReceipt = ({ app, lineage, epoch, position }: ReceiptParts): string =>
  `${FORMAT}.${app}.${lineage}.${epoch.toString(36)}.${position.toString(36)}`;

/** Undefined for anything that is no receipt: it comes from outside. */
export function readReceipt(text: string): ReceiptParts | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, app = "", lineage = "", epoch = "", position = ""] = match;
  return {
    app,
    lineage,
    epoch: Number.parseInt(epoch, 36),
    position: Number.parseInt(position, 36),
  };
}

export function arrivalOf(
  receipt: ReceiptParts,
  log: Log | undefined,
): "arrived" | "pending" | "never" {
  if (log === undefined) return "pending";
  const end = log.endOfEpoch(receipt.epoch);
  if (end !== undefined && receipt.position <= end) return "arrived";
  return log.end.epoch > receipt.epoch ? "never" : "pending";
}
