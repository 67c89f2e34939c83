/**
 * Round trips between sites, for `up --rtt`. *pure*
 *
 * `aws` uses rounded public measurements between regions (milliseconds); a pair that is not in
 * the table takes UNLISTED_MS. The front door is beside its clients and is not slowed down.
 */
import { FRONT_DOOR_SITE, WITNESS_SITE } from "../link/address.ts";

/** A number of milliseconds for every pair of sites, or figures as between AWS regions. */
export type RoundTrip = number | "aws";

const UNLISTED_MS = 150;
/** Where the witness stands in the table. */
const WITNESS_REGION = "eu-central-1";

const AWS_MS: Readonly<Record<string, number>> = {
  "ap-northeast-1 ap-southeast-1": 70,
  "ap-northeast-1 eu-west-1": 205,
  "ap-northeast-1 us-east-1": 150,
  "ap-northeast-1 us-west-2": 100,
  "ap-southeast-1 ap-southeast-2": 95,
  "ap-southeast-1 eu-central-1": 160,
  "ap-southeast-1 eu-west-1": 175,
  "ap-southeast-1 us-east-1": 220,
  "ap-southeast-1 us-west-2": 165,
  "eu-central-1 eu-north-1": 25,
  "eu-central-1 eu-west-1": 25,
  "eu-central-1 us-east-1": 90,
  "eu-central-1 us-west-2": 145,
  "eu-north-1 eu-west-1": 40,
  "eu-west-1 us-east-1": 70,
  "eu-west-1 us-west-2": 125,
  "us-east-1 us-east-2": 12,
  "us-east-1 us-west-2": 65,
};

/** One way, from one site to another. */
export function oneWayMs(roundTrip: RoundTrip, from: string, to: string): number {
  if (from === to || from === FRONT_DOOR_SITE || to === FRONT_DOOR_SITE) return 0;
  if (roundTrip !== "aws") return roundTrip / 2;
  const [first, second] = [from, to]
    .map((site) => (site === WITNESS_SITE ? WITNESS_REGION : site))
    .sort();
  return first === second ? 0 : (AWS_MS[`${first} ${second}`] ?? UNLISTED_MS) / 2;
}
