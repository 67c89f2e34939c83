/**
 * What a client knows of the regions, and what it makes of each new fact. *pure*
 *
 * Facts come from answers, refusals, broken connections and probes. A refusal names the serving
 * region and its epoch; the higher epoch wins, so that a region that lives in the past cannot lead
 * a client back. Trouble is per region, not per app: a region that is dead is dead for all.
 *
 * Invariants
 *  K1 a fact of a lower epoch never changes the serving region             (refused, served)
 *  K2 any answer of a region ends its trouble                              (learn, every answer)
 *  K3 with several serving regions a client stays with one while it is sound (served)
 *  K4 a fact that changes nothing returns the same object: no announcement (learn)
 */
export interface Region {
  readonly id: string;
  /** Origin, without a slash at its end. */
  readonly url: string;
}

export type Trouble = "unreachable" | "silent";

/** What a page shows: served, refused by an operator's fence, on its way to a region, no region. */
export type AppState = "active" | "fenced" | "failing-over" | "offline";

export interface AppKnowledge {
  readonly serving?: string;
  readonly epoch: number;
  readonly state: AppState;
}

export interface Knowledge {
  readonly regions: readonly Region[];
  readonly near?: string;
  readonly trouble: ReadonlyMap<string, Trouble>;
  readonly apps: ReadonlyMap<string, AppKnowledge>;
}

export type Fact =
  | { readonly type: "regions"; readonly regions: readonly Region[] }
  /** It admitted a write or answered a fresh read, or its probe said that it serves. */
  | {
      readonly type: "serves";
      readonly app: string;
      readonly region: string;
      readonly epoch: number;
    }
  /** It answered, and that says nothing about who serves. */
  | { readonly type: "reached"; readonly region: string }
  | {
      readonly type: "refused";
      readonly app: string;
      readonly region: string;
      readonly fenced: boolean;
      readonly servingRegion?: string;
      readonly epoch: number;
    }
  | { readonly type: "trouble"; readonly region: string; readonly trouble: Trouble }
  /** A call has nowhere to go for now. */
  | { readonly type: "stuck"; readonly app: string };

const UNKNOWN: AppKnowledge = { epoch: 0, state: "active" };

export const appOf = (knowledge: Knowledge, app: string): AppKnowledge =>
  knowledge.apps.get(app) ?? UNKNOWN;

export function createKnowledge(regions: readonly Region[], near?: string): Knowledge {
  const base = { regions, trouble: new Map(), apps: new Map() };
  return near === undefined ? base : { ...base, near };
}

/** Regions in the order in which to try them: serving, near, listed; those in trouble last. */
export function orderOf(knowledge: Knowledge, app: string, nearFirst: boolean): readonly string[] {
  const serving = appOf(knowledge, app).serving;
  const rank = (id: string): number => {
    const preferred = nearFirst
      ? id === knowledge.near
        ? 0
        : id === serving
          ? 1
          : 2
      : id === serving
        ? 0
        : id === knowledge.near
          ? 1
          : 2;
    return preferred + (knowledge.trouble.has(id) ? 10 : 0);
  };
  return knowledge.regions.map((region) => region.id).sort((a, b) => rank(a) - rank(b));
}

export function learn(knowledge: Knowledge, fact: Fact): Knowledge {
  switch (fact.type) {
    case "regions":
      return sameRegions(knowledge.regions, fact.regions) || fact.regions.length === 0
        ? knowledge
        : { ...knowledge, regions: fact.regions };
    case "reached":
      return withoutTrouble(knowledge, fact.region);
    case "trouble":
      return withTrouble(knowledge, fact.region, fact.trouble);
    case "stuck":
      return withApp(knowledge, fact.app, stuck(knowledge, appOf(knowledge, fact.app)));
    case "serves":
      return served(withoutTrouble(knowledge, fact.region), fact);
    case "refused":
      return refused(withoutTrouble(knowledge, fact.region), fact);
  }
}

function served(knowledge: Knowledge, fact: Fact & { type: "serves" }): Knowledge {
  const app = appOf(knowledge, fact.app);
  if (fact.epoch < app.epoch) return knowledge;
  const { region, epoch } = fact;
  const keeps =
    epoch === app.epoch && app.serving !== undefined && !knowledge.trouble.has(app.serving);
  const serving = keeps ? app.serving : region;
  return withApp(knowledge, fact.app, { serving, epoch, state: "active" });
}

function refused(knowledge: Knowledge, fact: Fact & { type: "refused" }): Knowledge {
  const app = appOf(knowledge, fact.app);
  if (fact.epoch < app.epoch) return knowledge;
  const { epoch, servingRegion } = fact;
  const unfenced = app.state === "fenced" ? "failing-over" : app.state;
  const state: AppState = fact.fenced ? "fenced" : unfenced;
  const known = knowledge.regions.some((region) => region.id === servingRegion);
  const named = known ? servingRegion : app.serving;
  // A region that refuses is not the one to ask next, whatever it says of itself.
  const next = { epoch, state };
  return withApp(
    knowledge,
    fact.app,
    named === undefined || named === fact.region ? next : { ...next, serving: named },
  );
}

const stuck = (knowledge: Knowledge, app: AppKnowledge): AppKnowledge => {
  const offline = knowledge.regions.every((region) => knowledge.trouble.has(region.id));
  const state = offline ? "offline" : app.state === "fenced" ? "fenced" : "failing-over";
  return { ...app, state };
};

function withApp(knowledge: Knowledge, id: string, app: AppKnowledge): Knowledge {
  const old = knowledge.apps.get(id);
  const same = old?.serving === app.serving && old?.epoch === app.epoch && old?.state === app.state;
  return same ? knowledge : { ...knowledge, apps: new Map(knowledge.apps).set(id, app) };
}

function withTrouble(knowledge: Knowledge, region: string, trouble: Trouble): Knowledge {
  if (knowledge.trouble.get(region) === trouble) return knowledge;
  return { ...knowledge, trouble: new Map(knowledge.trouble).set(region, trouble) };
}

function withoutTrouble(knowledge: Knowledge, region: string): Knowledge {
  if (!knowledge.trouble.has(region)) return knowledge;
  const trouble = new Map(knowledge.trouble);
  trouble.delete(region);
  const apps = new Map(knowledge.apps);
  for (const [id, app] of apps) {
    if (app.state === "offline") apps.set(id, { ...app, state: "failing-over" });
  }
  return { ...knowledge, trouble, apps };
}

const sameRegions = (a: readonly Region[], b: readonly Region[]): boolean =>
  a.length === b.length && a.every((r, i) => r.id === b[i]?.id && r.url === b[i]?.url);
