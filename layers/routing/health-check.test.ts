import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CheckState,
  defineHealthCheck,
  type Found,
  judge,
  judgeTogether,
  learnResult,
  nextCheckMs,
  SEARCHED_CHARACTERS,
  UNCHECKED,
} from "./health-check.ts";

const VOTERS = ["eu-west-1", "ap-southeast-1", "witness"] as const;
const check = defineHealthCheck({ voters: VOTERS, terms: { failures: 2, successes: 2 } });
const bad = { isGood: false, reason: "answered 503" };
const good = { isGood: true, reason: "took 3 ms" };

interface Step {
  readonly voter: string;
  readonly atMs: number;
  readonly isGood: boolean;
}
const after = (steps: readonly Step[], from: CheckState = UNCHECKED): CheckState =>
  steps.reduce(
    (state, { voter, atMs, isGood }) =>
      learnResult(check, state, { voter, atMs, ...(isGood ? good : bad) }),
    from,
  );
const round = (atMs: number, ...isGood: readonly boolean[]): readonly Step[] =>
  isGood.map((one, at) => ({ voter: VOTERS[at] ?? "", atMs, isGood: one }));

test("an answer is judged by its time, its status and its body", () => {
  const texts = defineHealthCheck({ voters: ["a"], find: "serving", expectedStatus: [200, 200] });
  const found = (change: object): Found => ({
    kind: "answered",
    tookMs: 12.4,
    status: 200,
    body: "now serving",
    ...change,
  });
  const far = `${" ".repeat(SEARCHED_CHARACTERS)}serving`;
  const cases: readonly (readonly [Found, boolean, string])[] = [
    [found({}), true, "took 12 ms"],
    [found({ tookMs: 900 }), false, "took 900 ms of 500"],
    [found({ status: 503 }), false, "answered 503, not 200 to 200"],
    [found({ status: 204 }), false, "answered 204, not 200 to 200"],
    [found({ body: "fenced" }), false, '"serving" is not in the first 5120 characters'],
    [found({ body: far }), false, '"serving" is not in the first 5120 characters'],
    [{ kind: "connected", tookMs: 1 }, false, "connected, but gave no answer"],
    [{ kind: "nothing", reason: "refused" }, false, "refused"],
  ];
  for (const [one, isGood, reason] of cases) expect(judge(texts, one)).toEqual({ isGood, reason });
  const tcp = defineHealthCheck({ voters: ["a"], protocol: "tcp" });
  expect(judge(tcp, { kind: "connected", tookMs: 1 }).isGood).toBe(true);
});

test("nothing is ill before anybody has looked", () => {
  expect(UNCHECKED.healthy).toBe(true);
  expect(judgeTogether(check, UNCHECKED, 1e9)).toBe(UNCHECKED);
});

test("one voter alone makes nobody ill; the majority does, and well again", () => {
  const one = after([...round(0, false, true, true), ...round(1_000, false, true, true)]);
  expect(one.healthy).toBe(true);
  const two = after(
    [...round(2_000, false, false, true), ...round(3_000, false, false, true)],
    one,
  );
  expect(two.healthy).toBe(false);
  expect(two.history.at(-1)).toEqual({
    atMs: 3_000,
    healthy: false,
    reason: "1 of 3 find it well: answered 503",
  });
  const again = after([...round(4_000, true, true, true), ...round(5_000, true, true, true)], two);
  expect(again.healthy).toBe(true);
});

test("a voter that has fallen silent does not count, either way", () => {
  const all = after([...round(0, false, false, true), ...round(1_000, false, false, true)]);
  expect(all.healthy).toBe(false);
  const last = after(
    [2_000, 3_000, 4_000, 5_000].map((atMs) => ({ voter: "witness", atMs, isGood: true })),
    all,
  );
  expect(last.healthy).toBe(true);
});

test("while nobody reports, what was last known stays", () => {
  const ill = after([...round(0, false, false, false), ...round(1_000, false, false, false)]);
  expect(ill.healthy).toBe(false);
  expect(judgeTogether(check, ill, 1e9).healthy).toBe(false);
});

test("a result from a stranger, or from before the last one, changes nothing", () => {
  const state = after(round(5_000, true, true, true));
  expect(after([{ voter: "stranger", atMs: 6_000, isGood: false }], state)).toBe(state);
  expect(after([{ voter: "witness", atMs: 4_000, isGood: false }], state)).toBe(state);
});

test("a voter asks once an interval, and only one that is named", () => {
  expect(nextCheckMs(check, UNCHECKED, "witness", 500)).toBe(500);
  const state = after(round(5_000, true, true, true));
  expect(nextCheckMs(check, state, "witness", 5_100)).toBe(6_000);
  expect(nextCheckMs(check, state, "witness", 9_000)).toBe(9_000);
  expect(nextCheckMs(check, state, "stranger", 9_000)).toBeUndefined();
});

test("whatever is reported, the history is bounded and the last of it is what is told", () => {
  const step = fc.tuple(fc.constantFrom(...VOTERS), fc.nat(5_000), fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      let [state, atMs] = [UNCHECKED, 0];
      for (const [voter, laterMs, isGood] of steps) {
        atMs += laterMs;
        state = after([{ voter, atMs, isGood }], state);
        expect(state.history.length).toBeLessThanOrEqual(50);
        const last = state.history.filter((change) => change.voter === undefined).at(-1);
        if (last !== undefined) expect(last.healthy).toBe(state.healthy);
      }
    }),
  );
});

test("a check that cannot work is refused with what was wrong", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ path: "health" }, /path .* got "health"/],
    [{ expectedStatus: [400, 200] }, /expected status/],
    [{ find: "x", protocol: "tcp" }, /text to find/],
    [{ intervalMs: 100, limitMs: 200 }, /interval or limit/],
    [{ terms: { failures: 0, successes: 1 } }, /thresholds/],
    [{ voters: [] }, /voters/],
    [{ voters: ["a", "a"] }, /each once/],
    [{ neededVoters: 4 }, /Take 1 to 3/],
  ];
  for (const [change, message] of wrong) {
    expect(() => defineHealthCheck({ voters: VOTERS, ...change })).toThrow(message);
  }
});
