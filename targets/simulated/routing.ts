/**
 * What the rest of a simulated region sees of routing: the port over the cores. *adapter*
 *
 * The journal is what the record carries. A command that belongs to another region is handed to it
 * once, if the network lets it through.
 */
import type { Instant } from "../../base/clock.ts";
import { failed, type Outcome, unknown } from "../../base/outcome.ts";
import type { AppRegion, CommandAnswer } from "../../layers/region/app-region.ts";
import { liveViewOf, recordViewOf, takeoverOf } from "../../layers/region/app-view.ts";
import { lateWritesOf } from "../../layers/region/late-list.ts";
import { LagNews } from "../../layers/routing/lag-news.ts";
import { withPause } from "../../layers/routing/pause.ts";
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
import { Repeats, repeatIn } from "../../layers/routing/repeats.ts";
import { noMajorityReason, type VotersView } from "../../layers/routing/voters.ts";

export type Ended = Outcome<RoutingView, CommandCode>;

export interface SimulatedRoutingOptions {
  readonly region: string;
  readonly apps: ReadonlyMap<string, AppRegion>;
  readonly now: () => Instant;
  readonly regions: () => readonly RegionView[];
  readonly voters: () => VotersView;
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
  const told = new Map<string, string>();
  const lagNews = new LagNews();
  const repeats = new Repeats();
  let toldVoters = "";
  const shown = (app: AppRegion): AppView => ({ ...recordViewOf(app), ...liveViewOf(app, now()) });
  const all = (): readonly AppView[] => [...apps.values()].map(shown);
  const emit = (event: RoutingEvent): void => {
    for (const listener of [...listeners]) listener(event);
    options.answered();
  };
  return {
    region,
    apps: all,
    app: (id) => {
      const app = apps.get(id);
      return app && shown(app);
    },
    regions: options.regions,
    voters: options.voters,
    journal: (only) =>
      [...apps.values()]
        .flatMap(({ record, pauses }) =>
          (record?.journal ?? []).map((entry) => ({
            ...withPause(entry, (epoch) => pauses.of(epoch)),
            app: record?.app ?? "",
          })),
        )
        .filter(({ app }) => only === undefined || app === only)
        .reverse(),
    lateWrites: (asked) => lateWritesOf(apps, asked, now()),
    command: async (id, command, given) => {
      const app = apps.get(id);
      if (app === undefined) return failed("unknown-app", `no app is named ${id}`);
      return repeats.run(given.commandId, app.record, () => run(options, app, command, given));
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed: () => {
      if (listeners.size === 0) return;
      for (const [id, app] of apps) {
        const { record } = app;
        if (record === undefined) continue;
        const takeover = takeoverOf(app, now());
        const news = `${record.version} ${takeover?.state} ${takeover?.step}`;
        if (told.get(id) === news) continue;
        told.set(id, news);
        emit({ type: "record", app: { ...viewOf(record), takeover } });
      }
      const voters = options.voters();
      const text = JSON.stringify(voters);
      if (text !== toldVoters) emit({ type: "voters", voters });
      toldVoters = text;
      for (const event of lagNews.due(now().mono, all)) emit(event);
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
  const noMajority = noMajorityReason(options.voters());
  if (noMajority !== undefined) return Promise.resolve(failed("no-majority", noMajority));
  const { region, now } = options;
  const { by, reason = command, waitMs = DEFAULT_WAIT_MS, acceptDataLoss = false } = given;
  const { commandId } = given;
  const asked = { by, reason, ...(commandId === undefined ? {} : { commandId }) };
  const serving = servingRegionsOf(record);
  const others = record.regions.filter((other) => !serving.includes(other));
  const takesHomes = command === "failover" && record.mode === "active-active";
  const candidate = takesHomes && serving.includes(region) ? region : others[0];
  const to = command === "failback" ? record.primary : (given.to ?? candidate);
  const elsewhere = (other: string): Promise<Ended> =>
    options.forward(other, record.app, command, { ...given, to: to ?? other }) ??
    Promise.resolve(failed("no-candidate", `${other} cannot be reached`));
  if (command !== "fence" && command !== "unfence") {
    if (commandId !== undefined && repeatIn(record, commandId) === "done") {
      return Promise.resolve({ kind: "ok", value: viewOf(record) });
    }
    if (to === undefined)
      return Promise.resolve(failed("no-candidate", "there is no other region"));
    if (!record.regions.includes(to)) {
      return Promise.resolve(failed("unknown-region", `${to} is no region of ${record.app}`));
    }
    if (serving.includes(to) && !takesHomes) {
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
      app.commands[command](asked, answer, now());
    } else if (command === "failover") {
      app.commands.failover({ ...asked, acceptDataLoss }, answer, now());
    } else {
      app.commands.switchover(to ?? "", { ...asked, cause: command, waitMs }, answer, now());
    }
  });
}
