import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decideRefresh,
  formatRefreshToken,
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
