import { expect, test } from "vitest";
import { failed, type Outcome, ok, unknown } from "./outcome.ts";

const describe = (outcome: Outcome<number, "too-large">): string => {
  switch (outcome.kind) {
    case "ok":
      return `value ${outcome.value}`;
    case "failed":
      return `${outcome.code}: ${outcome.reason}`;
    case "unknown":
      return `unknown: ${outcome.reason}`;
  }
};

test("each of the three ends of a write is told apart by its kind", () => {
  expect(describe(ok(7))).toBe("value 7");
  expect(describe(failed("too-large", "9 bytes"))).toBe("too-large: 9 bytes");
  expect(describe(unknown("the lease lapsed"))).toBe("unknown: the lease lapsed");
});

test("an unknown outcome carries no code that a caller could mistake for a failure", () => {
  expect(Object.keys(unknown("cut off")).sort()).toEqual(["kind", "reason"]);
});
