import { expect, test } from "vitest";
import { describeVoters } from "./voters-text.ts";

type Status = Parameters<typeof describeVoters>[0];

/** Of the first voters it is known whether they answer; of the others nothing is. */
const told = (majority: boolean | null, ...answers: readonly (boolean | null)[]): Status =>
  ({
    majority,
    votersSeenBy: "a",
    voters: ["a", "b", "witness"].map((id, at) => ({ id, answers: answers[at] ?? null })),
  }) as unknown as Status;

test("status says which voters answer, and nothing of those that nobody knows of", () => {
  expect(describeVoters(told(true, true, true, true))).toEqual(["Voters      all 3 answer"]);
  expect(describeVoters(told(null))).toEqual([
    "Voters      a does not say yet which of the 3 answer",
  ]);
  expect(describeVoters(told(null, true))).toEqual(describeVoters(told(null)));
  expect(describeVoters(told(true, true, true, false))[0]).toContain("1 of 3 voters do not answer");
});
