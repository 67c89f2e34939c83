import { expect, test } from "vitest";
import { type LiveState, NOTHING_LIVE, stepLive } from "./live-state.ts";
import { obstacleOf } from "./obstacle.ts";

const region = (up: boolean) => ({ id: "a", url: "", up, healthy: up, incarnation: 1 });
const known = (state: "active" | "fenced", up = true): LiveState =>
  [
    { type: "connection", connection: "live" } as const,
    { type: "regions", regions: [region(up)] } as const,
    {
      type: "apps",
      apps: [{ app: "tickets", state, version: 1, regions: ["a"], servingRegions: ["a"] }],
    } as const,
  ].reduce(stepLive, NOTHING_LIVE);

test("a page expects what the answer to a write would say", () => {
  expect(obstacleOf(known("active"), "tickets")).toBeUndefined();
  expect(obstacleOf(known("fenced"), "tickets")).toBe("fenced");
  expect(obstacleOf(known("active", false), "tickets")).toBe("not-serving");
});

test("a page knows better than an answer that no region is on its way to serve", () => {
  const voters = { type: "voters", voters: { majority: false, voters: [] } } as const;
  expect(obstacleOf(stepLive(known("active"), voters), "tickets")).toBe("no-writer");
  expect(obstacleOf(stepLive(known("fenced"), voters), "tickets")).toBe("fenced");
});

test("a page that reaches no region expects no answer", () => {
  const offline = stepLive(known("active"), { type: "connection", connection: "offline" });
  expect(obstacleOf(offline, "tickets")).toBe("offline");
});

test("a page expects nothing of an app that it does not know", () => {
  expect(obstacleOf(known("fenced"), "photos")).toBeUndefined();
  expect(obstacleOf(known("fenced"), undefined)).toBeUndefined();
});
