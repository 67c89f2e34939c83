import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ReadCode, WriteCode } from "../key-value/port.ts";
import { PROBLEMS, problemOfRead, problemOfWrite, problemsAsMarkdown } from "./problem.ts";

const WRITES: Record<WriteCode, number> = {
  "condition-failed": 409,
  fenced: 503,
  "not-serving": 503,
  elsewhere: 503,
  "too-few-in-sync": 503,
  "idempotency-mismatch": 422,
  "too-large": 413,
  invalid: 400,
  unavailable: 503,
};
const READS: Record<ReadCode, number> = { "not-serving": 503, unavailable: 503, invalid: 400 };

test("each code of the store has one status", () => {
  for (const [code, status] of Object.entries(WRITES) as [WriteCode, number][]) {
    const { code: made } = problemOfWrite({ kind: "failed", code, reason: "" });
    expect(PROBLEMS[made].status, code).toBe(status);
  }
  for (const [code, status] of Object.entries(READS) as [ReadCode, number][]) {
    const { code: made } = problemOfRead({ kind: "failed", code, reason: "" });
    expect(PROBLEMS[made].status, code).toBe(status);
  }
});

test("an unknown outcome has a status that no refusal and no success has", () => {
  const { code } = problemOfWrite({ kind: "unknown", reason: "" });
  expect(code).toBe("outcome-unknown");
  const alike = Object.values(PROBLEMS).filter(({ status }) => status === PROBLEMS[code].status);
  expect(alike).toEqual([PROBLEMS["outcome-unknown"]]);
});

test("the reference page lists the problems as they are", () => {
  const page = new URL("../../docs/reference/problems.md", import.meta.url);
  expect(readFileSync(page, "utf8")).toBe(problemsAsMarkdown());
});
