import { describe, expect, test } from "vitest";
import { wallMs } from "../../base/clock.ts";
import * as changes from "./changes.ts";
import { claimHomes, giveHome, type Vacant } from "./home-changes.ts";
import type { RoutingRecord } from "./record.ts";
import { depart, retire } from "./region-changes.ts";

const A = { region: "a", incarnation: 1 };
const B = { region: "b", incarnation: 1 };
let count = 0;
const change = (): changes.Change => ({
  changeId: `change-${++count}`,
  at: wallMs(count),
  by: "a",
  reason: "test",
});

function must(changed: changes.Changed): RoutingRecord {
  if (!changed.ok) throw new Error(changed.reason);
  return changed.record;
}
const reasonOf = (changed: changes.Changed): string => (changed.ok ? "" : changed.reason);

const terms = {
  app: "app",
  mode: "active-active",
  durability: "local",
  regions: ["a", "b"],
  inSyncTarget: 2,
  policy: "automatic",
} as const;
const both = must(changes.join(changes.create(terms, A, change()), B, change()));
const vacant = (record: RoutingRecord): Vacant => new Map([["x", record.homes?.["x"]]]);
const ofA = must(claimHomes(both, vacant(both), A, change()));
const withoutA = must(changes.leave(ofA, A, change()));

describe("the home of a name", () => {
  test("is claimed where it is nobody's, in the same epoch and a new term", () => {
    expect(ofA.epoch).toBe(both.epoch);
    expect(ofA.homes).toEqual({ x: { region: "a", term: both.version + 1 } });
    expect(ofA.journal.at(-1)).toMatchObject({ cause: "home-claimed" });
  });

  test("is not claimed from a region that serves, nor by one that does not", () => {
    expect(reasonOf(claimHomes(ofA, vacant(ofA), B, change()))).toMatch(/a, the home of x, serves/);
    const old = { region: "b", incarnation: 2 };
    expect(reasonOf(claimHomes(both, vacant(both), old, change()))).toMatch(/does not serve/);
    const fenced = must(changes.fence(withoutA, change()));
    expect(reasonOf(claimHomes(fenced, vacant(fenced), B, change()))).toMatch(/fenced/);
  });

  test("is claimed from one that is gone, unless it has changed since that was judged", () => {
    const taken = must(claimHomes(withoutA, vacant(withoutA), B, change()));
    expect(taken.homes?.["x"]).toEqual({ region: "b", term: withoutA.version + 1 });
    expect(reasonOf(claimHomes(withoutA, vacant(both), B, change()))).toMatch(/changed meanwhile/);
  });

  test("is given by nobody but itself, and only to a region that serves", () => {
    expect(must(giveHome(ofA, "x", A, "b", change())).homes?.["x"]?.region).toBe("b");
    expect(reasonOf(giveHome(ofA, "x", B, "b", change()))).toMatch(/b is not the home of x/);
    expect(reasonOf(giveHome(ofA, "x", A, "c", change()))).toMatch(/c does not serve/);
    expect(reasonOf(giveHome(withoutA, "x", A, "b", change()))).toMatch(/a does not serve/);
  });

  test("is nobody's when its region has left the app", () => {
    const leaving = must(retire(ofA, "a", 1, change()));
    expect(must(depart(leaving, "a", false, change())).homes).toEqual({});
  });
});
