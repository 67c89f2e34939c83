import { expect, test } from "vitest";
import { ConfigurationError, explainError, OperatingError, showValue } from "./errors.ts";

test("a configuration error says what was wrong, the value got, and the fix", () => {
  const error = new ConfigurationError({
    what: "the region is not known",
    got: "mars-1",
    fix: "Use one of: eu-west-1, ap-southeast-1.",
  });
  expect(error.message).toBe(
    'the region is not known: got "mars-1". Use one of: eu-west-1, ap-southeast-1.',
  );
});

test("a configuration error reaches a person without a stack trace", () => {
  const error = new ConfigurationError({ what: "no port", got: 0, fix: "Give one." });
  expect(explainError(error)).toBe("no port: got 0. Give one.");
});

test("an operating error tells its code and whether a retry is safe", () => {
  const cause = new Error("ECONNREFUSED");
  const error = new OperatingError("unreachable", "region B is gone", { retryable: true, cause });
  expect(error.code).toBe("unreachable");
  expect(error.cause).toBe(cause);
  expect(explainError(error)).toBe("region B is gone (unreachable). It is safe to try again.");
  const final = new OperatingError("disk-full", "no space", { retryable: false });
  expect(explainError(final)).toBe("no space (disk-full).");
  expect("cause" in final).toBe(false);
});

test("a bug keeps its stack when it is explained", () => {
  expect(explainError(new TypeError("x is not a function"))).toMatch(/x is not a function\n\s+at /);
});

test("any value can be shown, and no value floods the terminal", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(showValue(undefined)).toBe("nothing");
  expect(showValue(Number.NaN)).toBe("NaN");
  expect(showValue(cycle)).toBe("a value that cannot be shown");
  expect(showValue(12n)).toBe("12");
  expect(showValue(() => 1)).toBe("a function");
  expect(showValue("y".repeat(10_000)).length).toBeLessThan(300);
});
