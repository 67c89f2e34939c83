/**
 * Whether somebody knows the password of an account. *shell*
 *
 * Invariants
 *  P1 an unknown user costs what a wrong password costs, and is answered alike            (check)
 *  P2 a try is counted before the password is looked at                                   (check)
 *  P3 no password is stored or logged in clear
 */
import type { BucketName } from "../../identity/attempts.ts";
import { normalPassword } from "../../identity/password-rules.ts";
import { foldUsername } from "../../identity/same-name.ts";
import type { Found } from "../../key-value/port.ts";
import { type Problem, problem, problemOfRead } from "../problem.ts";
import type { Counted } from "./attempts.ts";
import type { IdentityParts } from "./parts.ts";
import { type User, users } from "./tables.ts";

export const BUSY = problem("busy", "Too many passwords are being checked at once.");
const WRONG = problem("wrong-credentials", "The user name or the password is wrong.");

export interface Asker {
  /** The network address, as far as it is known. */
  readonly address: string | undefined;
  /** The browser, if it has been signed in to the account before. */
  readonly device: string | undefined;
}

export interface Passwords {
  hash(password: string): Promise<string | undefined>;
  /** The user whose password it is. */
  check(username: string, password: string, asker: Asker): Promise<Found<User> | Problem>;
}

export function createPasswords(parts: IdentityParts): Passwords {
  const { store, hasher, hashing, attempts } = parts;
  let decoy: Promise<string> | undefined;

  return {
    hash: (password) => hashing.run(() => hasher.hash(normalPassword(password))),
    check: async (username, password, asker) => {
      const name = foldUsername(username);
      const counted: Counted[] = [
        asker.device === undefined
          ? { bucket: "account", of: name }
          : { bucket: "device", of: `${name}\n${asker.device}` },
      ];
      if (asker.address !== undefined) counted.push({ bucket: "address", of: asker.address });
      const tried = await attempts.begin(counted);
      if (tried.kind === "problem") return tried;
      const nothing: readonly BucketName[] = [];
      const read = await store.get(users, { username: name });
      if (read.kind === "failed") {
        tried.succeeded(nothing);
        return problemOfRead(read);
      }
      decoy ??= hasher.hash("a password that nobody has");
      const hash = read.value?.item.passwordHash ?? (await decoy);
      const matches = await hashing.run(() => hasher.verify(hash, normalPassword(password)));
      if (matches === undefined) {
        tried.succeeded(nothing);
        return BUSY;
      }
      if (matches && read.value?.item.passwordHash !== undefined) {
        tried.succeeded(["account", "device"]);
        return read.value;
      }
      await tried.failed();
      return WRONG;
    },
  };
}
