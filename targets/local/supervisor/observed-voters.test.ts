import { expect, test } from "vitest";
import { mostHeard } from "./observed-voters.ts";

const view = (majority: boolean, answers: readonly boolean[]) => ({
  majority,
  voters: answers.map((one, at) => ({
    id: ["a", "b", "witness"][at] ?? "",
    kind: "region" as const,
    answers: one,
    since: 1,
  })),
});

test("the region that hears most voters says who answers", () => {
  const told = [
    { id: "a", view: view(false, [true, false, false]) },
    { id: "b", view: view(true, [false, true, true]) },
  ];
  expect(mostHeard(told)).toMatchObject({ majority: true, votersSeenBy: "b" });
});

test("where no region answers nobody can tell whether there is a majority", () => {
  const nobody = { majority: null, voters: [], votersSeenBy: null };
  expect(mostHeard([{ id: "a", view: null }])).toEqual(nobody);
});
