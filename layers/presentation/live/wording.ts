/**
 * Which words and which tone a page uses for an app's situation. *pure*
 *
 *   state  (what the routing layer says)   active | fenced | failover
 *   mode                                   active-passive | active-active
 *   health (what the page can see)         healthy | degraded | unreachable
 *
 * Two more words are for what no record says: no majority of voters answers, so that no region may
 * write or take over; or no region has said yet that it serves the app. A fence outlasts both.
 *
 * Invariants
 *  1 every combination has words, in every language     (the Record types below do not compile with
 *    a missing cell; the keys are those of the message catalogue, which has every language)
 *  2 `quiet` is only for the one situation in which nothing is worth saying   (wording.test.ts)
 */
import type { Mode, State } from "../../routing/record.ts";
import type { LiveApp, LiveRegion, LiveState } from "./live-state.ts";

export type Health = "healthy" | "degraded" | "unreachable";
export type Tone = "quiet" | "info" | "warning" | "danger";

export const WORDING_KEYS = [
  "allWell",
  "standbyDown",
  "failingOver",
  "oneOfSeveralDown",
  "allUnreachable",
  "fenced",
  "fencedStandbyDown",
  "fencedUnreachable",
  "standingIn",
  "standingInAlone",
  "failingOverAgain",
  "elsewhere",
  "elsewhereDegraded",
  "noMajority",
  "noneServes",
] as const;
export type WordingKey = (typeof WORDING_KEYS)[number];

export interface Wording {
  readonly key: WordingKey;
  readonly tone: Tone;
  /** Whether a write sent now can be expected to be accepted. */
  readonly writable: boolean;
}

type Row = Readonly<Record<Health, Wording>>;
const say = (key: WordingKey, tone: Tone, writable: boolean): Wording => ({ key, tone, writable });

const FENCED: Row = {
  healthy: say("fenced", "warning", false),
  degraded: say("fencedStandbyDown", "warning", false),
  unreachable: say("fencedUnreachable", "danger", false),
};

export const WORDING: Readonly<Record<State, Readonly<Record<Mode, Row>>>> = {
  active: {
    "active-passive": {
      healthy: say("allWell", "quiet", true),
      degraded: say("standbyDown", "warning", true),
      unreachable: say("failingOver", "danger", false),
    },
    "active-active": {
      healthy: say("allWell", "quiet", true),
      degraded: say("oneOfSeveralDown", "warning", true),
      unreachable: say("allUnreachable", "danger", false),
    },
  },
  fenced: { "active-passive": FENCED, "active-active": FENCED },
  failover: {
    "active-passive": {
      healthy: say("standingIn", "info", true),
      degraded: say("standingInAlone", "warning", true),
      unreachable: say("failingOverAgain", "danger", false),
    },
    "active-active": {
      healthy: say("elsewhere", "info", true),
      degraded: say("elsewhereDegraded", "warning", true),
      unreachable: say("allUnreachable", "danger", false),
    },
  },
};

const isWell = (region: LiveRegion | undefined): boolean =>
  region === undefined || (region.up && region.healthy);

/** An app's health as this page sees it; a region that nobody told of counts as well. */
export function healthOf(app: LiveApp, regions: readonly LiveRegion[]): Health {
  const byId = new Map(regions.map((region) => [region.id, region]));
  const serving = app.servingRegions.filter((id) => isWell(byId.get(id)));
  if (app.servingRegions.length > 0 && serving.length === 0) return "unreachable";
  return app.regions.every((id) => isWell(byId.get(id))) ? "healthy" : "degraded";
}

export const NO_MAJORITY = say("noMajority", "danger", false);
export const NONE_SERVES = say("noneServes", "danger", false);

export function wordingOf(
  app: LiveApp,
  { regions, voters }: Pick<LiveState, "regions" | "voters">,
): Wording {
  if (app.state !== "fenced") {
    if (voters.majority === false) return NO_MAJORITY;
    if (app.servingRegions.length === 0) return NONE_SERVES;
  }
  return WORDING[app.state][app.mode][healthOf(app, regions)];
}
