import { expect, it } from "vitest";
import { outcomeOf } from "./answers.ts";

const answer = (status: number, code?: string, headers: Record<string, string> = {}) => ({
  status,
  header: (name: string) => headers[name] ?? null,
  body: code === undefined ? {} : { type: `/problems/${code}` },
});

it("an acknowledged write tells region, epoch and receipt", () => {
  const headers = { "understudy-region": "a", "understudy-epoch": "3", "understudy-receipt": "r" };
  expect(outcomeOf(answer(201, undefined, headers), true)).toEqual({
    outcome: "ok",
    status: 201,
    region: "a",
    epoch: 3,
    receipt: "r",
  });
});

it("a refusal is certain, and any other error of a write is unknown", () => {
  const outcomes = [
    [503, "not-serving"],
    [503, "fenced"],
    [409, "conflict"],
    [504, "outcome-unknown"],
    [502, undefined],
    [500, "internal-error"],
  ] as const;
  expect(outcomes.map(([status, code]) => outcomeOf(answer(status, code), true).outcome)).toEqual([
    "failed",
    "failed",
    "failed",
    "unknown",
    "unknown",
    "unknown",
  ]);
});

it("no answer is a failure only where nothing can have happened", () => {
  const silence = (isCertain: boolean) => ({ code: "x", isCertain });
  expect(outcomeOf(silence(true), true)).toEqual({ outcome: "failed", code: "x" });
  expect(outcomeOf(silence(false), true)).toEqual({ outcome: "unknown", code: "x" });
  expect(outcomeOf(silence(false), false)).toEqual({ outcome: "failed", code: "x" });
});
