/**
 * Approximate round trips between cloud regions, in milliseconds. *pure*
 *
 * For ordering regions by nearness (dns-selection.ts) and for slowing links down to something
 * realistic (`up --rtt aws`, simulate()). Of pairs that were measured the figure is that
 * (measured-round-trips.ts names the source); of others it is estimated from the distance between
 * the cities, at two thirds of the speed of light and with a detour. Good enough to order regions;
 * nothing is promised on them.
 */

import { measuredRoundTripMs } from "./measured-round-trips.ts";

/** Latitude and longitude of the city that a region is named after. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  "af-south-1": [-33.9, 18.4],
  "ap-east-1": [22.3, 114.2],
  "ap-northeast-1": [35.7, 139.7],
  "ap-northeast-2": [37.6, 127],
  "ap-northeast-3": [34.7, 135.5],
  "ap-south-1": [19.1, 72.9],
  "ap-south-2": [17.4, 78.5],
  "ap-southeast-1": [1.4, 103.8],
  "ap-southeast-2": [-33.9, 151.2],
  "ap-southeast-3": [-6.2, 106.8],
  "ap-southeast-4": [-37.8, 145],
  "ca-central-1": [45.5, -73.6],
  "ca-west-1": [51, -114.1],
  "eu-central-1": [50.1, 8.7],
  "eu-central-2": [47.4, 8.5],
  "eu-north-1": [59.3, 18.1],
  "eu-south-1": [45.5, 9.2],
  "eu-south-2": [41.6, -0.9],
  "eu-west-1": [53.3, -6.3],
  "eu-west-2": [51.5, -0.1],
  "eu-west-3": [48.9, 2.4],
  "il-central-1": [32.1, 34.8],
  "me-central-1": [24.5, 54.4],
  "me-south-1": [26.1, 50.6],
  "sa-east-1": [-23.5, -46.6],
  "us-east-1": [38.9, -77.4],
  "us-east-2": [40, -83],
  "us-west-1": [37.4, -122],
  "us-west-2": [45.8, -119.7],
};

const EARTH_RADIUS_KM = 6_371;
/** There and back at 200 km a millisecond, on a way 1.4 times as long as the straight one. */
const MS_PER_KM = (2 / 200) * 1.4;
const EQUIPMENT_MS = 2;

/** Undefined when nothing is known of one of them. */
export function roundTripMs(from: string, to: string): number | undefined {
  if (from === to) return 0;
  const measured = measuredRoundTripMs(from, to);
  return measured ?? estimatedRoundTripMs(from, to);
}

/** From the map alone. */
export function estimatedRoundTripMs(from: string, to: string): number | undefined {
  const [start, end] = [PLACES[from], PLACES[to]];
  if (start === undefined || end === undefined) return undefined;
  return Math.round(distanceKm(start, end) * MS_PER_KM + EQUIPMENT_MS);
}

/** Along the great circle (haversine). */
function distanceKm(from: readonly [number, number], to: readonly [number, number]): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [latitude1, latitude2] = [radians(from[0]), radians(to[0])];
  const north = Math.sin((latitude2 - latitude1) / 2) ** 2;
  const east = Math.sin(radians(to[1] - from[1]) / 2) ** 2;
  const chord = Math.min(1, north + Math.cos(latitude1) * Math.cos(latitude2) * east);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord));
}
