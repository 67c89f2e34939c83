/**
 * Ids that are unique across regions without asking anyone, and sort by the time they were made.
 *
 *   0123456789 012 345 6789012345     26 characters of Crockford's base 32, upper case
 *   wall time  seq reg randomness     48 bits of ms, 15 of sequence, 15 of region, 50 random
 *
 * Within one generator ids grow strictly, also when the wall clock stands still or goes back: the
 * time part never falls, and the sequence counts within one millisecond. Across generators the
 * order is that of their wall clocks. Uniqueness never rests on the millisecond alone, which is
 * what two regions share. Outside of simulations the rng has to be backed by the platform's source
 * of randomness: a generator seeded with 32 bits repeats itself across enough processes.
 */
import { assert } from "./assert.ts";
import { type WallMs, wallMs } from "./clock.ts";
import type { Rng } from "./rng.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SEQUENCES = 32 ** 3;
const LATEST_MS = 2 ** 48 - 1;
const ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export type Id = string;

export interface IdSource {
  readonly region: string;
  readonly rng: Rng;
  readonly wallNow: () => WallMs;
}

export function createIds(source: IdSource): () => Id {
  const region = base32(regionTag(source.region), 3);
  let timeMs = 0;
  let sequence = 0;
  return () => {
    const nowMs = Math.floor(source.wallNow());
    assert(nowMs >= 0 && nowMs < LATEST_MS, `wall time ${nowMs} does not fit an id`);
    if (nowMs > timeMs) {
      timeMs = nowMs;
      sequence = 0;
    } else if (++sequence === SEQUENCES) {
      timeMs++;
      sequence = 0;
    }
    let random = "";
    for (let index = 0; index < 10; index++) random += ALPHABET.charAt(source.rng.below(32));
    return base32(timeMs, 10) + base32(sequence, 3) + region + random;
  };
}

/** For bounds on what comes from outside: says nothing about whether the id was ever given out. */
export const isId = (text: string): boolean => ID.test(text);

/** When the id was made, by the wall clock of the region that made it. */
export function wallTimeOf(id: Id): WallMs {
  assert(isId(id), "not an id");
  let value = 0;
  for (const character of id.slice(0, 10)) value = value * 32 + ALPHABET.indexOf(character);
  return wallMs(value);
}

function base32(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < length; index++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** FNV-1a folded to 15 bits: keeps regions apart, names none. */
function regionTag(region: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < region.length; index++) {
    hash = Math.imul(hash ^ region.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash ^ (hash >>> 15) ^ (hash >>> 30)) & 0x7fff;
}
