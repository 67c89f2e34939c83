import { afterEach, describe, expect, it } from "vitest";
import { type Guest, Lane, type Place } from "./lane.ts";

let lane: Lane;
afterEach(() => lane.close());

/** Fills the lane up to its limit. */
function fill(): Place[] {
  lane = new Lane();
  const places: Place[] = [];
  for (;;) {
    const place = lane.enter(performance.now());
    if (place === undefined) return places;
    places.push(place);
  }
}

function guest(ended: string[], name: string, isPatient = false): Guest {
  return {
    isPatient,
    admitted() {
      ended.push(`${name} admitted`);
      lane.placeOf(performance.now());
    },
    shed: () => void ended.push(`${name} shed`),
  };
}

describe("the lane of a region", () => {
  it("admits up to its limit, and then one for each that leaves, in order", () => {
    const places = fill();
    expect(places).toHaveLength(lane.limit);
    const ended: string[] = [];
    for (const name of ["first", "second", "third"]) {
      expect(lane.wait(guest(ended, name), performance.now())).toBe(true);
    }
    for (const place of places.slice(0, 2)) lane.leave(place, false);
    expect(ended).toEqual(["first admitted", "second admitted"]);
    expect(lane.atWork).toBe(lane.limit);
  });

  it("sheds what waited longer than a burst may, and keeps what was held before", async () => {
    const places = fill();
    const ended: string[] = [];
    lane.wait(guest(ended, "plain"), performance.now());
    lane.wait(guest(ended, "held", true), performance.now());
    await expect.poll(() => ended).toEqual(["plain shed"]);
    for (const place of places) lane.leave(place, false);
    expect(ended).toEqual(["plain shed", "held admitted"]);
  });

  it("refuses at once what finds the line full", () => {
    fill();
    const now = performance.now();
    for (let at = 0; at < 1_024; at++) expect(lane.wait(guest([], "one"), now)).toBe(true);
    expect(lane.wait(guest([], "one too many"), now)).toBe(false);
    expect(lane.wait(guest([], "held", true), now)).toBe(true);
  });

  it("lets nobody in past those that wait, and forgets who withdraws", () => {
    const [first] = fill();
    const ended: string[] = [];
    const waiting = guest(ended, "waiting");
    lane.wait(waiting, performance.now());
    lane.withdraw(waiting);
    if (first !== undefined) lane.leave(first, false);
    expect(ended).toEqual([]);
    lane.wait(guest(ended, "next"), performance.now());
    expect(lane.enter(performance.now())).toBeUndefined();
  });

  it("does not count for ever what gets no answer", () => {
    const places = fill();
    const later = performance.now() + 2_500;
    expect(lane.enter(later)).toBeDefined();
    expect(places.some((place) => place?.isTaken)).toBe(false);
  });
});
