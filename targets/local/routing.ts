/**
 * What the rest of a region sees of routing: the port over the cores of this process. *adapter*
 *
 * Views are made from the record that this region knows and from what the serving regions say of
 * the others (layers/region/app-view.ts). Commands go through the register (routing-commands.ts),
 * the journal is kept beyond what a record carries (routing-journal.ts), the other regions are
 * looked at from here (routing-regions.ts).
 *
 * `changed` is called once a turn: what is new is told to the listeners in that same turn.
 */
import type { Instant } from "../../base/clock.ts";
import type { AppRegion } from "../../layers/region/app-region.ts";
import { liveViewOf, recordViewOf, takeoverOf } from "../../layers/region/app-view.ts";
import { lateWritesOf } from "../../layers/region/late-list.ts";
import type { Region } from "../../layers/region/region.ts";
import { LagNews } from "../../layers/routing/lag-news.ts";
import { withPause } from "../../layers/routing/pause.ts";
import type { AppView, Routing, RoutingEvent } from "../../layers/routing/port.ts";
import type { RoutingRecord, RoutingView } from "../../layers/routing/record.ts";
import { Repeats } from "../../layers/routing/repeats.ts";
import type { VotersView } from "../../layers/routing/voters.ts";
import type { LmdbEngine } from "./lmdb-engine.ts";
import { type ForwardCommand, runCommand } from "./routing-commands.ts";
import { createJournal } from "./routing-journal.ts";
import type { RegionWatch } from "./routing-regions.ts";

export interface LocalRouting extends Routing {
  /** Once a turn: keeps the journal, tells of records that changed. */
  changed(): void;
  /** The own voter's thread has heard something else of the voters. */
  votersChanged(): void;
  close(): void;
}

export interface LocalRoutingOptions {
  readonly self: string;
  readonly region: Region;
  readonly engine: LmdbEngine;
  readonly regions: RegionWatch;
  readonly voters: () => VotersView;
  readonly now: () => Instant;
  readonly schedule: () => void;
  readonly forward: ForwardCommand;
}

export function createLocalRouting(options: LocalRoutingOptions): LocalRouting {
  const { self, region, engine, regions, now } = options;
  const journal = createJournal(engine, [...region.apps.keys()]);
  const listeners = new Set<(event: RoutingEvent) => void>();
  const views = new Map<string, { readonly record: RoutingRecord; readonly view: RoutingView }>();
  const steps = new Map<string, string>();
  const told = new Map<string, number>();
  const lagNews = new LagNews();
  const repeats = new Repeats();

  /** A record never changes, so neither does its view. */
  const recordView = (app: AppRegion): RoutingView => {
    const { record } = app;
    if (record === undefined) return recordViewOf(app);
    const known = views.get(record.app);
    if (known?.record === record) return known.view;
    const view = recordViewOf(app);
    views.set(record.app, { record, view });
    return view;
  };
  const shown = (app: AppRegion): AppView => ({ ...recordView(app), ...liveViewOf(app, now()) });
  const apps = (): readonly AppView[] => [...region.apps.values()].map(shown);
  const emit = (event: RoutingEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };

  const changed = (): void => {
    for (const [id, app] of region.apps) {
      const { record } = app;
      if (record === undefined) continue;
      const takeover = takeoverOf(app, now());
      const step = takeover === null ? "" : `${takeover.state} ${takeover.step}`;
      const isNew = record.version > (told.get(id) ?? 0);
      if (!isNew && step === (steps.get(id) ?? "")) continue;
      steps.set(id, step);
      told.set(id, record.version);
      if (isNew) journal.keep(record);
      emit({ type: "record", app: { ...recordView(app), takeover } });
    }
    tellLags();
  };
  const tellLags = (): void => {
    if (listeners.size > 0) for (const event of lagNews.due(now().mono, apps)) emit(event);
  };
  regions.listen(emit);

  return {
    region: self,
    apps,
    app: (id) => {
      const app = region.apps.get(id);
      return app && shown(app);
    },
    regions: () => regions.all(),
    voters: options.voters,
    journal: (only) =>
      journal.newest(only).map(({ app, ...entry }) => {
        const pauses = region.apps.get(app)?.pauses;
        return { app, ...withPause(entry, (epoch) => pauses?.of(epoch)) };
      }),
    lateWrites: (asked) => lateWritesOf(region.apps, asked, now()),
    command: async (id, command, given) => {
      const app = region.apps.get(id);
      if (app === undefined) {
        return { kind: "failed", code: "unknown-app", reason: `no app is named ${id}` };
      }
      const running = repeats.run(given.commandId, app.record, () =>
        runCommand({ ...options, app, command, given, voters: options.voters() }),
      );
      options.schedule();
      return running;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changed,
    votersChanged: () => emit({ type: "voters", voters: options.voters() }),
    close: () => regions.close(),
  };
}
