import { expect, it } from "vitest";
import { createPace } from "./pace.ts";

it("operations are due at even distances, however seldom one asks", () => {
  const pace = createPace(100, 1_000);
  expect(pace.due(1_020)).toEqual([1_000, 1_010, 1_020]);
  expect(pace.due(1_025)).toEqual([]);
  expect(pace.due(1_060)).toEqual([1_030, 1_040, 1_050, 1_060]);
});

it("a ramp gives half of the operations, ever closer together, and then the whole rate", () => {
  const times = createPace(100, 0, 1_000).due(2_000);
  const ramped = times.filter((at) => at < 1_000);
  expect(ramped).toHaveLength(50);
  const gaps = ramped.slice(1).map((at, n) => at - (ramped[n] ?? 0));
  expect([...gaps].sort((a, b) => b - a)).toEqual(gaps);
  expect(times.filter((at) => at > 1_000 && at <= 2_000)).toHaveLength(100);
});

it("a rate of nothing is nothing, and a long standstill is caught up with in bounded pieces", () => {
  expect(createPace(0, 0).due(10_000)).toEqual([]);
  const pace = createPace(1_000, 0);
  expect(pace.due(60_000)).toHaveLength(2_000);
  expect(pace.due(60_000)[0]).toBe(2_000);
});
