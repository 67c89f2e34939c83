import { expect, test } from "vitest";
import { roundTripMs } from "./round-trips.ts";

test("a round trip is the same in both directions, and nothing to oneself", () => {
  expect(roundTripMs("eu-west-1", "ap-southeast-1")).toBe(175);
  expect(roundTripMs("ap-southeast-1", "eu-west-1")).toBe(175);
  expect(roundTripMs("moon-1", "moon-1")).toBe(0);
});

test("a pair that is not listed is estimated from the distance", () => {
  const capeTownToParis = roundTripMs("af-south-1", "eu-west-3");
  expect(capeTownToParis).toBeGreaterThan(100);
  expect(capeTownToParis).toBeLessThan(200);
});

test("nothing is claimed of a place that is not known", () => {
  expect(roundTripMs("eu-west-1", "moon-1")).toBeUndefined();
});

test("the nearer of two regions is told as nearer, also when one figure is estimated", () => {
  const nearer: readonly (readonly [string, string, string])[] = [
    ["eu-west-3", "eu-west-1", "us-east-1"],
    ["il-central-1", "eu-central-1", "ap-southeast-1"],
    ["ap-east-1", "ap-southeast-1", "eu-west-1"],
    ["ca-west-1", "us-west-2", "eu-west-1"],
  ];
  for (const [from, near, far] of nearer) {
    expect(roundTripMs(from, near)).toBeLessThan(roundTripMs(from, far) ?? 0);
  }
});
