/**
 * Passwords hashed by repeating the digest, without the thread pool. *adapter*
 *
 * For worlds that end with their test: a fixed number of rounds, so that the same calls take the
 * same turns in every run. Real regions use argon2id.
 */
import type { Rng } from "../../base/rng.ts";
import type { PasswordHasher } from "../../layers/api/index.ts";

const ROUNDS = 8;

export function simulatedPasswordHasher(
  digest: (text: string) => string,
  rng: Rng,
): PasswordHasher {
  const hashed = (password: string, salt: string): string => {
    let text = `${salt}\n${password}`;
    for (let round = 0; round < ROUNDS; round++) text = digest(`${salt}\n${text}`);
    return `simulated.${salt}.${text}`;
  };
  return {
    hash: async (password) => hashed(password, rng.below(2 ** 32).toString(36)),
    verify: async (stored, password) => {
      const [kind, salt = ""] = stored.split(".");
      return kind === "simulated" && hashed(password, salt) === stored;
    },
  };
}
