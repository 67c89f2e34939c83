/**
 * Round trips that were measured between AWS regions, in milliseconds. *pure*
 *
 * Source: CloudPing.co, median (50th percentile) over one year of TCP round trips between
 * instances in each pair of regions, as the site showed it in April 2022. Of the two directions of
 * a pair the mean is taken, rounded. They move with routes and seasons, and nothing is promised on
 * them; regions that came later are not in them (round-trips.ts estimates those).
 */

/** A line per region: to each of the regions of the lines above it, in their order. */
const LINES: readonly (readonly [region: string, toThoseAbove: string])[] = [
  ["af-south-1", ""],
  ["ap-east-1", "259"],
  ["ap-northeast-1", "360 53"],
  ["ap-northeast-2", "388 38 35"],
  ["ap-northeast-3", "366 47 11 30"],
  ["ap-south-1", "165 98 132 131 126"],
  ["ap-southeast-1", "214 41 74 75 72 60"],
  ["ap-southeast-2", "414 134 111 147 120 149 94"],
  ["ca-central-1", "230 195 144 173 150 190 211 198"],
  ["eu-central-1", "164 198 225 231 226 122 157 268 92"],
  ["eu-north-1", "181 218 245 254 246 142 177 296 109 23"],
  ["eu-south-1", "190 189 218 223 219 114 149 240 102 12 32"],
  ["eu-west-1", "160 222 202 230 208 123 181 257 71 26 43 36"],
  ["eu-west-2", "150 211 210 239 216 114 171 266 79 17 33 26 13"],
  ["eu-west-3", "158 205 216 245 222 107 165 280 86 10 30 19 19 10"],
  ["me-south-1", "161 128 165 163 159 39 88 181 201 118 138 111 136 126 120"],
  ["sa-east-1", "337 308 258 286 264 302 324 313 127 205 218 215 179 189 198 313"],
  ["us-east-1", "223 196 146 175 152 188 214 199 16 91 110 100 68 77 83 190 116"],
  ["us-east-2", "234 183 133 161 139 198 200 189 27 101 121 110 78 87 94 205 127 15"],
  ["us-west-1", "293 155 108 137 110 233 177 139 80 151 173 160 139 146 143 260 177 63 53"],
  ["us-west-2", "279 145 99 126 100 223 168 141 66 146 163 156 124 133 139 247 180 70 52 22"],
];

const keyOf = (from: string, to: string): string => (from < to ? `${from} ${to}` : `${to} ${from}`);

const MEASURED: ReadonlyMap<string, number> = new Map(
  LINES.flatMap(([region, line], at) =>
    line
      .split(" ")
      .slice(0, at)
      .map((ms, to): [string, number] => [keyOf(region, LINES[to]?.[0] ?? ""), Number(ms)]),
  ),
);

/** Undefined for a pair that was not measured. */
export const measuredRoundTripMs = (from: string, to: string): number | undefined =>
  MEASURED.get(keyOf(from, to));
