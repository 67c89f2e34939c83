/**
 * What a new user name may be. *pure*
 *
 * After the IdentifierClass of PRECIS (RFC 8264, 8265) and the restrictions of UTS 39: letters and
 * digits of any script with the marks that belong to them, and six signs. What cannot be seen is
 * refused, as is a mix of scripts, because either makes a name that shows like another's.
 *
 * Invariants
 *  U1 no character without a shape of its own: default-ignorable, blank, control     (UNSEEN)
 *  U2 marks stand on a letter, at most four without a width, none twice in a row     (MARKS)
 *  U3 letters are of one script, or of scripts that are written together in China, Japan or Korea
 *                                                                                (isOfOneScript)
 * Asked at sign-up only: who has an account signs in by its name, whatever is allowed today.
 * Not promised: that no two names look alike. A name all in Cyrillic may look like one in Latin, as
 * may l and I; Unicode's table of such pairs is not consulted.
 */
import { foldUsername } from "./same-name.ts";

export const USERNAME = { min: 3, max: 64 } as const;

export interface Objection {
  readonly message: string;
}

const SIGNS = "._@+-";
const ALLOWED = new RegExp(`^[\\p{L}\\p{Mn}\\p{Mc}\\p{N}${SIGNS}]+$`, "u");
/** Blank fillers count as letters. So do the Hangul letters that are parts of syllables only. */
const UNSEEN =
  /[\p{Default_Ignorable_Code_Point}\u{13441}\u{13442}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;
const MARKS = new RegExp(`(?:^|[${SIGNS}])\\p{M}|\\p{Mn}{5}|(\\p{Mn})\\1`, "u");

export function objectToUsername(name: string): Objection | undefined {
  const folded = foldUsername(name);
  if (folded.length < USERNAME.min || folded.length > USERNAME.max) {
    return { message: `A user name has ${USERNAME.min} to ${USERNAME.max} characters.` };
  }
  if (!ALLOWED.test(folded)) {
    return { message: "A user name is made of letters, digits and . _ @ + - only." };
  }
  if (UNSEEN.test(folded)) {
    return { message: "Each character of a user name has to be one that can be seen." };
  }
  if (MARKS.test(folded)) {
    return { message: "Accents and other marks of a user name stand on a letter, each once." };
  }
  if (!isOfOneScript(folded)) {
    return { message: "The letters of a user name are of one script, such as Latin or Cyrillic." };
  }
  return undefined;
}

/** Those in use today (UAX 31, tables 5 and 7) that every engine with Unicode 11 knows. */
const SCRIPTS = (
  "Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati " +
  "Gurmukhi Hangul Han Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya " +
  "Sinhala Tamil Telugu Thaana Thai Tibetan Adlam Balinese Bamum Batak Canadian_Aboriginal " +
  "Chakma Cham Cherokee Hanifi_Rohingya Javanese Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek " +
  "Miao Mongolian New_Tai_Lue Newa Nko Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac " +
  "Tai_Le Tai_Tham Tai_Viet Tifinagh Vai Yi"
).split(" ");
/** Written together, as the Highly Restrictive level of UTS 39 allows. */
const TOGETHER = ["Latin Han Hiragana Katakana", "Latin Han Bopomofo", "Latin Han Hangul"];

function isOfOneScript(folded: string): boolean {
  if (/^[!-~]+$/.test(folded)) return true;
  return [...SCRIPTS, ...TOGETHER].some((scripts) => {
    const classes = scripts.split(" ").map((script) => `\\p{Script_Extensions=${script}}`);
    // Signs, digits and some marks belong to every script.
    return new RegExp(`^[\\p{Script=Common}\\p{Script=Inherited}${classes.join("")}]+$`, "u").test(
      folded,
    );
  });
}
