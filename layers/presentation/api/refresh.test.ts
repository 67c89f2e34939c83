import { expect, test } from "vitest";
import { ApiProblem, type ProblemCode } from "./problem.ts";
import { refreshEvery } from "./refresh.ts";

const failed = (code: ProblemCode) => ({
  state: { error: new ApiProblem({ code, status: 0, title: "", detail: "" }) },
});

test("a page asks again by itself until it is told to sign in", () => {
  const interval = refreshEvery(4_000);
  expect(interval({ state: { error: null } })).toBe(4_000);
  expect(interval(failed("unavailable"))).toBe(4_000);
  expect(interval(failed("unauthenticated"))).toBe(false);
});
