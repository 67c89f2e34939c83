import { describe, expect, test } from "vitest";
import { backOffMs, judgeEnd, lastWordsOf } from "./ending.ts";
import { START_AGAIN, STOPPED_BY_SIGNAL } from "./messages.ts";

describe("a process that ended", () => {
  test.each(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"])(
    "by %s was killed from outside",
    (signal) => {
      expect(judgeEnd({ code: null, signal }, "words")).toEqual({
        kind: "killed",
        reason: `killed from outside (${signal})`,
      });
    },
  );

  test("in good order because somebody sent it SIGTERM was killed from outside", () => {
    expect(judgeEnd({ code: STOPPED_BY_SIGNAL, signal: null }, undefined).kind).toBe("killed");
  });

  test.each(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"])(
    "by %s crashed",
    (signal) => {
      expect(judgeEnd({ code: null, signal }, undefined)).toEqual({
        kind: "crashed",
        reason: signal,
      });
    },
  );

  test.each([0, 1, 7, 134])("with status %s crashed, and its last words say why", (code) => {
    expect(judgeEnd({ code, signal: null }, "Error: no")).toEqual({
      kind: "crashed",
      reason: `Error: no (status ${code})`,
    });
  });

  test("with the status that asks for another start did not crash", () => {
    expect(judgeEnd({ code: START_AGAIN, signal: null }, undefined).kind).toBe("asks");
  });
});

test("starts are 100 ms apart, then twice as long each time up to 30 s", () => {
  const waits: number[] = [];
  for (let waitMs = 0; waits.length < 11; ) {
    waitMs = backOffMs(waitMs, 1000);
    waits.push(waitMs);
  }
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test("one that has served for a minute is started again at once", () => {
  expect(backOffMs(30_000, 59_999)).toBe(30_000);
  expect(backOffMs(30_000, 60_000)).toBe(100);
});

describe("last words", () => {
  test("are the last end in the log, in one line", () => {
    const log = `{"event":"end","reason":"old"}\n{"event":"end","reason":"Error: x\\n at y"}\n{"a":1}\n`;
    expect(lastWordsOf(log, "")).toBe("Error: x");
  });

  test("are what the runtime printed where the log has none", () => {
    const printed =
      "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit - out of memory\n 1: x";
    expect(lastWordsOf("{broken\nplain", printed)).toBe(
      "FATAL ERROR: Reached heap limit - out of memory",
    );
    expect(lastWordsOf("", "file:///x.mjs:3\n^\n\nTypeError: no\n  at x")).toBe("TypeError: no");
    expect(lastWordsOf("", "")).toBeUndefined();
  });
});
