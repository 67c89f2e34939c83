/** The transaction that begins an epoch, and fences every one before it (A3). *pure over the engine* */
import type { Log } from "../key-value/log.ts";
import type { RoutingRecord } from "../routing/record.ts";
import { type AppData, NOTHING_TO_REACH } from "./app-data.ts";
import type { Site } from "./site.ts";

export interface Beginning {
  readonly site: Site;
  readonly data: AppData;
  readonly log: Log;
  readonly record: RoutingRecord;
  readonly clockNow: number;
}

/** Cut at the end of the log as it is in this very transaction. */
export function fenceAndBegin(beginning: Beginning): void {
  const { site, data, log, record, clockNow } = beginning;
  log.transact(site.engine, (writer) => {
    // A forced one begins without what it once had to reach.
    const { mustReach: _, ...state } = data.state(writer);
    const begunEpoch = record.epoch;
    const begun = { begunEpoch, fenceBelow: record.epoch, repairUntil: NOTHING_TO_REACH };
    data.setState(writer, { ...state, ...begun });
    const cut = site.rules.cutAt(log.end.position, site.self.region);
    if (cut < log.end.position) log.cutAfter(writer, cut);
    const lossless = record.durability === "replicated" && !record.forced;
    log.append(writer, {
      position: log.end.position + 1,
      epoch: record.epoch,
      region: site.self.region,
      clock: clockNow,
      changes: [],
      begin: { cut: log.end.position, lossless },
    });
    // Items ahead of this log are in nobody's log: who follows takes them all.
    const isAhead = state.repairUntil.position >= log.end.position;
    if (isAhead) log.trimBefore(writer, log.end.position + 1, Number.MAX_SAFE_INTEGER);
  });
}
