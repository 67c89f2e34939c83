import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CLOCKS_MS,
  decideRefresh,
  formatRefreshToken,
  isFirstUse,
  judgeSession,
  parseRefreshToken,
  type RefreshSession,
} from "./session.ts";

const session: RefreshSession = {
  generation: 4,
  tokenHash: "hash 4",
  previousHash: "hash 3",
  userGeneration: 1,
  expires: 1_000,
};
const presented = (hash: string) => ({ hash, genuine: true });

test("the current token is exchanged for the next one", () => {
  const decision = decideRefresh(session, 1, presented("hash 4"), 0);
  expect(decision).toEqual({ kind: "rotate", generation: 5 });
});

test("the previous token gets the current one again, so that a lost answer can be retried", () => {
  const decision = decideRefresh(session, 1, presented("hash 3"), 0);
  expect(decision).toEqual({ kind: "repeat", generation: 4 });
});

test("a token older than the previous one ends the family", () => {
  expect(decideRefresh(session, 1, presented("hash 2"), 0)).toEqual({ kind: "reuse" });
});

test("the previous token ends the family once the current one has been used", () => {
  expect(isFirstUse(session, 3)).toBe(false);
  expect(isFirstUse(session, 4)).toBe(true);
  const used = { ...session, previousHash: undefined };
  expect(isFirstUse(used, 4)).toBe(false);
  expect(decideRefresh(used, 1, presented("hash 3"), 0)).toEqual({ kind: "reuse" });
});

describe("whether a session lives", () => {
  const token = { userGeneration: 1, issuedMs: 100_000 };
  const seen = { session, userGeneration: 1, token, dataAgeMs: 0 };

  test("is what its row says", () => {
    expect(judgeSession(seen, 100_000)).toBe("live");
    expect(judgeSession(seen, 1_000_000)).toBe("ended");
    const over = { ...session, endedOn: "2026-03-01T00:00:00Z" };
    expect(judgeSession({ ...seen, session: over }, 100_000)).toBe("ended");
  });

  test("is over when its user signed out everywhere, in whatever order the rows arrive", () => {
    expect(judgeSession({ ...seen, userGeneration: 2 }, 100_000)).toBe("ended");
    const absent = { ...seen, session: undefined, userGeneration: 2, dataAgeMs: undefined };
    expect(judgeSession(absent, 100_000)).toBe("ended");
    const newer = {
      ...seen,
      session: { ...session, userGeneration: 2 },
      token: { ...token, userGeneration: 2 },
    };
    expect(judgeSession(newer, 100_000)).toBe("live");
  });

  test("without a row is over, unless the region's copy is older than the token", () => {
    const absent = { ...seen, session: undefined };
    expect(judgeSession(absent, 100_000)).toBe("ended");
    expect(judgeSession({ ...absent, dataAgeMs: 30_000 }, 100_000)).toBe("not-arrived");
    expect(judgeSession({ ...absent, dataAgeMs: undefined }, 100_000)).toBe("not-arrived");
    const later = 100_000 + CLOCKS_MS + 2_000;
    expect(judgeSession({ ...absent, dataAgeMs: 1_000 }, later)).toBe("ended");
  });
});

test("who cannot make a token of the family cannot end it", () => {
  const forged = { hash: "hash of anything", genuine: false };
  expect(decideRefresh(session, 1, forged, 0)).toEqual({ kind: "refuse", reason: "forged" });
});

test("an ended, expired or signed-out-everywhere session gives nothing", () => {
  const current = presented("hash 4");
  expect(decideRefresh(undefined, 1, current, 0).kind).toBe("refuse");
  expect(decideRefresh(session, undefined, current, 0).kind).toBe("refuse");
  expect(decideRefresh(session, 2, current, 0).kind).toBe("refuse");
  expect(decideRefresh(session, 1, current, 999_999).kind).toBe("rotate");
  expect(decideRefresh(session, 1, current, 1_000_000)).toEqual({
    kind: "refuse",
    reason: "expired",
  });
});

test("what is no refresh token is not taken for one, and what was written is read back", () => {
  const mac = "m".repeat(43);
  const parts = { sessionId: "01J-x_y", generation: 12, mac };
  expect(parseRefreshToken(formatRefreshToken(parts))).toEqual(parts);
  for (const wrong of ["", "a.b", `a.0.${mac}`, `a.1.${mac}x`, `.1.${mac}`, `a.1e3.${mac}`]) {
    expect(parseRefreshToken(wrong), wrong).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = parseRefreshToken(text);
      expect(read === undefined || formatRefreshToken(read) === text).toBe(true);
    }),
  );
});
