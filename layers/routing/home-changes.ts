/**
 * How a home changes in the routing record of an active-active app. *pure*
 *
 *   nobody's, or of a region that does not serve --claimHomes, by one that does--> the claimant's
 *   of a region that serves --giveHome, by that region alone--> of another that serves
 *
 * No epoch changes: a region that serves is named before and after. So a region that serves, and
 * whose newest record names it, is the home as long as its lease lasts; who claims from a region
 * that is gone waits until every lease of that one has run out (layers/region/homes.ts).
 *
 * Invariant
 *  R4 the home of a name moves only by its own word while it serves, and not at all to a region
 *     that does not                                              (claimHomes, giveHome)
 */
import { type Change, type Changed, next, refuse } from "./changes.ts";
import { type Holder, type Home, holds, type RoutingRecord, servingRegionsOf } from "./record.ts";

/** Names, each with the home that was judged to be gone; undefined where there was none. */
export type Vacant = ReadonlyMap<string, Home | undefined>;

export function claimHomes(
  record: RoutingRecord,
  vacant: Vacant,
  by: Holder,
  change: Change,
): Changed {
  if (record.phase === "fenced") return refuse("the app is fenced: unfence it first");
  if (!holds(record, by)) return refuse(`${by.region} does not serve it`);
  const serving = servingRegionsOf(record);
  const homes = { ...record.homes };
  const term = record.version + 1;
  for (const [name, judged] of vacant) {
    const home = record.homes?.[name];
    if (home?.term !== judged?.term) return refuse(`the home of ${name} changed meanwhile`);
    if (home !== undefined && serving.includes(home.region)) {
      return refuse(`${home.region}, the home of ${name}, serves`);
    }
    homes[name] = { region: by.region, term };
  }
  return next(record, "home-claimed", change, { homes });
}

export function giveHome(
  record: RoutingRecord,
  name: string,
  from: Holder,
  to: string,
  change: Change,
): Changed {
  if (!holds(record, from)) return refuse(`${from.region} does not serve it`);
  if (record.homes?.[name]?.region !== from.region) {
    return refuse(`${from.region} is not the home of ${name}`);
  }
  if (!servingRegionsOf(record).includes(to)) return refuse(`${to} does not serve it`);
  const home = { region: to, term: record.version + 1 };
  return next(record, "home-given", change, { homes: { ...record.homes, [name]: home } });
}
