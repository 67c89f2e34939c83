/**
 * The shape that every language must fill. *pure*
 *
 * English is the reference. `Translation<typeof en>` has the same keys with any text: a missing key
 * and a surplus one both fail the type-check, and a test compares the `{{placeholders}}`.
 */
export type Translation<Reference> = {
  readonly [Key in keyof Reference]: Reference[Key] extends string
    ? string
    : Translation<Reference[Key]>;
};

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: "English",
  de: "Deutsch",
};

/** The first of the wished languages that exists here; English where none does. */
export function chooseLanguage(wishes: readonly (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const base = wish?.toLowerCase().split("-")[0];
    const match = LANGUAGES.find((language) => language === base);
    if (match) return match;
  }
  return "en";
}

type Tree = { readonly [key: string]: string | Tree };

/** Every text of a catalogue by its dotted key, for comparing languages. */
export function flatten(tree: Tree, prefix = ""): ReadonlyMap<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof value === "string") flat.set(name, value);
    else for (const [inner, text] of flatten(value, name)) flat.set(inner, text);
  }
  return flat;
}

/** What is wrong with a language against the reference, one line per fault; empty when nothing. */
export function differences(reference: Tree, other: Tree): readonly string[] {
  const ours = flatten(reference);
  const theirs = flatten(other);
  const holes = (text: string): string =>
    [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)]
      .map((match) => match[1])
      .sort()
      .join(",");
  const faults: string[] = [];
  for (const [key, text] of ours) {
    const translated = theirs.get(key);
    if (translated === undefined) faults.push(`${key}: missing`);
    else if (translated.trim() === "") faults.push(`${key}: empty`);
    else if (holes(text) !== holes(translated)) {
      faults.push(`${key}: placeholders are {${holes(translated)}}, not {${holes(text)}}`);
    }
  }
  for (const key of theirs.keys()) if (!ours.has(key)) faults.push(`${key}: surplus`);
  return faults;
}
