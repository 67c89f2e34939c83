import { describe, expect, test } from "vitest";
import { kitDe } from "../i18n/kit-de.ts";
import { kitEn } from "../i18n/kit-en.ts";
import { type LiveApp, type LiveRegion, NOTHING_LIVE, stepLive } from "./live-state.ts";
import { healthOf, NO_MAJORITY, NONE_SERVES, WORDING, WORDING_KEYS, wordingOf } from "./wording.ts";

const region = (id: string, well = true): LiveRegion => ({
  id,
  url: `http://${id}`,
  up: well,
  healthy: well,
  incarnation: 1,
});

const appWith = (news: Partial<LiveApp>): LiveApp => {
  const state = stepLive(NOTHING_LIVE, {
    type: "apps",
    apps: [
      {
        app: "tickets",
        regions: ["a", "b"],
        servingRegions: ["a"],
        primary: "a",
        version: 1,
        ...news,
      },
    ],
  });
  const [app] = state.apps;
  if (app === undefined) throw new Error("the app was not added");
  return app;
};

const cells = Object.entries(WORDING).flatMap(([state, modes]) =>
  Object.entries(modes).flatMap(([mode, row]) =>
    Object.entries(row).map(([health, wording]) => ({ state, mode, health, wording })),
  ),
);

describe("the wording table", () => {
  test("has words in every language for every state, mode and health", () => {
    expect(cells).toHaveLength(3 * 2 * 3);
    for (const wording of [...cells.map((cell) => cell.wording), NO_MAJORITY, NONE_SERVES]) {
      for (const words of [kitEn.banner, kitDe.banner]) {
        expect(words[wording.key].title.length).toBeGreaterThan(5);
        expect(words[wording.key].body.length).toBeGreaterThan(10);
      }
    }
  });

  test("uses every wording somewhere", () => {
    const keys = [...cells.map(({ wording }) => wording), NO_MAJORITY, NONE_SERVES];
    expect(new Set(keys.map(({ key }) => key))).toEqual(new Set(WORDING_KEYS));
  });

  test("is silent only when an active app is healthy", () => {
    const quiet = cells.filter(({ wording }) => wording.tone === "quiet");
    expect(quiet.map(({ state, health }) => `${state} ${health}`)).toEqual([
      "active healthy",
      "active healthy",
    ]);
  });

  test("promises writing neither while fenced nor while nobody serves", () => {
    for (const { state, health, wording } of cells) {
      expect(wording.writable).toBe(state !== "fenced" && health !== "unreachable");
    }
  });
});

describe("the health a page sees", () => {
  test("is unreachable when the only serving region is down", () => {
    expect(healthOf(appWith({}), [region("a", false), region("b")])).toBe("unreachable");
  });

  test("is degraded when only a region that does not serve is down", () => {
    expect(healthOf(appWith({}), [region("a"), region("b", false)])).toBe("degraded");
  });

  test("is degraded, not unreachable, when one of several serving regions is down", () => {
    const app = appWith({ mode: "active-active", servingRegions: ["a", "b"] });
    expect(healthOf(app, [region("a", false), region("b")])).toBe("degraded");
  });

  test("counts a region as well that nobody has told of", () => {
    expect(wordingOf(appWith({}), NOTHING_LIVE).key).toBe("allWell");
  });
});

describe("what no record says", () => {
  const voters = (majority: boolean | null) => ({ ...NOTHING_LIVE.voters, majority });
  const live = { regions: [region("a"), region("b")], voters: voters(true) };

  test("is that no region may write while too few voters answer, whoever serves", () => {
    for (const servingRegions of [["a"], ["b"], []]) {
      const wording = wordingOf(appWith({ servingRegions }), { ...live, voters: voters(false) });
      expect(wording).toBe(NO_MAJORITY);
    }
    expect(wordingOf(appWith({}), { ...live, voters: voters(null) }).key).toBe("allWell");
  });

  test("is that nobody serves, in the place of a region without a name", () => {
    expect(wordingOf(appWith({ state: "failover", servingRegions: [] }), live)).toBe(NONE_SERVES);
  });

  test("leaves a fence its words", () => {
    const fenced = appWith({ state: "fenced", servingRegions: [] });
    expect(wordingOf(fenced, { ...live, voters: voters(false) }).key).toBe("fenced");
  });
});
