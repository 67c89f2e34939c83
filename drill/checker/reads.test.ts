import { describe, expect, it } from "vitest";
import type { Operation } from "../history.ts";
import { checkReads, LEASE_MS } from "./reads.ts";
import { mark, operation } from "./test-history.ts";

const write = (startMs: number, value: number, more: Partial<Operation> = {}) =>
  operation({ startMs, kind: "change", ticketId: "t", value, ...more });
const read = (startMs: number, value: number, more: Partial<Operation> = {}): Operation =>
  operation({
    startMs,
    kind: "view",
    user: "client-2",
    ticketId: "t",
    value,
    consistency: "leased",
    ...more,
  });
const rules = (...given: Parameters<typeof checkReads>) =>
  checkReads(...given).faults.map(({ rule }) => rule);

describe("what reads saw", () => {
  it("a fresh read of the newest acknowledged value is right", () => {
    const reads = checkReads([write(0, 1), write(10, 2), read(20, 2)], []);
    expect(reads).toMatchObject({ judged: 1, faults: [], excused: 0 });
  });

  it("a fresh read below what was acknowledged before it began is told", () => {
    expect(rules([write(0, 1), write(10, 2), read(20, 1)], [])).toEqual([
      "older-than-acknowledged",
    ]);
  });

  it("a read that began before the acknowledgement may see either value", () => {
    expect(rules([write(0, 1), write(10, 2, { endMs: 30 }), read(20, 1), read(20, 2)], [])).toEqual(
      [],
    );
  });

  it("a fresh read below what an earlier fresh read saw is told", () => {
    const unknown = write(10, 2, { outcome: "unknown" });
    expect(rules([write(0, 1), unknown, read(20, 2), read(40, 1)], [])).toEqual([
      "older-than-seen",
    ]);
  });

  it("a value that nobody had begun to write is told", () => {
    expect(rules([write(0, 1), read(10, 7)], [])).toEqual(["from-nowhere"]);
  });

  it("a stale read may be old for others", () => {
    expect(rules([write(0, 1), write(10, 2), read(20, 1, { consistency: "stale" })], [])).toEqual(
      [],
    );
  });

  it("a leased read may be old for one lease after a fault, and no longer; a current one never", () => {
    const fault = mark({ atMs: 15, doneMs: 16 });
    const history = [write(0, 1), write(10, 2)];
    const soon = checkReads([...history, read(100, 1)], [fault]);
    expect(soon).toMatchObject({ faults: [], excused: 1 });
    expect(rules([...history, read(20 + LEASE_MS, 1)], [fault])).toHaveLength(1);
    expect(rules([...history, read(100, 1, { consistency: "current" })], [fault])).toHaveLength(1);
  });

  it("a session that does not see its own write is told, at any level", () => {
    const own = (more: Partial<Operation>) =>
      read(20, 1, { user: "client-1", consistency: "stale", ...more });
    expect(rules([write(0, 1), write(10, 2), own({})], [])).toEqual(["own-write"]);
    expect(rules([write(0, 1), write(10, 2), own({ missing: true })], [])).toEqual([]);
    const made = operation({ startMs: 0, ticketId: "new" });
    const absent = operation({
      startMs: 10,
      kind: "view",
      ticketId: "new",
      absent: true,
      consistency: "stale",
    });
    expect(rules([made, absent], [])).toEqual(["own-write"]);
  });

  it("a write older than the receipts a session keeps is not promised to it", () => {
    const old = write(0, 2);
    const since = Array.from({ length: 20 }, (_, n) => operation({ startMs: 10 + n }));
    const seen = read(200, 1, { user: "client-1", consistency: "stale" });
    expect(rules([write(-20, 1), old, ...since, seen], [])).toEqual([]);
  });
});
