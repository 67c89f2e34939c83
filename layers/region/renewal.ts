/** What a region's renewals say of one app. *pure core* */
import type { Instant } from "../../base/clock.ts";
import type { LogEnd } from "../key-value/log.ts";
import { furthestOf } from "../routing/memory.ts";
import type { RenewApp } from "../routing/messages.ts";
import { holds } from "../routing/record.ts";
import type { AppParts } from "./app-parts.ts";
import type { Lineages } from "./lineages.ts";
import type { Taking } from "./taking.ts";

/** `flushedEnd`: of the log, as far as it is on disk. */
export function renewalOf(
  app: AppParts & {
    readonly isBooted: boolean;
    readonly isBuilding: boolean;
    readonly taking: Taking;
  },
  lineages: Lineages,
  flushedEnd: LogEnd,
  now: Instant,
): RenewApp {
  const { record, site, data, holding } = app;
  const end = furthestOf(data.state(site.engine).mustReach, flushedEnd);
  const isNamed = record?.phase === "serving" && holds(record, site.self);
  const serves = isNamed && !app.isBuilding;
  return {
    app: app.options.app,
    epoch: serves ? record.epoch : 0,
    version: record?.version ?? 0,
    end: lineages.remembered(end),
    healthy: app.healthy && !app.isBuilding,
    eligible: holding === undefined && app.isBooted && app.taking.isCandidate(now),
  };
}
