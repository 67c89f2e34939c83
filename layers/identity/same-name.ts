/**
 * When two user names are one name. *pure* *public*
 *
 * Names are compared folded and shown as they were written. The folding is that of the stored
 * accounts: a change of it must leave every name that was ever accepted where it is, or its owner
 * could not sign in any more.
 */

/**
 * In NFKC, in small letters, and without the dot above a letter that has one already: a small İ is
 * an i with two dots, of which one is seen. Folding twice changes nothing.
 */
export const foldUsername = (name: string): string =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/(?<=\p{Soft_Dotted}\p{M}*)\u0307/gu, "")
    .normalize("NFKC");

/** What a name is looked for as: folded, and as it is written where that is another text. */
export const spellingsOf = (name: string): readonly [string, ...string[]] => {
  const folded = foldUsername(name);
  return folded === name ? [name] : [folded, name];
};

export const isSameUsername = (one: string, other: string): boolean =>
  one === other || foldUsername(one) === foldUsername(other);
