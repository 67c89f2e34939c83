import { describe, expect, test } from "vitest";
import { PROBLEMS, typeOf } from "../../api/problem.ts";
import { kitDe } from "../i18n/kit-de.ts";
import { kitEn } from "../i18n/kit-en.ts";
import {
  offlineProblem,
  PROBLEM_CODES,
  parseProblem,
  parseRetryAfter,
  problemOf,
} from "./problem.ts";
import { decideRetry, LONGEST_WAIT_MS, RETRY_AFTER_LIMIT_MS } from "./retry.ts";

const parse = (status: number, body: unknown, retryAfter: string | null = null) =>
  parseProblem(status, body, retryAfter, 0);

describe("an answer that is no success", () => {
  test("has words for every type the server can send", () => {
    for (const code of Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]) {
      const problem = parse(PROBLEMS[code].status, { type: typeOf(code) });
      expect(kitEn.problem[problem.code]).toBeTruthy();
      expect(kitDe.problem[problem.code]).toBeTruthy();
    }
    expect(Object.keys(kitEn.problem).sort()).toEqual([...PROBLEM_CODES].sort());
  });

  test("is told apart by its type, not by its status", () => {
    expect(parse(503, { type: "/problems/fenced" }).code).toBe("fenced");
    expect(parse(503, { type: "/problems/not-serving" }).code).toBe("not-serving");
    expect(parse(504, { type: "/problems/outcome-unknown" }).code).toBe("outcome-unknown");
  });

  test("is understood by its status when a proxy answered in the server's place", () => {
    expect(parse(502, undefined).code).toBe("unavailable");
    expect(parse(500, "<html>").code).toBe("internal");
    expect(parse(418, null).code).toBe("invalid");
  });

  test("is not confused by a type that is a property of every object", () => {
    expect(parse(400, { type: "/problems/constructor" }).code).toBe("invalid");
  });

  test("names the serving region, the wait and the fields", () => {
    const errors = [{ field: "priority", in: "body", message: "m", got: "g", fix: "f" }];
    const problem = parse(503, { type: "fenced", servingRegions: ["b"], errors }, "2");
    expect(problem).toMatchObject({ servingRegion: "b", retryAfterMs: 2000, fields: errors });
  });

  test("keeps a problem as it is and makes one of anything else", () => {
    const offline = offlineProblem(new TypeError("failed"));
    expect(problemOf(offline)).toBe(offline);
    expect(problemOf("x")).toMatchObject({ code: "internal", detail: "x" });
  });
});

test("Retry-After is read in seconds or as a date, never below zero", () => {
  expect(parseRetryAfter("1.5", 0)).toBe(1500);
  expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:03 GMT", 1000)).toBe(2000);
  expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:03 GMT", 9000)).toBe(0);
  expect(parseRetryAfter("soon", 0)).toBeUndefined();
  expect(parseRetryAfter(null, 0)).toBeUndefined();
});

describe("the next try", () => {
  test("does not come for what another try cannot change", () => {
    for (const type of ["invalid-request", "precondition-failed", "idempotency-mismatch"]) {
      expect(decideRetry(parse(400, { type }), 1, 0.5)).toBeUndefined();
    }
  });

  test("comes later each time, up to a bound", () => {
    const waits = [1, 2, 3, 10].map((attempt) => decideRetry(offlineProblem(null), attempt, 0.999));
    expect(waits).toEqual([...waits].sort((a, b) => Number(a) - Number(b)));
    expect(waits.at(-1)).toBeLessThanOrEqual(LONGEST_WAIT_MS);
  });

  test("does not come before the server asked for it, within reason", () => {
    expect(decideRetry(parse(503, { type: "fenced" }, "4"), 1, 0)).toBe(4000);
    expect(decideRetry(parse(503, { type: "fenced" }, "9999"), 1, 0)).toBe(RETRY_AFTER_LIMIT_MS);
  });
});
