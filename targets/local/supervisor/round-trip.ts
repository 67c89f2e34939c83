/**
 * Round trips between sites, for `up --rtt`. *pure*
 *
 * `aws` uses figures that were measured between AWS regions (layers/routing/round-trips.ts); of a
 * region that is not known there, UNKNOWN_MS. The witness stands in WITNESS_REGION. The front door
 * is beside its clients and is not slowed down.
 */
import { roundTripMs } from "../../../layers/routing/round-trips.ts";
import { FRONT_DOOR_SITE, WITNESS_SITE } from "../link/address.ts";

/** A number of milliseconds for every pair of sites, or figures as between AWS regions. */
export type RoundTrip = number | "aws";

const UNKNOWN_MS = 150;
/** Where the witness stands in the table. */
const WITNESS_REGION = "eu-central-1";

/** One way, from one site to another. */
export function oneWayMs(roundTrip: RoundTrip, from: string, to: string): number {
  if (from === to || from === FRONT_DOOR_SITE || to === FRONT_DOOR_SITE) return 0;
  if (roundTrip !== "aws") return roundTrip / 2;
  const placeOf = (site: string): string => (site === WITNESS_SITE ? WITNESS_REGION : site);
  return (roundTripMs(placeOf(from), placeOf(to)) ?? UNKNOWN_MS) / 2;
}
