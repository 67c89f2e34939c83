/** A routing layer whose record a test sets. *adapter* */

import { wallMs } from "../../../base/clock.ts";
import type { Outcome } from "../../../base/outcome.ts";
import type {
  AppView,
  CommandCode,
  RegionView,
  Routing,
  RoutingEvent,
} from "../../routing/port.ts";
import { NO_VOTERS } from "../../routing/voters.ts";
import { newsOfApp } from "../routing-view.ts";

export interface ScriptedRouting extends Routing {
  set(app: string, change: Partial<AppView>): void;
  emit(event: RoutingEvent): void;
  /** What the next command comes to; the present record without it. */
  nextCommand: Outcome<never, CommandCode> | undefined;
  readonly commands: { readonly app: string; readonly command: string; readonly by: string }[];
  readonly listeners: number;
}

export function createScriptedRouting(
  region: string,
  regions: readonly string[],
  apps: readonly string[],
): ScriptedRouting {
  const views = new Map<string, AppView>();
  const listeners = new Set<(event: RoutingEvent) => void>();
  const primary = regions[0] ?? region;
  for (const app of apps) {
    views.set(app, {
      app,
      mode: "active-passive",
      durability: "replicated",
      state: "active",
      phase: "serving",
      policy: "automatic",
      epoch: 3,
      version: 5,
      primary,
      regions,
      servingRegions: [primary],
      inSyncRegions: regions,
      lag: {},
      writesAtRisk: 0,
      holdsLease: region === primary,
      takeover: null,
      lateWrites: { recovered: 0, superseded: 0, partly: 0, neverAcknowledged: 0, waiting: 0 },
      title: app,
      lastMove: null,
      homes: {},
      minInSync: 1,
      objectives: { rtoMs: 900_000, rpoMs: 0 },
    });
  }
  const regionViews: RegionView[] = regions.map((id) => ({
    id,
    url: `http://${id}.example`,
    up: true,
    healthy: true,
    incarnation: 1,
  }));
  const routing: ScriptedRouting = {
    region,
    nextCommand: undefined,
    commands: [],
    get listeners() {
      return listeners.size;
    },
    set: (app, change) => {
      const view = views.get(app);
      if (view !== undefined) views.set(app, { ...view, ...change });
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    apps: () => [...views.values()],
    app: (id) => views.get(id),
    voters: () => NO_VOTERS,
    regions: () => regionViews,
    journal: (app) =>
      [...views.keys()]
        .filter((id) => app === undefined || id === app)
        .map((id) => ({
          app: id,
          version: 1,
          at: wallMs(0),
          changeId: "change-1",
          cause: "create",
          by: region,
          reason: "",
          from: [],
          to: [primary],
          epoch: 1,
        })),
    lateWrites: () => ({ kind: "ok", value: { items: [], readAt: region, dataAgeMs: 0 } }),
    command: async (app, command, options) => {
      routing.commands.push({ app, command, by: options.by });
      const next = routing.nextCommand;
      routing.nextCommand = undefined;
      const view = views.get(app);
      if (next !== undefined) return next;
      return view === undefined
        ? { kind: "failed", code: "unknown-app", reason: app }
        : { kind: "ok", value: newsOfApp(view) };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return routing;
}
