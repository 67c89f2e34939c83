import { describe, expect, test } from "vitest";
import { itemsOf, type LiveState, NOTHING_LIVE, parseLiveEvent, stepLive } from "./live-state.ts";

const known: LiveState = stepLive(NOTHING_LIVE, {
  type: "apps",
  apps: [
    { app: "tickets", version: 5, epoch: 3, writesAtRisk: 7, lag: { b: { writes: 7, ms: 9 } } },
  ],
});

describe("the live state", () => {
  test("ignores a record older than the one it has", () => {
    const after = stepLive(known, {
      type: "record",
      app: { app: "tickets", version: 4, epoch: 2 },
    });
    expect(after.apps[0]?.epoch).toBe(3);
  });

  test("keeps lag and risk through a record of its epoch, which does not carry them", () => {
    const after = stepLive(known, {
      type: "record",
      app: { app: "tickets", version: 6, epoch: 3 },
    });
    expect(after.apps[0]).toMatchObject({ version: 6, writesAtRisk: 7, lag: { b: { writes: 7 } } });
  });

  test("knows no lag and risk of an epoch that has just begun", () => {
    const after = stepLive(known, {
      type: "record",
      app: { app: "tickets", version: 6, epoch: 4 },
    });
    expect(after.apps[0]).toMatchObject({ epoch: 4, writesAtRisk: null, lag: {} });
  });

  test("takes what is unknown for unknown, and forgets why once it is known", () => {
    const data = JSON.stringify({
      app: "tickets",
      lag: { b: { writes: null, ms: null } },
      writesAtRisk: null,
      unknown: "peer-silent",
    });
    const event = parseLiveEvent("lag", data);
    if (event === undefined) throw new Error("the event was not read");
    const after = stepLive(known, event);
    expect(after.apps[0]).toMatchObject({ writesAtRisk: null, unknown: "peer-silent" });
    const again = stepLive(after, { type: "lag", app: "tickets", lag: {}, writesAtRisk: 0 });
    expect(again.apps[0]).not.toHaveProperty("unknown");
    expect(again.apps[0]?.writesAtRisk).toBe(0);
  });

  test("adds a region it hears of for the first time", () => {
    const region = { id: "c", url: "http://c", up: true, healthy: true, incarnation: 1 };
    expect(stepLive(known, { type: "region", region }).regions).toEqual([region]);
  });

  test("is the same object after an event that changes nothing", () => {
    const event = { type: "connection", connection: known.connection } as const;
    expect(stepLive(known, event)).toBe(known);
  });
});

describe("events from the server", () => {
  test("are read by their event name or by their type", () => {
    const data = JSON.stringify({ type: "lag", app: "tickets", lag: {}, writesAtRisk: 2 });
    const expected = { type: "lag", app: "tickets", lag: {}, writesAtRisk: 2 };
    expect(parseLiveEvent("lag", data)).toEqual(expected);
    expect(parseLiveEvent("message", data)).toEqual(expected);
  });

  test("tell of a region that is there no more by the list without it", () => {
    const region = { id: "b", url: "http://b", up: true, healthy: true, incarnation: 1 };
    const data = JSON.stringify({ type: "regions", regions: [region] });
    expect(parseLiveEvent("regions", data)).toEqual({ type: "regions", regions: [region] });
  });

  test("that are broken or unknown change nothing", () => {
    expect(parseLiveEvent("record", "{")).toBeUndefined();
    expect(parseLiveEvent("weather", "{}")).toBeUndefined();
  });
});

test("a list is found under items, under its name, or bare", () => {
  expect(itemsOf({ items: [1] }, "apps")).toEqual([1]);
  expect(itemsOf({ apps: [1] }, "apps")).toEqual([1]);
  expect(itemsOf([1], "apps")).toEqual([1]);
  expect(itemsOf(null, "apps")).toEqual([]);
});
