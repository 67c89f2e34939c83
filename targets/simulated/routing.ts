/**
 * What the rest of a simulated region sees of routing: the port over the cores. *adapter*
 *
 * The journal is what the record carries. A command that belongs to another region is handed to it
 * once, if the network lets it through.
 */
import type { Instant } from "../../base/clock.ts";
import { failed, type Outcome, unknown } from "../../base/outcome.ts";
import type { AppRegion, CommandAnswer } from "../../layers/region/app-region.ts";
import type {
  AppView,
  Command,
  CommandCode,
  CommandOptions,
  RegionView,
  Routing,
  RoutingEvent,
} from "../../layers/routing/port.ts";
import { type RoutingView, servingRegionsOf, viewOf } from "../../layers/routing/record.ts";

export type Ended = Outcome<RoutingView, CommandCode>;

export interface SimulatedRoutingOptions {
  readonly region: string;
  readonly apps: ReadonlyMap<string, AppRegion>;
  readonly now: () => Instant;
  readonly regions: () => readonly RegionView[];
  readonly after: (delayMs: number, act: () => void) => void;
  /** Hands a command to another region; undefined where it cannot be reached. */
  readonly forward: (
    region: string,
    app: string,
    command: Command,
    options: CommandOptions,
  ) => Promise<Ended> | undefined;
  /** An answer has been given to code that waits for it. */
  readonly answered: () => void;
}

export interface SimulatedRouting extends Routing {
  /** Tells of records that changed. */
  changed(): void;
}

const DEFAULT_WAIT_MS = 10_000;
const ROUNDS_MS = 5000;

export function createSimulatedRouting(options: SimulatedRoutingOptions): SimulatedRouting {
  const { apps, now, region } = options;
  const listeners = new Set<(event: RoutingEvent) => void>();
  const told = new Map<string, number>();
  const shown = (app: AppRegion): AppView => {
    const at = now();
    const { holding } = app;
    const holdsLease = holding !== undefined && holding.gate === "open" && holding.leaseValid(at);
    return { ...recordViewOf(app), ...behind(app, at), holdsLease };
  };
  return {
    region,
    apps: () => [...apps.values()].map(shown),
    app: (id) => {
      const app = apps.get(id);
      return app && shown(app);
    },
    regions: options.regions,
    journal: (only) =>
      [...apps.values()]
        .flatMap(({ record }) =>
          (record?.journal ?? []).map((entry) => ({ ...entry, app: record?.app ?? "" })),
        )
        .filter(({ app }) => only === undefined || app === only)
        .reverse(),
    command: async (id, command, given) => {
      const app = apps.get(id);
      if (app === undefined) return failed("unknown-app", `no app is named ${id}`);
      return run(options, app, command, given);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed: () => {
      if (listeners.size === 0) return;
      for (const [id, app] of apps) {
        const { record } = app;
        if (record === undefined || record.version <= (told.get(id) ?? 0)) continue;
        told.set(id, record.version);
        for (const listener of listeners) listener({ type: "record", app: viewOf(record) });
        options.answered();
      }
    },
  };
}

function run(
  options: SimulatedRoutingOptions,
  app: AppRegion,
  command: Command,
  given: CommandOptions,
): Promise<Ended> {
  const { record } = app;
  if (record === undefined) {
    return Promise.resolve(failed("no-majority", "this region does not know the record yet"));
  }
  const { region, now } = options;
  const { by, reason = command, waitMs = DEFAULT_WAIT_MS, acceptDataLoss = false } = given;
  const serving = servingRegionsOf(record);
  const others = record.regions.filter((other) => !serving.includes(other));
  const to = command === "failback" ? record.primary : (given.to ?? others[0]);
  const elsewhere = (other: string): Promise<Ended> =>
    options.forward(other, record.app, command, { ...given, to: to ?? other }) ??
    Promise.resolve(failed("no-candidate", `${other} cannot be reached`));
  if (command !== "fence" && command !== "unfence") {
    if (to === undefined)
      return Promise.resolve(failed("no-candidate", "there is no other region"));
    if (!record.regions.includes(to)) {
      return Promise.resolve(failed("unknown-region", `${to} is no region of ${record.app}`));
    }
    if (serving.includes(to)) {
      return Promise.resolve(failed("not-allowed", `${to} serves ${record.app} already`));
    }
    if (command === "failover" && to !== region) return elsewhere(to);
  }
  return new Promise((resolve) => {
    const end = (ended: Ended | Promise<Ended>): void => {
      resolve(ended);
      options.answered();
    };
    options.after(waitMs + ROUNDS_MS, () => end(unknown("no majority has answered in time")));
    const answer: CommandAnswer = (ended) => {
      if (ended.kind === "elsewhere") end(elsewhere(ended.region));
      else end(ended.kind === "ok" ? { kind: "ok", value: viewOf(ended.value) } : ended);
    };
    if (command === "fence" || command === "unfence") {
      app.commands[command]({ by, reason }, answer, now());
    } else if (command === "failover") {
      app.commands.failover({ by, reason, acceptDataLoss }, answer, now());
    } else {
      app.commands.switchover(to ?? "", { by, reason, cause: command, waitMs }, answer, now());
    }
  });
}

function recordViewOf(app: AppRegion): RoutingView {
  if (app.record !== undefined) return viewOf(app.record);
  const { options } = app;
  return {
    app: options.app,
    mode: options.mode,
    durability: options.durability,
    state: "failover",
    phase: "serving",
    policy: options.policy,
    epoch: 0,
    version: 0,
    primary: options.regions[0] ?? "",
    regions: options.regions,
    servingRegions: [],
    inSyncRegions: [],
  };
}

function behind(app: AppRegion, at: Instant): Pick<AppView, "lag" | "writesAtRisk"> {
  const { holding } = app;
  if (holding === undefined) return { lag: {}, writesAtRisk: 0 };
  const lag: Record<string, { writes: number; ms: number }> = {};
  let furthest = 0;
  for (const { region, match, progressAt } of holding.shipping.peers.values()) {
    const writes = Math.max(0, holding.log.end.position - match);
    lag[region] = { writes, ms: writes === 0 ? 0 : Math.max(0, at.mono - progressAt) };
    furthest = Math.max(furthest, match);
  }
  return { lag, writesAtRisk: Math.max(0, holding.committed - furthest) };
}
