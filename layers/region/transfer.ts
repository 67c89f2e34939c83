/**
 * Switchover: the planned move of one app, driven by its holder. *pure core*
 *
 *   catching-up (gate open) --target within CLOSE_WITHIN entries and in sync--> draining
 *   draining (gate closed to new writes) --all answered, target has the last position--> proposing
 *   proposing --chosen--> done: grant surrendered, record pushed
 *             --known to be refused, or target silent--> reopen in the next epoch
 *
 * Nothing acknowledged is lost: the register changes only when the target has everything, and from
 * draining on nothing more is admitted.
 */
export type TransferStage = "catching-up" | "draining" | "proposing";

export interface TransferView {
  readonly targetMatch: number;
  readonly targetInSync: boolean;
  readonly targetHeardMsAgo: number;
  readonly end: number;
  readonly ownFlushed: number;
  readonly waitingWrites: number;
}

const CLOSE_WITHIN = 64;
const TARGET_SILENT_MS = 1000;

/** What the next stage is, given how far things are; "abandon" when the target does not answer. */
export function decideTransfer(
  stage: TransferStage,
  sinceMs: number,
  waitMs: number,
  view: TransferView,
): TransferStage | "abandon" {
  if (stage === "proposing") return stage;
  if (stage === "catching-up") {
    if (sinceMs > waitMs) return "abandon";
    const near = view.targetInSync && view.end - view.targetMatch <= CLOSE_WITHIN;
    return near ? "draining" : stage;
  }
  if (view.targetHeardMsAgo > TARGET_SILENT_MS || sinceMs > TARGET_SILENT_MS) return "abandon";
  const drained =
    view.waitingWrites === 0 && view.ownFlushed === view.end && view.targetMatch === view.end;
  return drained ? "proposing" : stage;
}
