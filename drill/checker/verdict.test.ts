import { describe, expect, it } from "vitest";
import { scenarioFor } from "../faults/scenario.ts";
import { scenarioOf } from "../faults/table.ts";
import { type History, type Operation, PATHS, type Readback } from "../history.ts";
import { mark, operation, readback, rowsOf } from "./test-history.ts";
import { decideVerdict, type Observed } from "./verdict.ts";

const kill = scenarioOf("region-kill");
if (kill === undefined) throw new Error("the table has no region-kill");
const observed: Observed = {
  moves: [{ round: 1, from: "a", to: "b" }],
  problems: [],
  doubts: [],
};

/** One second of writes by each path in a, a kill, 100 ms of nothing, one second in b. */
const writes: readonly Operation[] = PATHS.flatMap((path) =>
  Array.from({ length: 200 }, (_, n) => {
    const moved = n >= 100;
    const startMs = n * 10 + (moved ? 100 : 0);
    const more = moved ? { region: "b", epoch: 2 } : {};
    return operation({ startMs, endMs: startMs + 2, path, user: path, ...more });
  }),
);

const historyOf = (operations: readonly Operation[], read: Partial<Readback> = {}): History => ({
  operations,
  marks: [mark({ atMs: 1_000 })],
  readback: readback({ regions: { a: rowsOf(writes), b: rowsOf(writes) }, ...read }),
  fromMs: 0,
  untilMs: 2_200,
});

const judge = (history: History, seen: Partial<Observed> = {}) => {
  const verdict = decideVerdict(kill, history, { ...observed, ...seen });
  return { ...verdict, checks: verdict.findings.map(({ check }) => check) };
};

describe("the verdict", () => {
  it("a quick move without loss is within the objectives", () => {
    const verdict = judge(historyOf(writes));
    expect(verdict.findings).toEqual([]);
    expect(verdict.doubts).toEqual([]);
    expect(verdict).toMatchObject({ conclusion: "within-objectives", exitStatus: 0 });
    const pauses = verdict.recoveries.filter((r) => r.group === "write").map((r) => r.pauseMs);
    expect(pauses).toEqual([110, 110]);
  });

  it("one lost write is not within the objectives", () => {
    const verdict = judge(
      historyOf(writes, { regions: { a: rowsOf(writes), b: rowsOf(writes.slice(1)) } }),
    );
    expect(verdict.exitStatus).toBe(1);
    expect(verdict.checks).toEqual(["lost", "regions-differ"]);
  });

  it("a pause beyond the objective is not within it", () => {
    const slow = writes.map((o) => (o.region === "b" ? { ...o, endMs: o.endMs + 3_000 } : o));
    const verdict = judge({ ...historyOf(slow), untilMs: 6_000 });
    expect(verdict.checks.filter((check) => check === "write-pause")).toHaveLength(2);
    expect(verdict.exitStatus).toBe(1);
  });

  it("an app that stayed where it should have moved is not within the objectives", () => {
    const verdict = judge(historyOf(writes), { moves: [{ round: 1, from: "a", to: "a" }] });
    expect(verdict.checks).toEqual(["moves"]);
  });

  it("what could not be read back makes it impossible to tell", () => {
    const verdict = judge(historyOf(writes, { unread: ["a could not be read back: silence"] }));
    expect(verdict).toMatchObject({ conclusion: "cannot-tell", exitStatus: 2 });
  });

  it("too few operations before the fault make it impossible to tell", () => {
    const few = writes.filter((_, n) => n % 20 === 0);
    const regions = { a: rowsOf(few), b: rowsOf(few) };
    expect(judge(historyOf(few, { regions }))).toMatchObject({ exitStatus: 2 });
  });

  it("a machine that was too busy before the fault cannot tell a pause, and can tell a loss", () => {
    const busy = writes.map((o) => ({ ...o, endMs: o.endMs + (o.region === "b" ? 2_000 : 400) }));
    const history = { ...historyOf(busy), untilMs: 5_000 };
    expect(judge(history)).toMatchObject({ exitStatus: 2, checks: [] });
    const regions = { a: rowsOf(writes), b: rowsOf(writes.slice(1)) };
    const lossy = judge({ ...history, readback: readback({ regions }) });
    expect(lossy).toMatchObject({ exitStatus: 1, checks: ["lost", "regions-differ"] });
  });

  it("a known wrong outweighs a doubt", () => {
    const verdict = judge(historyOf(writes, { unread: ["x"] }), {
      problems: ["not in sync again"],
    });
    expect(verdict).toMatchObject({ conclusion: "not-within-objectives", exitStatus: 1 });
  });

  it("a failed operation counts where none is wanted", () => {
    const planned = scenarioOf("switchover");
    if (planned === undefined) throw new Error("the table has no switchover");
    const refused = operation({ startMs: 1_050, outcome: "failed", code: "fenced", marker: "m" });
    const stayed = { ...observed, moves: [{ round: 1, from: "a", to: "a" }] };
    const verdict = decideVerdict(planned, historyOf([...writes, refused]), stayed);
    expect(verdict.findings.map(({ check }) => check)).toEqual(["failures"]);
  });
});

describe("the objectives of the app under drill", () => {
  const judgeFor = (objectives: { rtoMs: number; rpoMs: number }, history: History) =>
    decideVerdict(scenarioFor(kill, { durability: "local", objectives }), history, observed);

  it("a pause that the scenario allows is too long for an app that wants less", () => {
    const history = historyOf(writes);
    expect(judgeFor({ rtoMs: 1_000, rpoMs: 1_000 }, history).findings).toEqual([]);
    const strict = scenarioFor(kill, {
      durability: "replicated",
      objectives: { rtoMs: 50, rpoMs: 0 },
    });
    const checks = decideVerdict(strict, history, observed).findings.map(({ check }) => check);
    expect(checks).toEqual(["write-pause", "write-pause"]);
  });

  it("a late write older than rpoMs is a finding, a younger one is not", () => {
    const late = writes.find(({ endMs }) => endMs === 902)?.marker ?? "";
    const history = historyOf(writes, { beforeHealing: [{ marker: late, found: false }] });
    const [found] = judgeFor({ rtoMs: 1_000, rpoMs: 50 }, history).findings;
    expect(found).toMatchObject({ check: "rpo" });
    expect(found?.what).toMatch(/98 ms before the fault is missing.*at most 50 ms wanted/);
    expect(judgeFor({ rtoMs: 1_000, rpoMs: 100 }, history).findings).toEqual([]);
  });
});
