import { describe, expect, test } from "vitest";
import { nearestName, refuseUnknownKeys } from "./known-keys.ts";

describe("a key that nothing reads", () => {
  const known = { regions: true, apps: true } as const;

  test("is refused with what was got and the nearest name", () => {
    expect(() => refuseUnknownKeys("define", { regoins: [] }, known)).toThrow(
      'define: an option has an unknown name: got "regoins". Did you mean regions? ' +
        "Known are regions, apps.",
    );
  });

  test("is refused without advice where no name is near", () => {
    expect(() => refuseUnknownKeys("define", { colour: 1 }, known)).toThrow(
      'got "colour". Known are regions, apps.',
    );
  });

  test("is one even where every object inherits it", () => {
    expect(() => refuseUnknownKeys("define", { constructor: 1 }, known)).toThrow(/constructor/);
  });

  test("known keys, and values that are no objects, pass", () => {
    for (const value of [{ apps: [] }, {}, undefined, null, "text", ["regoins"]]) {
      expect(() => refuseUnknownKeys("define", value, known)).not.toThrow();
    }
  });
});

test.each([
  ["minInSnyc", "minInSync"],
  ["mininsync", "minInSync"],
  ["bukets", "buckets"],
  ["x", undefined],
])("the name nearest to %s is %s", (given, nearest) => {
  expect(nearestName(given, ["buckets", "minInSync", "objectives"])).toBe(nearest);
});
