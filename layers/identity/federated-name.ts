/**
 * The user name that somebody who came from another provider gets. *pure*
 *
 * What the provider says is a wish, never a claim: an account is found by provider and subject
 * alone, and a name that is taken gets an ending. An e-mail address links nothing.
 */
import { foldUsername } from "./same-name.ts";
import { objectToUsername, USERNAME } from "./user-names.ts";

export interface ProviderProfile {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

const ROOM = USERNAME.max - 8;

const asUsername = (text: string): string =>
  [...foldUsername(text).replaceAll(/[^\p{L}\p{Mn}\p{Mc}\p{N}._+-]+/gu, "-")]
    .slice(0, ROOM)
    .join("")
    .replaceAll(/^-+|-+$/g, "");

/** The first is tried first; `ending` is random, and makes the later ones unlikely to be taken. */
export function suggestUsernames(
  { name = "", email = "" }: ProviderProfile,
  provider: string,
  ending: string,
): readonly string[] {
  const wished = [asUsername(name), asUsername(email.split("@")[0] ?? "")].find(
    (text) => objectToUsername(text) === undefined,
  );
  const base = wished ?? asUsername(`${provider}-user`);
  const first = wished === undefined ? [] : [base];
  const longer = [4, 7].map((length) => withEnding(base, ending.slice(0, length)));
  return [...first, ...longer].map(foldUsername);
}

/** Latin letters do not go with every script; digits do. */
function withEnding(base: string, ending: string): string {
  const made = `${base}-${ending}`;
  if (objectToUsername(made) === undefined) return made;
  return `${base}-${ending.replace(/\D/g, (letter) => String(letter.charCodeAt(0) % 10))}`;
}
