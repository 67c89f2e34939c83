import { describe, expect, test } from "vitest";
import {
  genesis,
  isJoint,
  isQuorum,
  latestOf,
  type Members,
  newVoterSites,
  settleChange,
  supersedes,
  withoutRegion,
  withRegion,
} from "./members.ts";

const TWO = genesis(["a", "b"], {});
const ids = (...sites: string[]): ReadonlyMap<string, string> =>
  new Map(sites.map((site) => [site, `${site}-1`]));
const sitesIn = (members: Members): readonly (readonly string[])[] =>
  members.sets.map((set) => set.map((voter) => voter.site));

function must(changed: ReturnType<typeof withRegion>): Members {
  if (!changed.ok) throw new Error(changed.reason);
  return changed.members;
}

describe("a change of the members", () => {
  test("a region comes in place of the witness, and the witness in place of a region", () => {
    const three = must(withRegion(TWO, "c", ids("c"), "x"));
    expect(sitesIn(three)).toEqual([
      ["a", "b", "witness"],
      ["a", "b", "c"],
    ]);
    const settled = settleChange(three, "y") as Members;
    expect([sitesIn(settled), settled.regions]).toEqual([[["a", "b", "c"]], ["a", "b", "c"]]);
    const back = must(withoutRegion(settled, "a", ids("witness"), "z"));
    expect(sitesIn(back)[1]).toEqual(["b", "c", "witness"]);
    expect(back.removed).toEqual(["a"]);
  });

  test("voters stay odd in number from one region to nine and back", () => {
    let members = genesis(["r1"], {});
    const names = Array.from({ length: 8 }, (_, at) => `r${at + 2}`);
    const settle = (opened: Members, id: string): void => {
      members = settleChange(opened, id) as Members;
      expect((members.sets[0]?.length ?? 0) % 2).toBe(1);
    };
    for (const name of names) {
      settle(must(withRegion(members, name, ids(name, "witness"), `+${name}`)), `=${name}`);
    }
    for (const name of names) {
      settle(must(withoutRegion(members, name, ids("witness"), `-${name}`)), `-=${name}`);
    }
    expect(members.regions).toEqual(["r1"]);
  });

  test("whoever is asked for in both sets is a majority of the old and of the new one", () => {
    const three = must(withRegion(TWO, "c", ids("c"), "x"));
    const has = (...voters: string[]) => isQuorum(three, (id) => voters.includes(id));
    expect(has("a", "b")).toBe(true);
    expect(has("a", "witness")).toBe(false);
    expect(has("a", "c-1")).toBe(false);
    expect(has("a", "c-1", "witness")).toBe(true);
  });

  test("one at a time, and no voter that has not answered", () => {
    const three = must(withRegion(TWO, "c", ids("c"), "x"));
    expect(isJoint(three)).toBe(true);
    expect(withRegion(three, "d", ids("d", "witness"), "y").ok).toBe(false);
    expect(newVoterSites(TWO, ["a", "b", "c"])).toEqual(["c"]);
    expect(withRegion(TWO, "c", ids(), "x")).toEqual({
      ok: false,
      reason: "the voter of c does not answer",
    });
  });

  test("a region that was removed never comes back under its name, and the last one stays", () => {
    const one = settleChange(must(withoutRegion(TWO, "b", ids(), "x")), "y") as Members;
    expect(withRegion(one, "b", ids("b", "witness"), "z").ok).toBe(false);
    expect(withoutRegion(one, "a", ids(), "z")).toEqual({
      ok: false,
      reason: "a is the last region",
    });
    expect(withoutRegion(one, "q", ids(), "z").ok).toBe(false);
    expect(withRegion(one, "a", ids(), "z").ok).toBe(false);
  });

  test("of two lists of one version the chosen one is gone by, and a newer one always", () => {
    const [mine, other] = [
      must(withRegion(TWO, "c", ids("c"), "mine")),
      must(withRegion(TWO, "d", ids("d"), "other")),
    ];
    expect(supersedes(other, mine, false)).toBe(false);
    expect(supersedes(other, mine, true)).toBe(true);
    expect(supersedes(mine, mine, true)).toBe(false);
    expect(supersedes(TWO, mine, true)).toBe(false);
    expect(supersedes(mine, TWO, false)).toBe(true);
    expect(latestOf(TWO, mine)).toBe(mine);
    expect(latestOf(mine, undefined)).toBe(mine);
  });
});
