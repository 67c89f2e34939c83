/**
 * Passwords with argon2id, on the thread pool. *adapter*
 *
 * Parameters are the minimum that OWASP names (19 MiB, two passes, one lane): about 15 ms. A hash
 * names its own, so that raising them leaves old hashes valid.
 */
import { type Algorithm, hash, type Options, verify } from "@node-rs/argon2";
import type { PasswordHasher } from "../../layers/api/index.ts";

const OPTIONS: Options = {
  // The enum is ambient and const, which isolated modules cannot read: 2 is argon2id.
  algorithm: 2 as Algorithm,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
};

export const argonPasswordHasher: PasswordHasher = {
  hash: (password) => hash(password, OPTIONS),
  verify: async (stored, password) => {
    if (!stored.startsWith("$argon2")) return false;
    try {
      return await verify(stored, password);
    } catch {
      return false;
    }
  },
};
