import fc from "fast-check";
import { expect, test } from "vitest";
import { createRng } from "./rng.ts";

const draw = (seed: number, count: number) => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.next());
};

test("the same seed gives the same sequence, another seed another one", () => {
  expect(draw(7, 50)).toEqual(draw(7, 50));
  expect(draw(7, 50)).not.toEqual(draw(8, 50));
});

test("the sequence is the same on every machine and in every build", () => {
  const rng = createRng(1);
  expect([rng.below(1e9), rng.below(1e9), rng.below(1e9)]).toEqual([
    563671773, 585111341, 895907392,
  ]);
});

test("floats are in [0, 1) and integers below their bound", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 31 }), (seed, bound) => {
      const rng = createRng(seed);
      const float = rng.next();
      const integer = rng.below(bound);
      expect(float >= 0 && float < 1).toBe(true);
      expect(Number.isInteger(integer) && integer >= 0 && integer < bound).toBe(true);
    }),
  );
});

test("draws are spread evenly: no bucket of ten is off by a tenth in 100,000", () => {
  const rng = createRng(42);
  const buckets = new Array<number>(10).fill(0);
  for (let count = 0; count < 100_000; count++) {
    const bucket = rng.below(10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  expect(Math.min(...buckets)).toBeGreaterThan(9_000);
  expect(Math.max(...buckets)).toBeLessThan(11_000);
});

test("chance 0 never happens and chance 1 always does", () => {
  const rng = createRng(3);
  const never = Array.from({ length: 200 }, () => rng.chance(0));
  const always = Array.from({ length: 200 }, () => rng.chance(1));
  expect(never).not.toContain(true);
  expect(always).not.toContain(false);
});

test("pick gives every element sooner or later, and refuses an empty list", () => {
  const rng = createRng(5);
  const seen = new Set(Array.from({ length: 200 }, () => rng.pick(["a", "b", "c"])));
  expect([...seen].sort()).toEqual(["a", "b", "c"]);
  expect(() => rng.pick([])).toThrow("the list is empty");
});

test("what a fork draws does not depend on how often its parent is asked afterwards", () => {
  const quiet = createRng(11);
  const busy = createRng(11);
  const quietFork = quiet.fork();
  const busyFork = busy.fork();
  for (let count = 0; count < 10; count++) busy.next();
  expect(quietFork.next()).toBe(busyFork.next());
});
