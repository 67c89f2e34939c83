import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Burden } from "./burden.ts";

/** Time passes by timers, and by looking at the clock: each look costs a millisecond. */
let lookedMs = 0;
let looks = 0;
const now = (): number => {
  looks += 1;
  lookedMs += 1;
  return Date.now() + lookedMs;
};

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  lookedMs = 0;
  looks = 0;
});
afterEach(() => vi.useRealTimers());

describe("a burden", () => {
  test.each([0.5, 0.8, 0.95])("takes the share of the time that it was given: %d", (share) => {
    const burden = new Burden(now);
    burden.begin(share, 60_000);
    vi.advanceTimersByTime(1_000);
    const worked = lookedMs / (lookedMs + 1_000);
    expect(worked).toBeGreaterThan(share - 0.05);
    expect(worked).toBeLessThan(Math.min(0.99, share + 0.15));
    burden.end();
  });

  test("ends by itself, and does nothing from then on", () => {
    const burden = new Burden(now);
    burden.begin(0.8, 2_000);
    vi.advanceTimersByTime(5_000);
    expect(burden.isOn).toBe(false);
    const before = looks;
    vi.advanceTimersByTime(5_000);
    expect(looks).toBe(before);
  });

  test("holds the thread for no longer than a tenth of a second at once", () => {
    const burden = new Burden(now);
    burden.begin(0.95, 60_000);
    // The region itself was busy for long.
    lookedMs += 10_000;
    const before = lookedMs;
    vi.advanceTimersToNextTimer();
    expect(lookedMs - before).toBeLessThan(110);
    burden.end();
  });

  test("is ended at once by a share of nothing", () => {
    const burden = new Burden(now);
    burden.begin(0.8, 60_000);
    expect(burden.isOn).toBe(true);
    burden.begin(0, 0);
    expect([burden.isOn, vi.getTimerCount()]).toEqual([false, 0]);
  });
});
