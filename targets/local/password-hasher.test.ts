import { expect, test } from "vitest";
import { argonPasswordHasher as hasher } from "./password-hasher.ts";

test("a password verifies against its own hash only, and no two hashes are alike", async () => {
  const first = await hasher.hash("correct horse battery");
  const second = await hasher.hash("correct horse battery");
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(second).not.toBe(first);
  expect(await hasher.verify(first, "correct horse battery")).toBe(true);
  expect(await hasher.verify(second, "correct horse battery")).toBe(true);
  expect(await hasher.verify(first, "correct horse batterz")).toBe(false);
});

test("what is no hash of this kind matches no password", async () => {
  expect(await hasher.verify("", "x")).toBe(false);
  expect(await hasher.verify("$argon2id$broken", "x")).toBe(false);
  expect(await hasher.verify("hash of x", "x")).toBe(false);
});
