/**
 * What a user name and a password may be. *pure*
 *
 * Names are compared folded (NFKC, lower case), so that `Anna` and `anna` are one name. Passwords
 * follow NIST SP 800-63B: length matters, composition rules do not; what is refused is what a
 * guesser tries first.
 *
 * A length is counted in characters as people see them in their alphabet (code points), and a
 * password is compared in one Unicode form, whatever keyboard it was typed on.
 */
import { isCommonPassword } from "./common-passwords.ts";

export const USERNAME = { min: 3, max: 64 } as const;
export const PASSWORD = { min: 8, max: 128 } as const;

const USERNAME_CHARACTERS = /^[\p{L}\p{N}._@+-]+$/u;

export interface Objection {
  readonly message: string;
}

export const foldUsername = (name: string): string => name.normalize("NFKC").toLowerCase();

export function objectToUsername(name: string): Objection | undefined {
  const folded = foldUsername(name);
  if (folded.length < USERNAME.min || folded.length > USERNAME.max) {
    return { message: `A user name has ${USERNAME.min} to ${USERNAME.max} characters.` };
  }
  if (!USERNAME_CHARACTERS.test(folded)) {
    return { message: "A user name is made of letters, digits and . _ @ + - only." };
  }
  return undefined;
}

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
