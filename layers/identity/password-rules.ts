/**
 * What a user name and a password may be. *pure*
 *
 * Names are compared folded (NFKC, lower case), so that `Anna` and `anna` are one name. Passwords
 * follow NIST SP 800-63B: length matters, composition rules do not; what is refused is what a
 * guesser tries first.
 */
export const USERNAME = { min: 3, max: 64 } as const;
export const PASSWORD = { min: 8, max: 128 } as const;

const USERNAME_CHARACTERS = /^[\p{L}\p{N}._@+-]+$/u;

const GUESSED_FIRST: ReadonlySet<string> = new Set([
  "password",
  "password1",
  "12345678",
  "123456789",
  "1234567890",
  "qwertyui",
  "qwertyuiop",
  "11111111",
  "00000000",
  "iloveyou",
  "letmein1",
]);

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

export function objectToPassword(password: string, username: string): Objection | undefined {
  if (password.length < PASSWORD.min || password.length > PASSWORD.max) {
    return { message: `A password has ${PASSWORD.min} to ${PASSWORD.max} characters.` };
  }
  const folded = password.toLowerCase();
  if (GUESSED_FIRST.has(folded)) {
    return { message: "This password is among the first that are tried; choose another." };
  }
  if (folded === username.toLowerCase()) {
    return { message: "A password must not be the user name." };
  }
  return undefined;
}
