/**
 * What a page knows of the deployment: apps, regions, and how fresh that is. *pure*
 *
 * `step` takes whole lists (from GET /routing/...) and single events (from GET /routing/events).
 * An app's record is replaced only by one of the same or a higher version, since lists and events
 * may cross.
 *
 * Invariants
 *  1 the version of an app never falls                                        (mergeApp)
 *  2 lag and risk of an app survive a record event of the same epoch, which does not carry them;
 *    those of an epoch before say nothing of the next                          (mergeApp)
 *  3 a number that nobody has told is null, never 0                            (NOTHING_TOLD)
 */
import type { SentApp, SentStanding } from "../../api/routing-view.ts";
import type { JournalRow as Measured } from "../../routing/pause.ts";
import type { RoutingView } from "../../routing/record.ts";
import { NO_VOTERS, type VotersView } from "../../routing/voters.ts";

/** What only lists carry; absent until the first one came. */
type Listed = Partial<Pick<SentApp, "title" | "objectives" | "minInSync" | "takeover">>;

export interface LiveApp extends RoutingView, SentStanding, Listed {}

export interface LiveRegion {
  readonly id: string;
  readonly url: string;
  readonly up: boolean;
  readonly healthy: boolean;
  readonly incarnation: number;
}

export type JournalRow = Measured & { readonly app: string };

/** `live`: events arrive. `polling`: only lists do. `offline`: no region answers this page. */
export type Connection = "connecting" | "live" | "polling" | "offline";

export interface LiveState {
  readonly connection: Connection;
  readonly apps: readonly LiveApp[];
  readonly regions: readonly LiveRegion[];
  /** Which voters answer the region that told last. */
  readonly voters: VotersView;
}

export const NOTHING_LIVE: LiveState = {
  connection: "connecting",
  apps: [],
  regions: [],
  voters: NO_VOTERS,
};

export type LiveEvent =
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "apps"; readonly apps: readonly Partial<LiveApp>[] }
  | { readonly type: "regions"; readonly regions: readonly LiveRegion[] }
  | { readonly type: "record"; readonly app: Partial<LiveApp> }
  | { readonly type: "region"; readonly region: LiveRegion }
  | { readonly type: "voters"; readonly voters: VotersView }
  | ({ readonly type: "lag"; readonly app: string } & SentStanding);

const NOTHING_TOLD: SentStanding = { lag: {}, writesAtRisk: null, unknown: "holder-silent" };

const EMPTY_APP: LiveApp = {
  app: "",
  mode: "active-passive",
  durability: "local",
  state: "active",
  phase: "serving",
  policy: "automatic",
  epoch: 0,
  version: 0,
  primary: "",
  regions: [],
  servingRegions: [],
  inSyncRegions: [],
  ...NOTHING_TOLD,
};

function mergeApp(before: LiveApp | undefined, news: Partial<LiveApp>): LiveApp {
  if (news.writesAtRisk !== undefined) return withStanding(before ?? EMPTY_APP, news);
  if (before === undefined) return { ...EMPTY_APP, ...news };
  if ((news.version ?? before.version) < before.version) return before;
  const isNext = (news.epoch ?? before.epoch) > before.epoch;
  return { ...before, ...news, ...(isNext ? NOTHING_TOLD : {}) };
}

/** The numbers of `news` replace all that was known, its reason for what is unknown too. */
function withStanding(before: LiveApp, news: Partial<LiveApp>): LiveApp {
  if ((news.version ?? before.version) < before.version) return before;
  const { unknown: _unknown, ...rest } = before;
  return { ...rest, ...news };
}

function withApp(apps: readonly LiveApp[], news: Partial<LiveApp>): readonly LiveApp[] {
  if (news.app === undefined) return apps;
  const known = apps.some((app) => app.app === news.app);
  if (!known) return [...apps, mergeApp(undefined, news)];
  return apps.map((app) => (app.app === news.app ? mergeApp(app, news) : app));
}

export function stepLive(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case "connection":
      return state.connection === event.connection
        ? state
        : { ...state, connection: event.connection };
    case "apps":
      return { ...state, apps: event.apps.reduce<readonly LiveApp[]>(withApp, state.apps) };
    case "regions":
      return { ...state, regions: event.regions };
    case "record":
      return { ...state, apps: withApp(state.apps, event.app) };
    case "region": {
      const { region } = event;
      const known = state.regions.some((one) => one.id === region.id);
      const regions = known
        ? state.regions.map((one) => (one.id === region.id ? region : one))
        : [...state.regions, region];
      return { ...state, regions };
    }
    case "voters":
      return { ...state, voters: event.voters };
    case "lag":
      return {
        ...state,
        apps: state.apps.map((app) =>
          app.app === event.app ? withStanding(app, standingIn(event)) : app,
        ),
      };
  }
}

function standingIn(body: object): SentStanding {
  const { lag = {}, writesAtRisk = null, unknown } = body as Partial<SentStanding>;
  return { lag, writesAtRisk, ...(unknown === undefined ? {} : { unknown }) };
}

/** From an event or `GET /routing/voters`. */
export function votersIn(body: unknown): VotersView {
  const { majority, voters } = (body ?? {}) as Partial<VotersView>;
  return Array.isArray(voters) ? { majority: majority ?? null, voters } : NO_VOTERS;
}

/** The list in an answer: `{items}`, a bare array, or under the list's own name. */
export function itemsOf<Item>(body: unknown, name: string): readonly Item[] {
  if (Array.isArray(body)) return body as Item[];
  if (typeof body !== "object" || body === null) return [];
  const record = body as Record<string, unknown>;
  const list = record["items"] ?? record[name];
  return Array.isArray(list) ? (list as Item[]) : [];
}

/** A server-sent event's data as a live event; undefined for what this page does not know. */
export function parseLiveEvent(type: string, data: string): LiveEvent | undefined {
  try {
    const body = JSON.parse(data) as Record<string, unknown>;
    const kind = type === "message" ? body["type"] : type;
    if (kind === "record") {
      const app = typeof body["app"] === "object" ? body["app"] : body;
      return { type: "record", app: app as Partial<LiveApp> };
    }
    if (kind === "region") {
      const region = typeof body["region"] === "object" ? body["region"] : body;
      return { type: "region", region: region as LiveRegion };
    }
    if (kind === "regions") {
      return { type: "regions", regions: itemsOf<LiveRegion>(body, "regions") };
    }
    if (kind === "voters") return { type: "voters", voters: votersIn(body["voters"]) };
    if (kind === "lag" && typeof body["app"] === "string") {
      return { type: "lag", app: body["app"], ...standingIn(body) };
    }
    return undefined;
  } catch {
    return undefined;
  }
}
