import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterFailure,
  BUCKETS,
  EMPTY,
  emptyAtMs,
  type Level,
  levelAt,
  mayTry,
  retryAfterMs,
  takenBack,
} from "./attempts.ts";
import { commonPasswords } from "./common-passwords.ts";
import { objectToPassword } from "./password-rules.ts";
import { safeReturnTo } from "./return-to.ts";
import { decideSigningKey, KEY_MS } from "./signing-keys.ts";

describe("passwords", () => {
  test("a password has 8 to 128 characters and is not what is tried first", () => {
    expect(objectToPassword("horse bat", "ann")).toBeUndefined();
    expect(objectToPassword("x".repeat(128), "ann")).toBeUndefined();
    expect(objectToPassword("\u{1F40E}\u{1F98B}".repeat(4), "ann")).toBeUndefined();
    expect(objectToPassword("\u{1F40E}\u{1F98B}".repeat(3), "ann")).toBeDefined();
    expect(objectToPassword("x".repeat(7), "ann")).toBeDefined();
    expect(objectToPassword("x".repeat(129), "ann")).toBeDefined();
    expect(objectToPassword("Password1", "ann")).toBeDefined();
    expect(objectToPassword("long-user-name", "Long-User-Name")).toBeDefined();
    for (const common of ["12345678", "qwertyuiop", "Iloveyou1", "summer2025", "aaaaaaaa"]) {
      expect(objectToPassword(common, "ann"), common).toBeDefined();
    }
    for (const own of ["correct horse battery", "a new pass phrase", "Tr0mbone-ladder"]) {
      expect(objectToPassword(own, "ann"), own).toBeUndefined();
    }
  });
});

describe("buckets of failed tries", () => {
  const { account } = BUCKETS;
  const failTimes = (count: number, from: Level, atMs: number): Level =>
    Array.from({ length: count }).reduce<Level>(
      (level) => afterFailure(account, level, atMs),
      from,
    );

  test("let a burst through, then one per drain time, and are never full for ever", () => {
    const full = failTimes(account.burst, EMPTY, 0);
    expect(mayTry(account, [failTimes(account.burst - 1, EMPTY, 0)], 0)).toBe(true);
    expect(mayTry(account, [full], 0)).toBe(false);
    expect(retryAfterMs(account, [full], 0)).toBe(account.drainMs);
    expect(mayTry(account, [full], account.drainMs)).toBe(true);
    const more = failTimes(1_000, full, 0);
    expect(mayTry(account, [more], account.drainMs)).toBe(true);
    expect(emptyAtMs(account, more)).toBe(account.burst * account.drainMs);
  });

  test("count what other regions have told", () => {
    const half = failTimes(account.burst / 2, EMPTY, 0);
    expect(mayTry(account, [half], 0)).toBe(true);
    expect(mayTry(account, [half, half], 0)).toBe(false);
  });

  test("let no more through in one region than the burst and what has drained", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 300 }), (gaps) => {
        let level = EMPTY;
        let nowMs = 0;
        let passed = 0;
        for (const gapMs of gaps) {
          nowMs += gapMs;
          if (!mayTry(account, [level], nowMs)) continue;
          level = afterFailure(account, level, nowMs);
          passed++;
        }
        expect(passed).toBeLessThanOrEqual(account.burst + nowMs / account.drainMs);
      }),
    );
  });

  test("give a try back that was none, and do not drain when a clock is set back", () => {
    const one = afterFailure(account, EMPTY, 1_000);
    expect(takenBack(account, one, 1_000).level).toBe(0);
    expect(levelAt(account, one, 0)).toBe(1);
  });
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

test("the list of common passwords holds what the other rules would let through, once each", () => {
  const list = commonPasswords();
  expect(list.length).toBeGreaterThan(2_000);
  expect(list.length).toBeLessThan(20_000);
  for (const password of list) {
    expect(password.length).toBeGreaterThanOrEqual(8);
    expect(password).toBe(password.toLowerCase());
  }
});

describe("where a person goes after signing in", () => {
  test("is a path of this deployment, whatever is asked for", () => {
    for (const good of ["/", "/tickets/", "/tickets/t/1?mine=1#x", "/account/", "/a%20b"]) {
      expect(safeReturnTo(good), good).toBe(good);
    }
    const bad = [
      "",
      "tickets",
      "//evil.example",
      "/\\evil.example",
      "\\/evil.example",
      "/\t/evil.example",
      "/\n//evil.example",
      "https://evil.example/",
      "javascript:alert(1)",
      "/..//evil.example",
      "/.//evil.example",
      "/%2e%2e//evil.example",
      "/a\\..\\evil",
      " /x",
      `/${"a".repeat(600)}`,
    ];
    for (const path of bad) expect(safeReturnTo(path, "/home"), path).toBe("/home");
    expect(safeReturnTo(undefined)).toBe("/");
  });

  test("never leaves the origin, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."/\\.:@%2ehtps\t\n x#?") }), (text) => {
        const url = new URL(safeReturnTo(`/${text}`), "https://own.example");
        expect(url.origin).toBe("https://own.example");
      }),
    );
  });
});
