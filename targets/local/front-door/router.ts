/**
 * Where a request goes: which region, or nowhere yet. *pure*
 *
 * The table is built from routing records (pushed by every region, the highest version per app
 * wins), from refusals (a region that refuses names the serving one and its epoch) and from what is
 * seen of the regions themselves. `chooseRegion` is asked again whenever the table changes.
 *
 *   read   any region: serving ones first, sound ones before those in trouble; of /routing/ the one
 *          first that serves most apps, for it knows itself how far the others are behind
 *   keyed  a serving, sound region whose gate is not known to be closed; else held
 *   bare   the same, and once sent never again (forward.ts)
 *
 * Invariants
 *  T1 a record or hint that is older than what is known changes nothing         (learn)
 *  T2 a write is never sent to a region that the table says does not serve, except where the table
 *     knows nothing, or where a fence makes its refusal the right answer        (chooseRegion)
 *  T3 a read is refused only when every region was tried                        (chooseRegion)
 *  T4 with several serving regions an app stays with one while it is sound      (chosenFirst)
 */
export interface RegionRef {
  readonly id: string;
  readonly url: string;
}

/** `down`: connections are refused. `silent`: it accepts and says nothing. */
export type Condition = "up" | "down" | "silent";
export type Access = "read" | "keyed" | "bare";

export interface AppRoute {
  readonly app: string;
  readonly version: number;
  readonly epoch: number;
  readonly fenced: boolean;
  readonly servingRegions: readonly string[];
  /** Who refused although it should serve: its gate is closed, or not open yet. */
  readonly closedAt: readonly string[];
}

export interface Table {
  /** Nearest first. */
  readonly regions: readonly RegionRef[];
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly apps: ReadonlyMap<string, AppRoute>;
  /** Per app, the region in use. */
  readonly chosen: ReadonlyMap<string, string>;
}

export type Fact =
  | { readonly type: "regions"; readonly regions: readonly RegionRef[] }
  | { readonly type: "condition"; readonly region: string; readonly condition: Condition }
  | {
      readonly type: "record";
      readonly app: string;
      readonly version: number;
      readonly epoch: number;
      readonly fenced: boolean;
      readonly servingRegions: readonly string[];
    }
  | {
      readonly type: "refused";
      readonly app: string;
      readonly region: string;
      readonly epoch: number;
      readonly servingRegions: readonly string[];
    }
  | {
      readonly type: "serves";
      readonly app: string;
      readonly region: string;
      readonly epoch: number;
    };

export const createTable = (regions: readonly RegionRef[]): Table => ({
  regions,
  conditions: new Map(),
  apps: new Map(),
  chosen: new Map(),
});

export const conditionOf = (table: Table, region: string): Condition =>
  table.conditions.get(region) ?? "up";

const isSound = (table: Table, region: string): boolean => conditionOf(table, region) === "up";

/** The same table when nothing changed. */
export function learn(table: Table, fact: Fact): Table {
  switch (fact.type) {
    case "regions":
      return { ...table, regions: fact.regions };
    case "condition":
      if (conditionOf(table, fact.region) === fact.condition) return table;
      return {
        ...table,
        conditions: new Map(table.conditions).set(fact.region, fact.condition),
      };
    case "record":
      return recorded(table, fact);
    case "refused":
      return refused(table, fact);
    case "serves":
      return served(table, fact);
  }
}

function recorded(table: Table, fact: Fact & { type: "record" }): Table {
  const old = table.apps.get(fact.app);
  if (old !== undefined && (fact.version <= old.version || fact.epoch < old.epoch)) return table;
  const { app, version, epoch, fenced, servingRegions } = fact;
  // The gate of an epoch that has just been told of may still be closed: the region will say so.
  const closedAt = old !== undefined && epoch === old.epoch ? old.closedAt : [];
  return withApp(table, { app, version, epoch, fenced, servingRegions, closedAt });
}

function refused(table: Table, fact: Fact & { type: "refused" }): Table {
  const old = table.apps.get(fact.app);
  if (old !== undefined && fact.epoch < old.epoch) return table;
  const isNews = fact.servingRegions.length > 0 && (old === undefined || fact.epoch > old.epoch);
  const { app, epoch, region } = fact;
  if (isNews) {
    const route = {
      version: old?.version ?? 0,
      fenced: false,
      servingRegions: fact.servingRegions,
    };
    const closedAt = fact.servingRegions.includes(region) ? [region] : [];
    return withApp(table, { app, epoch, ...route, closedAt });
  }
  if (old === undefined || old.closedAt.includes(region)) return table;
  return withApp(table, { ...old, closedAt: [...old.closedAt, region] });
}

function served(table: Table, fact: Fact & { type: "serves" }): Table {
  const { app, region, epoch } = fact;
  const old = table.apps.get(app);
  if (old === undefined) return table;
  if (epoch < old.epoch) return table;
  const known = old.servingRegions.includes(region);
  const servingRegions =
    epoch > old.epoch ? [region] : known ? old.servingRegions : [...old.servingRegions, region];
  if (known && epoch === old.epoch && !old.closedAt.includes(region)) return table;
  const closedAt = epoch > old.epoch ? [] : old.closedAt.filter((closed) => closed !== region);
  return withApp(table, { ...old, epoch, fenced: false, servingRegions, closedAt });
}

function withApp(table: Table, route: AppRoute): Table {
  return { ...table, apps: new Map(table.apps).set(route.app, route) };
}

export interface Wanted {
  /** Undefined: any region may answer (`/`, `/routing/`, `/console/`, ...). */
  readonly app: string | undefined;
  readonly access: Access;
  /** Regions that failed or refused this request since it was last woken. */
  readonly tried: readonly string[];
  /** Regions that have it now. */
  readonly busy: readonly string[];
}

/** The region to send to now; undefined: hold it until the table changes. */
export function chooseRegion(table: Table, wanted: Wanted): string | undefined {
  const { app, access, tried, busy } = wanted;
  const route = app === undefined ? undefined : table.apps.get(app);
  const isOpen = (id: string): boolean => !tried.includes(id) && !busy.includes(id);
  if (access !== "read" && route !== undefined && !route.fenced) {
    const open = chosenFirst(table, route).find(
      (id) => isOpen(id) && isSound(table, id) && !route.closedAt.includes(id),
    );
    return open;
  }
  const asked = app?.startsWith(ROUTING) === true ? knowing(table, app) : preferred(table, route);
  const order = asked.filter(isOpen);
  const sound = order.find((id) => isSound(table, id));
  // What is told of a region in trouble may be old: a read has nothing to lose.
  return sound ?? (access === "read" ? order[0] : undefined);
}

/** Of `routing/APP` the app's serving regions, else those that serve most. */
function knowing(table: Table, asked: string): readonly string[] {
  const route = table.apps.get(asked.slice(ROUTING.length + 1));
  if (route !== undefined) return preferred(table, route);
  const served = [...table.apps.values()].flatMap((route) => route.servingRegions);
  const count = (id: string): number => served.filter((region) => region === id).length;
  const all = table.regions.map((region) => region.id);
  return all.sort((one, other) => count(other) - count(one));
}

function preferred(table: Table, route: AppRoute | undefined): readonly string[] {
  const all = table.regions.map((region) => region.id);
  if (route === undefined) return all;
  const first = chosenFirst(table, route);
  return [...first, ...all.filter((id) => !first.includes(id))];
}

/** Serving regions that exist, the one in use first, then by nearness. */
function chosenFirst(table: Table, route: AppRoute): readonly string[] {
  const serving = table.regions.map((r) => r.id).filter((id) => route.servingRegions.includes(id));
  const chosen = table.chosen.get(route.app);
  if (chosen === undefined || !serving.includes(chosen) || serving[0] === chosen) return serving;
  return [chosen, ...serving.filter((id) => id !== chosen)];
}

/** Remembers which region an app's requests go to, so that a session sees one region. */
export function withChosen(table: Table, app: string, region: string): Table {
  if (!table.apps.has(app) || table.chosen.get(app) === region) return table;
  return { ...table, chosen: new Map(table.chosen).set(app, region) };
}

/** Whether an attempt that has no answer should be given up for another region. */
export function isLost(
  table: Table,
  app: string | undefined,
  access: Access,
  region: string,
): boolean {
  if (!table.regions.some((r) => r.id === region)) return true;
  const condition = conditionOf(table, region);
  // Silence proves nothing: a write may be at work there, and a copy of it would be more work.
  if (condition === "down" || (condition === "silent" && access === "read")) return true;
  const route = app === undefined ? undefined : table.apps.get(app);
  if (access === "read" || route === undefined || route.fenced) return false;
  return !route.servingRegions.includes(region);
}

/** Not an app; what is below it is about all of them. */
const ROUTING = "routing";
const ANY_REGION = new Set(["", "console", "docs", "metrics", "openapi.json", "problems"]);

export type Route =
  | { readonly kind: "control" }
  | { readonly kind: "region"; readonly app?: string };

/** By the path alone: the first segment names the app, save for what any region can answer. */
export function routeOf(path: string): Route {
  const end = path.search(/[?#]/);
  const [, first = "", second, third] = (end < 0 ? path : path.slice(0, end)).split("/", 4);
  if (first === "control") return { kind: "control" };
  if (first === "health") return second ? { kind: "region", app: second } : { kind: "region" };
  if (first === ROUTING && second === "apps" && third) {
    return { kind: "region", app: `${ROUTING}/${third}` };
  }
  return ANY_REGION.has(first) ? { kind: "region" } : { kind: "region", app: first };
}
