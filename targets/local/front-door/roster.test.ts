import { describe, expect, test } from "vitest";
import { Roster, type Seat } from "./roster.ts";

describe("a roster", () => {
  test("tells who is here in the order of their coming, whoever left in between", () => {
    const roster = new Roster<number>();
    const seats = [1, 2, 3, 4, 5].map((item) => roster.enter(item));
    for (const at of [0, 2, 4]) roster.leave(seats[at] as Seat<number>);
    roster.enter(6);
    expect([...roster]).toEqual([2, 4, 6]);
    expect([roster.size, roster.first?.item]).toEqual([3, 2]);
  });

  test("a seat that was left is left once, and is linked to nobody", () => {
    const roster = new Roster<string>();
    const [, middle] = ["a", "b", "c"].map((item) => roster.enter(item));
    expect(roster.leave(middle as Seat<string>)).toBe(true);
    expect(roster.leave(middle as Seat<string>)).toBe(false);
    expect(roster.size).toBe(2);
    expect(Object.values(middle as object).filter((value) => typeof value === "object")).toEqual(
      [],
    );
  });

  test("a round is of those who were here when it began", () => {
    const roster = new Roster<string>();
    const seats = new Map(["a", "b", "c"].map((item) => [item, roster.enter(item)]));
    const seen: string[] = [];
    for (const item of roster) {
      seen.push(item);
      roster.leave(seats.get(item) as Seat<string>);
      roster.enter("late");
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect([...roster]).toEqual(["late", "late", "late"]);
  });

  test("is empty again after everyone left", () => {
    const roster = new Roster<number>();
    for (const seat of [1, 2].map((item) => roster.enter(item))) roster.leave(seat);
    expect([roster.size, roster.first, [...roster]]).toEqual([0, undefined, []]);
    roster.enter(3);
    expect(roster.first?.item).toBe(3);
  });
});
