import { expect, test } from "vitest";
import { measuredRoundTripMs } from "./measured-round-trips.ts";
import { estimatedRoundTripMs, roundTripMs } from "./round-trips.ts";

test("a round trip is the same in both directions, and nothing to oneself", () => {
  expect(roundTripMs("eu-west-1", "ap-southeast-1")).toBe(181);
  expect(roundTripMs("ap-southeast-1", "eu-west-1")).toBe(181);
  expect(roundTripMs("moon-1", "moon-1")).toBe(0);
});

test("a pair that was not measured is estimated from the distance", () => {
  expect(measuredRoundTripMs("af-south-1", "eu-central-2")).toBeUndefined();
  const capeTownToZurich = roundTripMs("af-south-1", "eu-central-2");
  expect(capeTownToZurich).toBeGreaterThan(100);
  expect(capeTownToZurich).toBeLessThan(200);
});

test("a measured pair is told as it was measured, of the first line to the last", () => {
  const pairs: readonly (readonly [string, string, number])[] = [
    ["af-south-1", "ap-east-1", 259],
    ["us-west-2", "af-south-1", 279],
    ["us-west-2", "us-west-1", 22],
    ["eu-west-1", "eu-central-1", 26],
  ];
  for (const [from, to, ms] of pairs) expect(measuredRoundTripMs(from, to)).toBe(ms);
});

test("what is estimated is of the order of what was measured", () => {
  for (const [from, to] of [
    ["eu-west-1", "us-east-1"],
    ["eu-west-1", "ap-southeast-1"],
    ["ap-northeast-1", "us-west-2"],
  ] as const) {
    const ratio = (estimatedRoundTripMs(from, to) ?? 0) / (measuredRoundTripMs(from, to) ?? 1);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.6);
  }
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
