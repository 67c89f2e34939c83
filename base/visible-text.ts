/**
 * What of a text a person can see. *pure*
 *
 * Spaces are not all that is blank: there are characters without a width, fillers that look like a
 * space and count as a letter, and marks with nothing to stand on. A text of them alone would be an
 * empty row to everybody who reads it. Inside of a text they have their uses (a joiner between two
 * letters of a Persian word or two people of an emoji, a mark for the direction), so they are not
 * counted, and stay.
 */

/**
 * Unicode's own classes, and the blank characters that are in none of them: the empty Braille
 * pattern, the place of an object that is not there, a note without a head, two Egyptian blanks.
 */
const UNSEEN =
  "\\p{Default_Ignorable_Code_Point}\\p{Cc}\\p{Cf}\\p{Cs}\\p{Noncharacter_Code_Point}" +
  "\\u2800\\ufffc\\u{1d159}\\u{13441}\\u{13442}";
const EACH_UNSEEN = new RegExp(`[${UNSEEN}]`, "gu");
/** What is neither blank nor a mark, which shows only upon something else. */
const SEEN = new RegExp(`[^${UNSEEN}\\p{White_Space}\\p{M}]`, "u");

/**
 * The number of characters (code points) that can be seen, with the spaces between them; 0 where
 * nothing can be seen at all.
 */
export function visibleLength(text: string): number {
  // A line end or a tab is a control character, and a space between words all the same.
  const spaced = text.replace(/\p{White_Space}/gu, " ");
  return SEEN.test(spaced) ? [...spaced.replace(EACH_UNSEEN, "").trim()].length : 0;
}
