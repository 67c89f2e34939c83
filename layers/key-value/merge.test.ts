import { expect, test } from "vitest";
import { createRng } from "../../base/rng.ts";
import { compareWrites, type Merge, type Written } from "./merge.ts";

const MERGES: readonly Merge[] = ["active-passive", "active-active"];

const at = (epoch: number, clock: number, region = "a", sequence = clock): Written => ({
  stamp: { epoch, region, sequence },
  clock,
});

/** Collects `seen`, in the transaction `by`. */
const deletionOf = (seen: Written, by: Written): Written => ({ ...by, of: seen });

test.each(MERGES)("%s: the order of writes and deletions of what expired is total", (merge) => {
  const rng = createRng(1);
  const writes = Array.from({ length: 32 }, (): Written => {
    const one = at(1 + rng.below(3), rng.below(4), rng.pick(["a", "b"]), rng.below(3));
    const seen = at(1 + rng.below(3), rng.below(4), rng.pick(["a", "b"]), rng.below(3));
    return rng.chance(0.5) ? one : deletionOf(seen, one);
  });
  const sign = (a: Written, b: Written): number => Math.sign(compareWrites(a, b, merge));
  for (const a of writes) {
    for (const b of writes) {
      expect(sign(a, b)).toBe(0 - sign(b, a));
      // An epoch tells nothing where every region writes.
      if (sign(a, b) === 0 && merge === "active-passive") expect(a).toEqual(b);
      for (const c of writes) {
        if (sign(a, b) >= 0 && sign(b, c) >= 0) expect(sign(a, c)).toBeGreaterThanOrEqual(0);
      }
    }
  }
});

test.each(MERGES)("%s: the deletion of what expired takes the write that it is of", (merge) => {
  const seen = at(1, 10);
  const deletion = deletionOf(seen, at(3, 500, "b"));
  expect(compareWrites(deletion, seen, merge)).toBeGreaterThan(0);
  expect(compareWrites(deletion, at(1, 9), merge)).toBeGreaterThan(0);
});

test.each(MERGES)("%s: what was renewed before it was collected stays, however late", (merge) => {
  const deletion = deletionOf(at(1, 10), at(3, 500, "b"));
  expect(compareWrites(at(1, 11), deletion, merge)).toBeGreaterThan(0);
  expect(compareWrites(at(3, 499), deletion, merge)).toBeGreaterThan(0);
});
