import fc from "fast-check";
import { expect, test } from "vitest";
import { HEALTHY, type Health, type HealthTerms, nextHealth } from "./health.ts";

const terms: HealthTerms = { failures: 3, successes: 2 };
const after = (results: readonly boolean[], from: Health = HEALTHY): boolean =>
  results.reduce((health, isGood) => nextHealth(health, isGood, terms), from).healthy;

test("a region is ill after three failures in a row, and not before", () => {
  expect(after([false, false])).toBe(true);
  expect(after([false, false, false])).toBe(false);
});

test("failures that are not in a row make nobody ill", () => {
  expect(after([false, false, true, false, false, true, false])).toBe(true);
});

test("an ill region is well after two successes in a row, and not before", () => {
  const ill = [false, false, false];
  expect(after([...ill, true])).toBe(false);
  expect(after([...ill, true, false, true])).toBe(false);
  expect(after([...ill, true, true])).toBe(true);
});

test("the state changes only when the last results, as many as needed, all speak for the other", () => {
  const anyResults = fc.array(fc.boolean(), { maxLength: 40 });
  fc.assert(
    fc.property(anyResults, (results) => {
      let health = HEALTHY;
      for (const [at, isGood] of results.entries()) {
        const next = nextHealth(health, isGood, terms);
        if (next.healthy !== health.healthy) {
          const needed = next.healthy ? terms.successes : terms.failures;
          const last = results.slice(Math.max(0, at + 1 - needed), at + 1);
          expect(last).toEqual(Array.from({ length: needed }, () => next.healthy));
        }
        health = next;
      }
    }),
  );
});
