/**
 * What a password may be. *pure*
 *
 * The rules follow NIST SP 800-63B: length matters, composition rules do not; what is refused is
 * what a guesser tries first.
 *
 * A length is counted in characters as people see them in their alphabet (code points), and a
 * password is compared in one Unicode form, whatever keyboard it was typed on.
 */
import { isCommonPassword } from "./common-passwords.ts";
import { foldUsername } from "./same-name.ts";
import type { Objection } from "./user-names.ts";

export const PASSWORD = { min: 8, max: 128 } as const;

/** The form that is hashed. */
export const normalPassword = (password: string): string => password.normalize("NFKC");

export function objectToPassword(password: string, username: string): Objection | undefined {
  const length = [...normalPassword(password)].length;
  if (length < PASSWORD.min || length > PASSWORD.max) {
    return { message: `A password has ${PASSWORD.min} to ${PASSWORD.max} characters.` };
  }
  const folded = normalPassword(password).toLowerCase();
  if (isCommonPassword(folded)) {
    return { message: "This password is among the first that are tried; choose another." };
  }
  if (folded === foldUsername(username)) {
    return { message: "A password must not be the user name." };
  }
  return undefined;
}
