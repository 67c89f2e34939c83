import { expect, test } from "vitest";
import { AssertionError, assert, must, unreachable } from "./assert.ts";

test("an assertion that does not hold stops with its message, in production too", () => {
  expect(() => assert(1 + 1 === 3, "sums are off")).toThrow(AssertionError);
  expect(() => assert(1 + 1 === 3, "sums are off")).toThrow("sums are off");
});

test("an assertion that holds narrows the type and lets go on", () => {
  const value: string | undefined = [..."a"][0];
  assert(value !== undefined, "there is one");
  expect(value.length).toBe(1);
});

test("must gives back what is there, falsy or not, and refuses what is not", () => {
  expect([must(0, "zero"), must("", "empty"), must(false, "no")]).toEqual([0, "", false]);
  expect(() => must(undefined, "no holder")).toThrow("no holder");
  expect(() => must(null, "no holder")).toThrow(AssertionError);
});

test("an unreachable branch that is reached names the value", () => {
  expect(() => unreachable({ kind: "new" } as never)).toThrow('{"kind":"new"}');
});
