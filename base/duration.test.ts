import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDurationMs } from "./duration.ts";
import { ConfigurationError } from "./errors.ts";

test.each([
  ["20s", 20_000],
  ["150ms", 150],
  ["15m", 900_000],
  ["1h", 3_600_000],
  ["1h30m", 5_400_000],
  ["0s", 0],
  ["1.5s", 1_500],
  ["2d", 172_800_000],
  [" 0.1ms ", 0.1],
])("%s is %d milliseconds", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(["", "20", "s", "-1s", "1 s", "1S", "1e3s", "1.s", "ms1", "1s;", "9".repeat(99)])(
  "%j is refused with the value got and the fix",
  (text) => {
    let refusal: unknown;
    try {
      parseDurationMs(text, "--duration");
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect((refusal as ConfigurationError).message).toContain("--duration is not a duration");
    expect((refusal as ConfigurationError).got).toBe(text);
    expect((refusal as ConfigurationError).fix).toContain("20s");
  },
);

test("what is formatted from whole milliseconds parses back to the same number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => {
      expect(parseDurationMs(formatDuration(ms))).toBe(ms);
    }),
  );
});

test("durations are shown the way people write them", () => {
  expect([0.417, 34, 1_234, 60_000, 5_400_000, 90_061_500].map(formatDuration)).toEqual([
    "0.42ms",
    "34ms",
    "1.234s",
    "1m",
    "1h30m",
    "1d1h1m1.5s",
  ]);
  expect(formatDuration(Number.POSITIVE_INFINITY)).toBe("unbounded");
  expect(formatDuration(-20)).toBe("-20ms");
});
