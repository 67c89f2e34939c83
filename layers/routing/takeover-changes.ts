/**
 * What the steps of a takeover change in the record; everything else is refused. *pure*
 *
 *   (moved to another region: changes.ts) --> due --prepared--> (nothing is due)
 *                                             | ^
 *                              step failed    | | unfence: the next epoch repeats them
 *                                             v |
 *                                           failed, and the app is fenced
 *
 * Of the epoch that ran the steps only: what a former holder found says nothing of the present one.
 */
import { type Change, type Changed, next, refuse } from "./changes.ts";
import { type Holder, holds, type RoutingRecord } from "./record.ts";

const refusalOf = (record: RoutingRecord, self: Holder, epoch: number): Changed | undefined => {
  if (record.epoch !== epoch || !holds(record, self)) return refuse("the epoch is over");
  if (record.takeover === undefined) return refuse("nothing is due");
  return undefined;
};

export function prepared(
  record: RoutingRecord,
  self: Holder,
  epoch: number,
  change: Change,
): Changed {
  const refusal = refusalOf(record, self, epoch);
  if (refusal !== undefined) return refusal;
  const { takeover: _, ...rest } = record;
  return next(rest, "prepared", change, {});
}

export function failed(
  record: RoutingRecord,
  self: Holder,
  epoch: number,
  found: { readonly step: string; readonly reason: string },
  change: Change,
): Changed {
  const refusal = refusalOf(record, self, epoch);
  if (refusal !== undefined) return refusal;
  if (record.phase === "fenced") return refuse("the app is fenced already");
  return next(record, "fence", change, {
    phase: "fenced",
    takeover: { state: "failed", ...found },
  });
}
