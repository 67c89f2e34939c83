import { describe, expect, test } from "vitest";
import { monotonicMs, wallMs } from "../../base/clock.ts";
import type { Members } from "./members.ts";
import { Hearing, noMajorityReason } from "./voters.ts";

const set = ["a", "b", "witness"].map((site) => ({ site, voterId: `voter-${site}` }));
const members: Members = { version: 1, changeId: "1", sets: [set], regions: ["a", "b"] };
const at = (mono: number) => ({ mono: monotonicMs(mono), wall: wallMs(1_000_000 + mono) });
const heard = (times: Readonly<Record<string, number>>) =>
  new Map(Object.entries(times).map(([site, mono]) => [`voter-${site}`, mono]));

describe("what a region hears of the voters", () => {
  test("is nothing at first, and no silence either", () => {
    const hearing = new Hearing(600);
    hearing.look(members, heard({}), 0, at(100));
    const { majority, voters } = hearing.view(members);
    expect([majority, voters.map(({ answers }) => answers)]).toEqual([null, [null, null, null]]);
  });

  test("is a majority while two of three answer, and names the one that is silent, since when", () => {
    const hearing = new Hearing(600);
    hearing.look(members, heard({ a: 100, b: 100, witness: 100 }), 0, at(100));
    hearing.look(members, heard({ a: 1_000, b: 1_000, witness: 100 }), 0, at(1_000));
    const { majority, voters } = hearing.view(members);
    expect(majority).toBe(true);
    expect(voters.find(({ id }) => id === "witness")).toEqual({
      id: "witness",
      kind: "witness",
      answers: false,
      since: 1_000_100,
    });
    expect(noMajorityReason({ majority, voters })).toBeUndefined();
  });

  test("is no majority once two are silent: the reason names them", () => {
    const hearing = new Hearing(600);
    hearing.look(members, heard({ a: 1_000 }), 0, at(1_000));
    const view = hearing.view(members);
    expect(view.majority).toBe(false);
    expect(noMajorityReason(view)).toBe(
      "2 of 3 voters do not answer (b, witness): nothing can be changed",
    );
  });

  test("counts a voter that is recovering for no majority, although it answers", () => {
    const hearing = new Hearing(600);
    hearing.answered("voter-b", true);
    hearing.look(members, heard({ a: 1_000, b: 1_000 }), 0, at(1_000));
    expect(hearing.view(members).majority).toBe(false);
    hearing.answered("voter-b", false);
    expect(hearing.view(members).majority).toBe(true);
  });

  test("is news once", () => {
    const hearing = new Hearing(600);
    hearing.look(members, heard({ a: 100 }), 0, at(100));
    expect(hearing.news(members)).toBeDefined();
    expect(hearing.news(members)).toBeUndefined();
  });
});
