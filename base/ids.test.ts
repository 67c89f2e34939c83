import fc from "fast-check";
import { expect, test } from "vitest";
import { type WallMs, wallMs } from "./clock.ts";
import { createIds, isId, wallTimeOf } from "./ids.ts";
import { createRng } from "./rng.ts";

const START = 1_790_000_000_000;
const at = (region: string, seed: number, wallNow: () => WallMs) =>
  createIds({ region, rng: createRng(seed), wallNow });

test("an id has 26 characters and tells the wall time at which it was made", () => {
  const id = at("eu-west-1", 1, () => wallMs(START + 0.7))();
  expect(id).toHaveLength(26);
  expect(isId(id)).toBe(true);
  expect(wallTimeOf(id)).toBe(START);
});

test("ids of one generator grow strictly, whatever the wall clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2 }), (jumps) => {
      let now = START;
      const next = at("eu-west-1", 2, () => wallMs(now));
      let previous = next();
      for (const jump of jumps) {
        now += jump;
        const id = next();
        expect(id > previous).toBe(true);
        previous = id;
      }
    }),
  );
});

test("ids go on growing when one millisecond is used up", () => {
  const next = at("eu-west-1", 3, () => wallMs(START));
  let previous = next();
  let unordered = 0;
  for (let count = 0; count < 70_000; count++) {
    const id = next();
    if (id <= previous) unordered++;
    previous = id;
  }
  expect(unordered).toBe(0);
  expect(wallTimeOf(previous)).toBe(START + 2);
});

test("ids sort by time across regions", () => {
  const first = at("ap-southeast-1", 9, () => wallMs(START))();
  const second = at("eu-west-1", 1, () => wallMs(START + 1))();
  expect([second, first].sort()).toEqual([first, second]);
});

test("regions with the same seed and the same clock never make the same id", () => {
  const made = new Set<string>();
  for (const region of ["eu-west-1", "ap-southeast-1", "us-east-1", "us-east-2", "us-west-1"]) {
    const next = at(region, 4, () => wallMs(START));
    for (let count = 0; count < 100; count++) made.add(next());
  }
  expect(made.size).toBe(500);
});

test("the same seed and clock replay the same ids", () => {
  const run = () => {
    const next = at("eu-west-1", 5, () => wallMs(START));
    return [next(), next(), next()];
  };
  expect(run()).toEqual(run());
});

test.each(["", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01J0000000000000000000000u", "../etc/passwd"])(
  "%j is not an id",
  (text) => {
    expect(isId(text)).toBe(false);
    expect(() => wallTimeOf(text)).toThrow("not an id");
  },
);

test("a wall clock outside the range of an id stops the process instead of wrapping", () => {
  expect(at("eu-west-1", 6, () => wallMs(-1))).toThrow("does not fit");
  expect(at("eu-west-1", 6, () => wallMs(2 ** 48))).toThrow("does not fit");
});
