/**
 * Which region a name leads to, for this asker, now. *pure*
 *
 * Regions in the first of these groups that has one with an address; within it by the policy:
 *   1. serving (the routing record) and well
 *   2. well, of the app: it answers reads, and refuses writes by naming the serving region
 *   3. serving: nobody is well, so perhaps our health is wrong; the last known is told
 *   4. any region of the app
 *
 *  S1 a region that is ill is told only when no region of the app is well      (groupsOf)
 *  S2 there is an answer as long as one region has an address (fail open)      (groupsOf)
 *  S3 equal facts and equal places give equal answers           (no state, no chance)
 */
import { contains, type Subnet } from "./dns-address.ts";
import type { Client, Query } from "./dns-message.ts";
import type { ZoneApp, ZoneRegion, ZoneState } from "./dns-zone.ts";
import { roundTripMs } from "./round-trips.ts";

/** Where an asker is, and how many bits of its network said so (RFC 7871, 7.2.1). */
export interface Whereabouts {
  readonly location: string | undefined;
  readonly scope: number;
}

export interface Selection {
  readonly region: ZoneRegion | undefined;
  /** Whether the answer depended on where the asker is. */
  readonly isLocal: boolean;
}

/** By the client's network where a resolver tells it, else by the address that asks. */
export function locate(zone: ZoneState, query: Query, client: Client): Whereabouts {
  const told = query.edns?.subnet;
  const subnet = told ?? wholeOf(client);
  if (subnet === undefined || zone.locations.length === 0) {
    return { location: zone.defaultLocation, scope: 0 };
  }
  let best: { readonly subnet: Subnet; readonly location: string } | undefined;
  let longestInside = 0;
  for (const one of zone.locations) {
    const isOver = contains(one.subnet, subnet);
    if (isOver && (best === undefined || one.subnet.bits > best.subnet.bits)) best = one;
  }
  const matched = best?.subnet;
  for (const one of zone.locations) {
    if (matched === undefined) {
      if (one.subnet.address.family !== subnet.address.family) continue;
    } else if (one.subnet.bits <= matched.bits || !contains(matched, one.subnet)) continue;
    // The matched network has another inside: the answer holds only for what was asked for.
    const needed = contains(subnet, one.subnet) ? one.subnet.bits : subnet.bits;
    longestInside = Math.max(longestInside, needed);
  }
  const scope = longestInside > 0 ? longestInside : (matched?.bits ?? 0);
  return {
    location: best?.location ?? zone.defaultLocation,
    scope: told === undefined ? 0 : scope,
  };
}

const wholeOf = ({ address }: Client): Subnet | undefined =>
  address && { address, bits: address.bytes.length * 8 };

export function selectRegion(
  zone: ZoneState,
  app: ZoneApp,
  location: string | undefined,
): Selection {
  for (const group of groupsOf(zone, app)) {
    const [first] = group;
    if (first === undefined) continue;
    if (group.length === 1 || app.policy === "failover") return { region: first, isLocal: false };
    return { region: nearest(group, location), isLocal: true };
  }
  return { region: undefined, isLocal: false };
}

/** Each in order of preference. */
function* groupsOf(zone: ZoneState, app: ZoneApp): Generator<readonly ZoneRegion[]> {
  const serving = knownOf(zone, inOrder(app.servingRegions, app.regions));
  const isWell = ({ id, healthy }: ZoneRegion): boolean =>
    healthy && !app.unhealthyRegions.includes(id);
  yield serving.filter(isWell);
  const all = knownOf(zone, app.regions);
  yield all.filter(isWell);
  yield serving;
  yield all;
}

/** Serving regions in the app's order; one that the order does not name (just added) comes last. */
const inOrder = (serving: readonly string[], order: readonly string[]): readonly string[] =>
  serving.length < 2
    ? serving
    : [
        ...order.filter((id) => serving.includes(id)),
        ...serving.filter((id) => !order.includes(id)),
      ];

const knownOf = (zone: ZoneState, ids: readonly string[]): readonly ZoneRegion[] =>
  ids.flatMap((id) => {
    const region = zone.regions.get(id);
    return region !== undefined && region.addresses.length > 0 ? [region] : [];
  });

/** Of equally near ones, and where nothing is known, the more preferred. */
function nearest(
  group: readonly ZoneRegion[],
  location: string | undefined,
): ZoneRegion | undefined {
  if (location === undefined) return group[0];
  let best = group[0];
  let bestMs = Number.POSITIVE_INFINITY;
  for (const region of group) {
    const ms = roundTripMs(location, region.id) ?? Number.POSITIVE_INFINITY;
    if (ms >= bestMs) continue;
    best = region;
    bestMs = ms;
  }
  return best;
}
