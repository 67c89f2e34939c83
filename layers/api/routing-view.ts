/**
 * Routing as it is sent: the record's part of a view, and unknown numbers as `null`. *pure*
 */
import type { LateCounts } from "../routing/late.ts";
import type { AppNews, AppView, RoutingEvent } from "../routing/port.ts";
import type { Lag, UnknownReason } from "../routing/standing.ts";
import { type Problem, problem } from "./problem.ts";

export interface SentLag {
  readonly writes: number | null;
  readonly ms: number | null;
}

export interface SentStanding {
  readonly lag: Readonly<Record<string, SentLag>>;
  readonly writesAtRisk: number | null;
  readonly unknown?: UnknownReason;
}

/** As LateCounts of late.ts, with null for what is unknown. */
export type SentLateCounts = Omit<LateCounts, "waiting"> & { readonly waiting: number | null };

/** What `GET /routing/apps/{app}` answers. */
export type SentApp = Omit<AppView, keyof SentStanding | "lateWrites"> &
  SentStanding & { readonly lateWrites: SentLateCounts };

type Numbers = Pick<AppView, "lag" | "writesAtRisk">;

const sentLag = ({ writes, ms }: Lag): SentLag => ({ writes: writes ?? null, ms: ms ?? null });

const sentNumbers = ({ lag, writesAtRisk }: Numbers): Omit<SentStanding, "unknown"> => ({
  lag: Object.fromEntries(Object.entries(lag).map(([region, one]) => [region, sentLag(one)])),
  writesAtRisk: writesAtRisk ?? null,
});

export const sentApp = (view: AppView): SentApp => ({
  ...view,
  ...sentNumbers(view),
  lateWrites: { ...view.lateWrites, waiting: view.lateWrites.waiting ?? null },
});

export const sentEvent = (event: RoutingEvent): object =>
  event.type === "lag" ? { ...event, ...sentNumbers(event) } : event;

/** The part of an app's view that every region tells alike. */
export function newsOfApp(view: AppView): AppNews {
  const { lag: _lag, writesAtRisk: _risk, holdsLease: _lease, ...rest } = view;
  const { standingAgeMs: _age, unknown: _unknown, ...shown } = rest;
  const { minInSync: _min, objectives: _objectives, lateWrites: _late, ...more } = shown;
  const { lastMove: _move, title: _title, homes: _homes, ...news } = more;
  return news;
}

export const noApp = (app: string): Problem =>
  problem("not-found", `No app is named ${app.slice(0, 64)}.`);
