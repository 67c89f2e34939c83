import { describe, expect, it } from "vitest";
import { ConcurrencyLimit } from "./limit.ts";

/** A region that answers `perMs` requests a millisecond, whatever is asked of it. */
function load(limit: ConcurrencyLimit, perMs: number, fromMs: number, forMs: number): void {
  for (let at = 0; at < forMs * perMs; at++) {
    const inFlight = limit.value;
    limit.observe(Math.max(5, inFlight / perMs), inFlight, fromMs + at / perMs);
  }
}

describe("the limit of a region", () => {
  it("grows while answers do not get slower", () => {
    const limit = new ConcurrencyLimit();
    load(limit, 100, 0, 5_000);
    expect(limit.value).toBe(256);
  });

  it("shrinks until requests no longer wait for each other inside the region", () => {
    const limit = new ConcurrencyLimit();
    for (let at = 0; at < 200; at++) limit.observe(5, 4, at);
    load(limit, 0.2, 1_000, 10_000);
    expect(limit.value).toBeLessThan(80);
    expect(limit.value).toBeGreaterThanOrEqual(64);
  });

  it("is not moved by answers of a region that is not busy", () => {
    const limit = new ConcurrencyLimit();
    const before = limit.value;
    for (let at = 0; at < 5_000; at++) limit.observe(at % 2 === 0 ? 1 : 400, 3, at);
    expect(limit.value).toBe(before);
  });

  it("recovers when an app has become slower for good", () => {
    const limit = new ConcurrencyLimit();
    for (let at = 0; at < 200; at++) limit.observe(1, 1, at);
    for (let at = 0; at < 400_000; at++) limit.observe(40, limit.value, 1_000 + at);
    expect(limit.value).toBeGreaterThan(64);
  });
});
