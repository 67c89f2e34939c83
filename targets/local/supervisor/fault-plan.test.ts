import { describe, expect, test } from "vitest";
import type { NetworkFault } from "./fault-plan.ts";
import { healed, networkFaultOf, overloadOf, parseFaultRequest, planFaults } from "./fault-plan.ts";

const SITES = ["a", "b", "c", "witness", "front-door"];
const cut = { in: { drop: true }, out: { drop: true } };

function faultOf(kind: string, regions: string[], options: object = {}): NetworkFault {
  const fault = networkFaultOf(parseFaultRequest({ kind, regions, options }, SITES));
  if (fault === undefined) throw new Error(`${kind} is no network fault`);
  return fault;
}

describe("a plan of faults", () => {
  test("is empty when nothing is wrong", () => {
    expect(planFaults(SITES, 0, [])).toEqual({
      a: {},
      b: {},
      c: {},
      witness: {},
      "front-door": {},
    });
  });

  test("cuts one region from every other site at both ends, and leaves the others alone", () => {
    const plan = planFaults(SITES, 0, [faultOf("partition", ["a"])]);
    expect(plan["a"]).toEqual({ b: cut, c: cut, witness: cut, "front-door": cut });
    for (const other of ["b", "c", "witness", "front-door"])
      expect(plan[other]).toEqual({ a: cut });
  });

  test("cuts the link between two regions only", () => {
    const plan = planFaults(SITES, 0, [faultOf("partition", ["a", "b"])]);
    expect(plan).toEqual({ a: { b: cut }, b: { a: cut }, c: {}, witness: {}, "front-door": {} });
  });

  test("cuts one way, seen from the region that is named first", () => {
    const into = planFaults(SITES, 0, [faultOf("partition", ["a", "b"], { direction: "in" })]);
    expect([into["a"], into["b"]]).toEqual([
      { b: { in: { drop: true } } },
      { a: { out: { drop: true } } },
    ]);
    const out = planFaults(SITES, 0, [faultOf("partition", ["a", "b"], { direction: "out" })]);
    expect([out["a"], out["b"]]).toEqual([
      { b: { out: { drop: true } } },
      { a: { in: { drop: true } } },
    ]);
  });

  test("delays and loses at the sending end only, so that nothing counts twice", () => {
    const plan = planFaults(SITES, 0, [faultOf("slow", ["a", "b"], { delayMs: 200, loss: 0.1 })]);
    const slow = { delayMs: 200, loss: expect.closeTo(0.1, 9) as number };
    expect(plan["a"]).toEqual({ b: { out: slow } });
    expect(plan["b"]).toEqual({ a: { out: slow } });
  });

  test("adds up delays, the round trip's half included, and lets a cut win", () => {
    const slow = [
      faultOf("slow", ["a"], { delayMs: 30 }),
      faultOf("slow", ["b"], { delayMs: 5, jitterMs: 2 }),
    ];
    expect(planFaults(SITES, 80, slow)["a"]?.["b"]).toEqual({ out: { delayMs: 75, jitterMs: 2 } });
    expect(planFaults(SITES, 80, [...slow, faultOf("partition", ["b"])])["a"]?.["b"]).toEqual(cut);
  });

  test("slows no front door down by the round trip between regions", () => {
    const plan = planFaults(SITES, 80, []);
    expect(plan["front-door"]).toEqual({});
    expect(plan["witness"]?.["a"]).toEqual({ out: { delayMs: 40 } });
  });

  test("knows how far AWS regions are from each other, both ways alike", () => {
    const plan = planFaults(["eu-west-1", "ap-southeast-1"], "aws", []);
    const there = plan["eu-west-1"]?.["ap-southeast-1"]?.out?.delayMs ?? 0;
    expect(there).toBeGreaterThan(50);
    expect(plan["ap-southeast-1"]?.["eu-west-1"]?.out?.delayMs).toBe(there);
  });

  test("heals what touches a region, or everything", () => {
    const faults = [faultOf("partition", ["a", "b"]), faultOf("slow", ["c"], { delayMs: 1 })];
    expect(healed(faults, ["b"])).toEqual([faults[1]]);
    expect(healed(faults, [])).toEqual([]);
  });
});

test.each([
  [{ kind: "explode", regions: ["a"] }, "Use one of"],
  [{ kind: "kill", regions: [] }, "takes 1 to 9"],
  [{ kind: "kill", regions: ["a", "a"] }, "different regions"],
  [{ kind: "partition", regions: ["a", "b", "c"] }, "two to cut their link"],
  [{ kind: "partition", regions: ["a"], options: { direction: "up" } }, "Use in, out or both"],
  [{ kind: "slow", regions: ["a"] }, "Add --delay"],
  [{ kind: "slow", regions: ["a"], options: { delayMs: -1 } }, "from 0 to 60000"],
  [{ kind: "overload", regions: ["front-door"] }, "Name a region"],
  [{ kind: "overload", regions: ["a"], options: { share: 1 } }, "from 0 to 0.95"],
  [{ kind: "overload", regions: ["a"], options: { durationMs: 700_000 } }, "from 0 to 600000"],
  [{ kind: "kill", regions: "a" }, "Give a list"],
  [null, "kind of fault is unknown"],
])("a request that cannot be meant is refused with the fix: %j", (body, fix) => {
  expect(() => parseFaultRequest(body, SITES)).toThrow(fix);
});

test("an overload that names no measure is four fifths of a region's time for half a minute", () => {
  const request = (options: object) =>
    overloadOf(parseFaultRequest({ kind: "overload", regions: ["a"], options }, SITES));
  expect(request({})).toEqual({ share: 0.8, durationMs: 30_000 });
  expect(request({ share: 0.5 })).toEqual({ share: 0.5, durationMs: 30_000 });
});
