/** Randomness of the platform, for ids and names that must never repeat. *adapter* */
import { randomBytes } from "node:crypto";
import type { Rng } from "../../../base/rng.ts";

const POOL_BYTES = 4096;

export function createPlatformRng(): Rng {
  let pool = randomBytes(POOL_BYTES);
  let at = 0;
  const rng: Rng = {
    next: () => {
      if (at + 4 > POOL_BYTES) {
        pool = randomBytes(POOL_BYTES);
        at = 0;
      }
      const word = pool.readUInt32LE(at);
      at += 4;
      return word / 4294967296;
    },
    below: (below) => Math.floor(rng.next() * below),
    chance: (probability) => rng.next() < probability,
    pick: (list) => {
      const value = list[rng.below(list.length)];
      if (value === undefined) throw new RangeError("pick: the list is empty");
      return value;
    },
    fork: () => createPlatformRng(),
  };
  return rng;
}

export const randomName = (): string => randomBytes(9).toString("hex");
