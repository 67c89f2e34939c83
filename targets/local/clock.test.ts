import { afterEach, expect, test, vi } from "vitest";
import { createSystemClock } from "./clock.ts";

afterEach(() => vi.useRealTimers());

test("monotonic time never falls, and both clocks move on", () => {
  const clock = createSystemClock();
  let before = clock.now();
  const first = before;
  while (before.mono - first.mono < 3) {
    const next = clock.now();
    expect(next.mono).toBeGreaterThanOrEqual(before.mono);
    before = next;
  }
  expect(before.wall).toBeGreaterThan(first.wall);
});

test("wall time is the system's, to a few milliseconds", () => {
  const clock = createSystemClock();
  expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(5);
});

test("wall time follows at once when the system's clock is set, or went on while suspended", () => {
  const clock = createSystemClock();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  const before = clock.mono();
  expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(5);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(5);
  expect(clock.mono() - before).toBeLessThan(60_000);
});
