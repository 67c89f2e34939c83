import { describe, expect, test } from "vitest";
import { wallMs } from "../../base/clock.ts";
import * as changes from "./changes.ts";
import type { RoutingRecord } from "./record.ts";
import { addRegion, depart, keep, retire, whyNotLeave } from "./region-changes.ts";

const A = { region: "a", incarnation: 1 };
const B = { region: "b", incarnation: 1 };
let count = 0;
const change = (): changes.Change => ({
  changeId: `change-${++count}`,
  at: wallMs(count),
  by: "operator",
  reason: "test",
});

function must(changed: changes.Changed): RoutingRecord {
  if (!changed.ok) throw new Error(changed.reason);
  return changed.record;
}
const reasonOf = (changed: changes.Changed): string => (changed.ok ? "" : changed.reason);

function record(
  mode: RoutingRecord["mode"],
  regions: readonly string[],
  inSync = ["a", "b"],
): RoutingRecord {
  const terms = {
    app: "app",
    mode,
    durability: "replicated",
    regions,
    inSyncTarget: 2,
    policy: "automatic",
  } as const;
  return must(changes.setInSync(changes.create(terms, A, change()), A, inSync, change()));
}
const passive = record("active-passive", ["a", "b", "c"]);

describe("a region of an app", () => {
  test("comes at the end, in the same epoch, and is told in the journal", () => {
    const next = must(addRegion(passive, "d", 2, change()));
    expect([next.regions, next.epoch, next.inSyncRegions]).toEqual([
      ["a", "b", "c", "d"],
      passive.epoch,
      ["a", "b"],
    ]);
    expect(next.journal.at(-1)?.cause).toBe("region-added");
    expect(reasonOf(addRegion(next, "d", 2, change()))).toContain("already");
  });

  test("a deployment that began with one region keeps two in sync from then on", () => {
    const alone = { ...record("active-passive", ["a"], ["a"]), inSyncTarget: 1 };
    expect(must(addRegion(alone, "b", 2, change())).inSyncTarget).toBe(2);
  });

  test("does not leave while it serves: the reason says what to do first", () => {
    expect(reasonOf(retire(passive, "a", 1, change()))).toBe(
      "a serves app: switch it over to another region first",
    );
    const taken = must(
      changes.takeOver(passive, B, { forced: false, cause: "takeover" }, change()),
    );
    expect(whyNotLeave(taken, "a", 1)).toBeUndefined();
    expect(whyNotLeave(taken, "b", 1)).toContain("serves app");
  });

  test("does not leave where too few would be left", () => {
    expect(reasonOf(retire(passive, "c", 3, change()))).toContain("3 regions in sync");
    const alone = record("active-active", ["a"], ["a"]);
    expect(reasonOf(retire(alone, "a", 1, change()))).toContain("only region");
  });

  test("leaves when it is out of the in-sync set, or by an operator's word", () => {
    const leaving = must(retire(passive, "b", 1, change()));
    expect([leaving.leaving, leaving.regions]).toEqual([["b"], ["a", "b", "c"]]);
    expect(reasonOf(depart(leaving, "b", false, change()))).toContain("in sync");
    const out = must(changes.setInSync(leaving, A, ["a", "c"], change()));
    const gone = must(depart(out, "b", false, change()));
    expect([gone.regions, gone.leaving, gone.epoch]).toEqual([["a", "c"], [], passive.epoch]);
    const forced = must(depart(leaving, "b", true, change()));
    expect(forced.journal.at(-1)?.acceptedDataLoss).toBe(true);
    expect(gone.journal.at(-1)?.acceptedDataLoss).toBeUndefined();
    expect([forced.regions, forced.inSyncRegions]).toEqual([["a", "c"], ["a"]]);
    expect(reasonOf(changes.setInSync(gone, A, ["a", "b"], change()))).toContain("no region");
    const force = { forced: true, cause: "failover" } as const;
    expect(reasonOf(changes.takeOver(gone, B, force, change()))).toContain("no region");
  });

  test("a forced takeover stays forced until another region serves", () => {
    const force = { forced: true, cause: "failover" } as const;
    const forced = must(changes.takeOver(passive, B, force, change()));
    const restart = { forced: false, cause: "restart" } as const;
    const B2 = { ...B, incarnation: B.incarnation + 1 };
    const again = must(changes.takeOver(forced, B2, restart, change()));
    const grown = must(changes.setInSync(again, B2, ["a", "b"], change()));
    const other = must(changes.switchOver(grown, B2, A, "switchover", change()));
    expect([forced.forced, again.forced, other.forced]).toEqual([true, true, false]);
  });

  test("that is leaving is no destination, may be kept, and stays when it took over", () => {
    const leaving = must(retire(passive, "b", 1, change()));
    expect(reasonOf(changes.switchOver(leaving, A, B, "switchover", change()))).toContain(
      "being removed",
    );
    expect(must(keep(leaving, "b", change())).leaving).toEqual([]);
    expect(must(addRegion(leaving, "b", 2, change())).leaving).toEqual([]);
    const taken = must(
      changes.takeOver(leaving, B, { forced: false, cause: "takeover" }, change()),
    );
    expect(taken.leaving).toEqual([]);
    expect(reasonOf(depart(taken, "b", true, change()))).toContain("not leaving");
  });

  test("that was the primary hands that on to the one that serves", () => {
    const moved = must(changes.switchOver(passive, A, B, "switchover", change()));
    const leaving = must(retire(moved, "a", 1, change()));
    const out = must(changes.setInSync(leaving, B, ["b", "c"], change()));
    expect(must(depart(out, "a", false, change())).primary).toBe("b");
  });

  test("one of several that serve goes with the next epoch", () => {
    const both = must(changes.join(record("active-active", ["a", "b"]), B, change()));
    const leaving = must(retire(both, "a", 1, change()));
    expect(reasonOf(changes.join(leaving, { ...A, incarnation: 2 }, change()))).toContain(
      "being removed",
    );
    const gone = must(depart(leaving, "a", false, change()));
    expect([gone.serving, gone.epoch]).toEqual([[B], both.epoch + 1]);
  });
});
