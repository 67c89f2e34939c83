/**
 * What a region runs of each app beside its API: the health journey, the steps of a takeover, whose
 * results reach the cores, and its jobs. *shell*
 */

import type { Instant } from "../../../base/clock.ts";
import {
  type AppGuard,
  createTakeoverSteps,
  type Deployment,
  type HealthReport,
  type RegionApi,
  reportOf,
  startJobs,
} from "../../../layers/api/index.ts";
import { buildingText } from "../../../layers/region/index-building.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";
import type { ChildStatus } from "../supervisor/messages.ts";
import { type Journey, startJourney } from "./journey.ts";
import type { RegionLog } from "./log.ts";
import type { RegionCores } from "./region-cores.ts";

export interface JourneysOptions {
  readonly deployment: Deployment;
  readonly api: RegionApi;
  readonly cores: RegionCores;
  readonly engine: LmdbEngine;
  readonly now: () => Instant;
  readonly log: RegionLog;
  readonly guard: AppGuard;
  readonly isBroken: boolean;
}

export function startJourneys(
  journeys: Map<string, Journey>,
  { deployment, api, cores, engine, now, log, guard, isBroken }: JourneysOptions,
): void {
  for (const app of deployment.apps) {
    const context = api.contextOf(app.id);
    const core = cores.region.apps.get(app.id);
    const changed = (healthy: boolean): void => {
      if (core !== undefined) core.healthy = healthy;
      log.warn({ event: "health", app: app.id, healthy }, "the health journey's result changed");
    };
    const beginStep = createTakeoverSteps(app, context, guard);
    if (core !== undefined) {
      core.preparing.beginStep = (step, epoch, end) =>
        beginStep(step, epoch, (failure) => {
          end(failure, now());
          cores.schedule();
        });
    }
    const journey = startJourney({ app, context, engine, now, guard, changed });
    journey.breakIt(isBroken);
    journeys.set(app.id, journey);
    startJobs({ app, context, now, guard, after: (delayMs, act) => setTimeout(act, delayMs) });
  }
}

interface Running {
  readonly cores: RegionCores;
  readonly journeys: ReadonlyMap<string, Journey>;
}

export const reportIn = (
  { cores, journeys }: Running,
  app: string,
  nowMs: number,
): HealthReport | undefined =>
  reportOf(cores.region.hindrance(app), journeys.get(app)?.report, nowMs);

/** As a region judges itself: ill while it builds an index, or where the journey of one app fails. */
export function healthIn(
  service: Running | undefined,
): Pick<ChildStatus, "healthy" | "reason" | "building"> {
  if (service === undefined) return { healthy: false, reason: "it does not know the members" };
  const [building] = service.cores.region.building;
  if (building !== undefined) {
    return { healthy: false, reason: `${building.app}: ${buildingText(building)}`, building };
  }
  for (const [app, { report }] of service.journeys) {
    if (report?.healthy === false) {
      return { healthy: false, reason: `${app}: ${report.reasons.join("; ")}` };
    }
  }
  return { healthy: true };
}
