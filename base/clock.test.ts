import { expect, test } from "vitest";
import { type Instant, later, monotonicMs, wallMs } from "./clock.ts";

test("later moves a monotonic time and leaves its clock what it is", () => {
  expect(later(monotonicMs(1_000.5), 250)).toBe(1_250.5);
});

test("the two clocks cannot be mixed: the compiler refuses it", () => {
  // @ts-expect-error wall time is no monotonic time
  const mixed: Instant = { mono: wallMs(1), wall: wallMs(1) };
  // @ts-expect-error nor is a bare number
  const bare: Instant = { mono: 1, wall: wallMs(1) };
  // @ts-expect-error a deadline of this machine cannot be reckoned from wall time
  const deadline = later(wallMs(1), 5);
  expect([mixed.mono, bare.mono, deadline]).toEqual([1, 1, 6]);
});
