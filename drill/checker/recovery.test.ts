import { describe, expect, it } from "vitest";
import type { Operation } from "../history.ts";
import { longestPauseMs, measureRecovery, trackOf } from "./recovery.ts";
import { mark, operation } from "./test-history.ts";

/** A success every 10 ms but between two times, where each fails after 2 ms. */
const outage = (fromMs: number, untilMs: number, lengthMs = 2_000): Operation[] =>
  Array.from({ length: lengthMs / 10 }, (_, n) => {
    const startMs = n * 10;
    const isAway = startMs >= fromMs && startMs < untilMs;
    return operation({
      startMs,
      endMs: startMs + 2,
      outcome: isAway ? "failed" : "ok",
      ...(isAway ? { code: "unavailable" } : {}),
    });
  });

const span = { fromMs: 500, untilMs: 2_000 };
const fault = mark({ atMs: 500 });
const measure = (operations: readonly Operation[], path: "client" | "front-door" = "client") =>
  measureRecovery(trackOf(operations, path, "write"), fault, span, 10);

describe("how long an app was away", () => {
  it("the pause is from the last success before to the first one after", () => {
    const recovery = measure(outage(500, 800));
    expect(recovery).toMatchObject({ pauseMs: 310, failed: 30, unknown: 0, operations: 150 });
    expect(recovery.codes).toEqual({ unavailable: 30 });
    expect(recovery.sustainedMs).toBe(302);
  });

  it("a single failure long after the recovery prolongs sustained, not the pause", () => {
    const late = operation({ startMs: 1_500, endMs: 1_505, outcome: "unknown", code: "x" });
    const recovery = measure([...outage(500, 800), late]);
    expect(recovery).toMatchObject({ pauseMs: 310, sustainedMs: 1_005, unknown: 1 });
  });

  it("a held operation makes a pause without any failure", () => {
    const held = outage(0, 0).map((o) =>
      o.startMs >= 500 && o.startMs < 900 ? { ...o, endMs: 900 } : o,
    );
    const recovery = measure(held);
    expect(recovery).toMatchObject({ pauseMs: 408, failed: 0, sustainedMs: 400 });
    expect(recovery.latencyMs.most).toBe(400);
  });

  it("an app that never came back was away for ever", () => {
    const recovery = measure(outage(500, 2_000));
    expect(recovery.pauseMs).toBe(Number.POSITIVE_INFINITY);
    expect(recovery.sustainedMs).toBe(Number.POSITIVE_INFINITY);
  });

  it("an app that was away already has been so since its last success, however long ago", () => {
    const away = outage(10, 1_900, 2_000);
    expect(measure(away).pauseMs).toBe(1_900);
    const never = outage(0, 1_900, 2_000);
    expect(measure(never).pauseMs).toBe(1_402);
  });

  it("what was over before the fault, or is of another path, does not count", () => {
    const before = outage(100, 300);
    expect(measure(before).pauseMs).toBe(10);
    expect(measure(before, "front-door").operations).toBe(0);
  });

  it("the longest quiet pause is told from before the fault alone", () => {
    const quiet = longestPauseMs(trackOf(outage(500, 800), "client", "write"), {
      fromMs: 0,
      untilMs: 499,
    });
    expect(quiet).toBe(10);
  });
});
