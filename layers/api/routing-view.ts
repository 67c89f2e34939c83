/**
 * Routing as it is sent: the record's part of a view, and unknown numbers as `null`. *pure*
 */
import type { AppNews, AppView, RoutingEvent } from "../routing/port.ts";
import type { Lag, UnknownReason } from "../routing/standing.ts";

export interface SentLag {
  readonly writes: number | null;
  readonly ms: number | null;
}

export interface SentStanding {
  readonly lag: Readonly<Record<string, SentLag>>;
  readonly writesAtRisk: number | null;
  readonly unknown?: UnknownReason;
}

/** What `GET /routing/apps/{app}` answers. */
export type SentApp = Omit<AppView, keyof SentStanding> & SentStanding;

type Numbers = Pick<AppView, "lag" | "writesAtRisk">;

const sentLag = ({ writes, ms }: Lag): SentLag => ({ writes: writes ?? null, ms: ms ?? null });

const sentNumbers = ({ lag, writesAtRisk }: Numbers): Omit<SentStanding, "unknown"> => ({
  lag: Object.fromEntries(Object.entries(lag).map(([region, one]) => [region, sentLag(one)])),
  writesAtRisk: writesAtRisk ?? null,
});

export const sentApp = (view: AppView): SentApp => ({ ...view, ...sentNumbers(view) });

export const sentEvent = (event: RoutingEvent): object =>
  event.type === "lag" ? { ...event, ...sentNumbers(event) } : event;

/** The part of an app's view that every region tells alike. */
export function newsOfApp(view: AppView): AppNews {
  const { lag: _lag, writesAtRisk: _risk, holdsLease: _lease, ...rest } = view;
  const { standingAgeMs: _age, unknown: _unknown, ...shown } = rest;
  const { minInSync: _min, objectives: _objectives, ...news } = shown;
  return news;
}
