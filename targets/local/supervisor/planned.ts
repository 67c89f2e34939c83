/**
 * A planned start and a planned stop move no app: whoever is gone for them is not replaced. *shell*
 *
 *   start   takeovers held --> everybody runs --> every app is served, or SETTLE_MS --> released
 *   stop    takeovers held --> apps that serve elsewhere go to their primary --> processes end
 *
 * Both are bounded: a start whose primary cannot serve (its disk was lost) goes on without it, and
 * a stop does not wait for an app that cannot go back.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ObservedApp, observeApps } from "./observed-apps.ts";
import type { Site } from "./site.ts";
import type { Sites } from "./sites.ts";

const SETTLE_MS = 5000;
const LOOK_EVERY_MS = 50;
const LOOK_LIMIT_MS = 500;
const HAND_BACK_MS = 2000;
/** What the regions get of it; the rest is for the way there and back. */
const CATCH_UP_MS = 1200;

/** Resolves when takeovers are no longer held; `isOver`: it is being stopped already. */
export async function endPlannedStart(sites: Sites, isOver: () => boolean): Promise<void> {
  const until = performance.now() + SETTLE_MS;
  while (!isOver() && performance.now() < until) {
    const apps = await observeApps(sites.addresses(), LOOK_LIMIT_MS);
    if (apps.length > 0 && apps.every((app) => app.isSettled)) break;
    await sleep(LOOK_EVERY_MS);
  }
  if (!isOver()) await sites.holdTakeovers(false);
}

/** Resolves when the processes may be ended, within three seconds. */
export async function beginPlannedStop(sites: Sites, operatorToken: string): Promise<void> {
  await sites.holdTakeovers(true);
  const healthy = await healthyRegions(sites.regions());
  const apps = await observeApps(sites.addresses(), LOOK_LIMIT_MS);
  const limit = AbortSignal.timeout(HAND_BACK_MS);
  await Promise.all(
    apps.map(async (app) => {
      const from = app.servingRegions[0];
      const url = sites.addresses().find(({ id }) => id === from)?.url;
      if (url === undefined || !mayGoBack(app, healthy)) return;
      await handBack(url, app.app, operatorToken, limit);
    }),
  );
}

/** Its primary is healthy and, where that decides who may serve, in sync. */
function mayGoBack(app: ObservedApp, healthy: ReadonlySet<string>): boolean {
  if (app.mode !== "active-passive" || app.state !== "failover") return false;
  const isInSync = app.durability === "local" || app.inSyncRegions.includes(app.primary);
  return healthy.has(app.primary) && isInSync;
}

async function healthyRegions(sites: readonly Site[]): Promise<ReadonlySet<string>> {
  const running = sites.filter(({ state }) => state === "running");
  const told = await Promise.all(
    running.map(async ({ id, child }) => ((await child?.status(LOOK_LIMIT_MS))?.healthy ? id : "")),
  );
  return new Set(told);
}

/** One that is refused, or not done in time, stays where it is, and is served there again. */
async function handBack(
  url: string,
  app: string,
  operatorToken: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const answer = await fetch(new URL(`/routing/apps/${encodeURIComponent(app)}/failback`, url), {
      method: "POST",
      headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
      body: JSON.stringify({ waitMs: CATCH_UP_MS, reason: "a planned stop" }),
      signal,
    });
    await answer.arrayBuffer();
  } catch {
    // Its region has gone, or the time is up.
  }
}
