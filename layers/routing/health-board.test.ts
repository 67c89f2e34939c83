import { expect, test } from "vitest";
import {
  type HealthBoard,
  illOf,
  learnResults,
  NO_CHECKS,
  passTime,
  resolveChecks,
  viewsOf,
  withChecks,
} from "./health-board.ts";
import type { HealthCheckSet } from "./naming.ts";

const REGIONS = ["near", "far"];
const VOTERS = ["near", "far", "witness"];
const terms = { failures: 2, successes: 1 };
const SET: HealthCheckSet = {
  region: { terms },
  serves: { app: "tickets", regions: ["near"], voters: ["far", "witness"], terms },
};
const boardOf = (set: HealthCheckSet, from: HealthBoard = NO_CHECKS): HealthBoard =>
  withChecks(from, resolveChecks(set, REGIONS, VOTERS));

/** `of` is check/region. */
function told(
  board: HealthBoard,
  of: string,
  isGood: boolean,
  atMs: number,
  voters: readonly string[] = VOTERS,
): HealthBoard {
  const [check = "", region = ""] = of.split("/");
  const results = [{ check, region, isGood, reason: "answered 503" }];
  return voters.reduce((next, voter) => learnResults(next, voter, results, atMs), board);
}

test("a check is made of every region, or of those it names, by the voters it names", () => {
  const targets = resolveChecks(SET, REGIONS, VOTERS);
  expect(targets.map(({ check, region, terms: { voters } }) => [check, region, voters])).toEqual([
    ["region", "near", VOTERS],
    ["region", "far", VOTERS],
    ["serves", "near", ["far", "witness"]],
  ]);
  expect(resolveChecks(SET, ["far"], ["near"]).map(({ check }) => check)).toEqual(["region"]);
});

test("no more voters are needed than there are of those that are named", () => {
  const set: HealthCheckSet = { region: { voters: ["near", "far"], neededVoters: 2 } };
  const [alone] = resolveChecks(set, ["near"], ["near", "witness"]);
  expect(alone?.terms.neededVoters).toBe(1);
});

test("a failing check of a region takes the region, one of an app the app there", () => {
  let board = boardOf(SET);
  for (const atMs of [0, 1_000]) board = told(board, "serves/near", false, atMs);
  expect(illOf(board)).toEqual({ regions: [], apps: { tickets: ["near"] } });
  for (const atMs of [0, 1_000]) board = told(board, "region/far", false, atMs);
  expect(illOf(board)).toEqual({ regions: ["far"], apps: { tickets: ["near"] } });
  board = told(board, "region/far", true, 2_000);
  expect(illOf(board).regions).toEqual([]);
});

test("what is told of something that nobody checks changes nothing", () => {
  const board = boardOf(SET);
  expect(told(board, "other/near", false, 0)).toBe(board);
  expect(told(board, "serves/far", false, 0)).toBe(board);
  expect(told(board, "serves/near", false, 0, ["near"])).toBe(board);
});

test("what is known outlives a change of the regions", () => {
  let board = boardOf(SET);
  for (const atMs of [0, 1_000]) board = told(board, "region/near", false, atMs);
  const more = withChecks(board, resolveChecks(SET, [...REGIONS, "third"], VOTERS));
  expect(illOf(more).regions).toEqual(["near"]);
  expect(illOf(withChecks(more, resolveChecks(SET, ["far"], VOTERS))).regions).toEqual([]);
});

test("voters that fall silent cease to count as time passes", () => {
  let board = boardOf(SET);
  for (const atMs of [0, 1_000]) board = told(board, "region/near", false, atMs, ["far"]);
  board = told(board, "region/near", true, 1_000, ["near", "witness"]);
  expect(illOf(board).regions).toEqual([]);
  board = told(board, "region/near", false, 5_000, ["far"]);
  expect(illOf(passTime(board, 5_000)).regions).toEqual(["near"]);
  expect(passTime(board, 5_000)).toBe(board);
  const [view] = viewsOf(board, 5_500);
  expect(view?.voters.map(({ voter, silent }) => [voter, silent])).toEqual([
    ["far", false],
    ["near", true],
    ["witness", true],
  ]);
});

test("people are told who found what, the last error, and what changed, newest first", () => {
  let board = boardOf(SET);
  for (const atMs of [0, 1_000]) board = told(board, "region/near", false, atMs);
  board = told(board, "region/near", true, 2_000);
  const view = viewsOf(board, 2_500).find(({ region }) => region === "near");
  expect(view).toMatchObject({
    check: "region",
    path: "/health",
    healthy: true,
    lastError: { voter: "witness", ageMs: 1_500, reason: "answered 503" },
  });
  expect(view?.voters).toHaveLength(3);
  const together = view?.history.filter(({ voter }) => voter === undefined) ?? [];
  expect(together.map(({ healthy, ageMs }) => [healthy, ageMs])).toEqual([
    [true, 500],
    [false, 1_500],
  ]);
});
