import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ATTEMPTS, type Attempts, afterFailure, mayTry } from "./attempts.ts";
import { foldUsername, objectToPassword, objectToUsername } from "./password-rules.ts";
import { decideSigningKey, KEY_MS } from "./signing-keys.ts";

describe("names and passwords", () => {
  test("a name has 3 to 64 letters, digits and . _ @ + -", () => {
    for (const good of ["ann", "Zoë", "a.b_c@d+e-f", "用户名", "x".repeat(64)]) {
      expect(objectToUsername(good), good).toBeUndefined();
    }
    for (const bad of ["", "ab", "x".repeat(65), "a b c", "a\u0000bc", "<script>", "a/b/c"]) {
      expect(objectToUsername(bad), bad).toBeDefined();
    }
  });

  test("names that look alike but for case and form are one name", () => {
    expect(foldUsername("ANNA")).toBe("anna");
    expect(foldUsername("ａｎｎａ")).toBe("anna");
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(foldUsername(foldUsername(name))).toBe(foldUsername(name));
      }),
    );
  });

  test("a password has 8 to 128 characters and is not what is tried first", () => {
    expect(objectToPassword("x".repeat(8), "ann")).toBeUndefined();
    expect(objectToPassword("x".repeat(128), "ann")).toBeUndefined();
    expect(objectToPassword("x".repeat(7), "ann")).toBeDefined();
    expect(objectToPassword("x".repeat(129), "ann")).toBeDefined();
    expect(objectToPassword("Password1", "ann")).toBeDefined();
    expect(objectToPassword("long-user-name", "Long-User-Name")).toBeDefined();
  });
});

test("after too many failures in a minute no more is tried, until the minute is over", () => {
  let attempts: Attempts | undefined;
  for (let failure = 0; failure < ATTEMPTS.limit; failure++) {
    expect(mayTry(attempts, failure)).toBe(true);
    attempts = afterFailure(attempts, failure);
  }
  expect(mayTry(attempts, ATTEMPTS.windowMs - 1)).toBe(false);
  expect(mayTry(attempts, ATTEMPTS.windowMs)).toBe(true);
  expect(afterFailure(attempts, ATTEMPTS.windowMs).failures).toBe(1);
});

test("a signing key is made when there is none, used while young, and followed when old", () => {
  expect(decideSigningKey([], 0)).toEqual({ kind: "create", kid: "k000001" });
  const keys = [
    { kid: "k000001", createdOnMs: 0 },
    { kid: "k000002", createdOnMs: KEY_MS },
  ];
  expect(decideSigningKey(keys, 2 * KEY_MS - 1)).toEqual({ kind: "use", kid: "k000002" });
  expect(decideSigningKey(keys, 2 * KEY_MS)).toEqual({ kind: "create", kid: "k000003" });
});
