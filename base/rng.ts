/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey's PractRand), seeded by splitmix32.
 * The same seed gives the same sequence on every machine, which is what lets a run be replayed.
 */
export interface Rng {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  below(below: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element; the list must not be empty. */
  pick<Value>(list: readonly Value[]): Value;
  /** A new generator whose sequence is independent of how often this one is asked afterwards. */
  fork(): Rng;
}

export function createRng(seed: number): Rng {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let counter = 1;
  const word = (): number => {
    const sum = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let round = 0; round < 12; round++) word();
  const rng: Rng = {
    next: () => word() / 4294967296,
    below: (below) => Math.floor(rng.next() * below),
    chance: (probability) => rng.next() < probability,
    pick: (list) => {
      const value = list[rng.below(list.length)];
      if (value === undefined) throw new RangeError("pick: the list is empty");
      return value;
    },
    fork: () => createRng(word()),
  };
  return rng;
}
