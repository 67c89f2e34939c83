/**
 * Whether what a header or a document names is there. *pure*
 *
 * A header's enforcement column (the last parentheses of an invariant's line) and the page of
 * invariants say which file, function or member keeps a promise. A name that changed in the code
 * alone sends a reader to nothing.
 *
 * Checked there are file names (`merge.ts`), members (`Holding.advance`, `#begin`), constants and
 * names in camel case; in the rest of a header, file names and members of classes and rules. A
 * plain word such as `append` cannot be told from English, and is not checked.
 */
import type { Violation } from "./import-rules.ts";
import { isCode, type SourceFile } from "./source-files.ts";
import { blank, headerOf } from "./tokens.ts";

const INVARIANT = /^\s*\*\s+[A-Z]\d+[a-z]?\s.*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/;
const FILE = /(?<![\w.])[\w./-]+\.(?:test\.)?(?:ts|tsx|mjs|md|pml|json)\b/g;
const MEMBER = /\b([A-Za-z]\w*)\.(#?[A-Za-z]\w*)\b/g;
const OWN_MEMBER = /(?<![\w.])#[a-z]\w*/g;
const NAME = /\b(?:[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Z]+(?:_[A-Z]+)+)\b/g;
const IN_PROSE = /(?<![\w./*-])[\w-]+\.ts\b|\b(?:rules|[A-Z][a-z]\w*)\.#?[a-z]\w+\b(?!\.)/g;
const INVARIANTS_PAGE = "docs/reference/invariants.md";
const QUOTED = /`([^`]+)`/g;
/** Web standards and the like, which the code uses through other names. */
const KNOWN = new Set(["WebCrypto", "CloudPing.co"]);

interface Code {
  readonly paths: ReadonlySet<string>;
  /** The words of each file's code. */
  readonly words: ReadonlyMap<string, ReadonlySet<string>>;
  readonly all: ReadonlySet<string>;
}

export function findMissingNames(files: readonly SourceFile[]): Violation[] {
  const code = readCode(files);
  return files.flatMap((file) => {
    const named = file.path === INVARIANTS_PAGE ? namedOnPage(file) : namedInHeader(file);
    return named.flatMap(({ text, line }) =>
      missingIn(text, file.path, code).map((name) => ({
        path: file.path,
        line,
        banned: `naming ${name}`,
        use: "the name that the code has now",
      })),
    );
  });
}

interface Named {
  readonly text: string;
  readonly line: number;
}

function namedInHeader(file: SourceFile): Named[] {
  if (!isCode(file)) return [];
  return headerOf(file.text)
    .split("\n")
    .map((text, index) => ({
      text: INVARIANT.exec(text)?.[1] ?? (text.match(IN_PROSE) ?? []).join(" "),
      line: index + 1,
    }));
}

const namedOnPage = (file: SourceFile): Named[] =>
  file.text
    .split("\n")
    .flatMap((text, index) =>
      [...text.matchAll(QUOTED)].map((match) => ({ text: match[1] ?? "", line: index + 1 })),
    );

function readCode(files: readonly SourceFile[]): Code {
  const words = new Map<string, ReadonlySet<string>>();
  const all = new Set<string>();
  for (const file of files.filter(isCode)) {
    const own = new Set(blank(file.text).code.match(/#?[A-Za-z_]\w*/g) ?? []);
    words.set(file.path, own);
    for (const word of own) all.add(word);
  }
  return { paths: new Set(files.map(({ path }) => path)), words, all };
}

function missingIn(text: string, path: string, code: Code): string[] {
  const missing: string[] = [];
  let rest = text.replace(FILE, (name) => {
    const bare = name.replace(/^(?:\.\/|\.\.\/)+/, "");
    const isThere = [...code.paths].some((known) => known === bare || known.endsWith(`/${bare}`));
    if (!isThere) missing.push(name);
    return " ";
  });
  rest = rest.replace(MEMBER, (name, owner: string, member: string) => {
    const isThere = [...code.words.values()].some(
      (words) => words.has(owner) && (words.has(member) || words.has(`#${member}`)),
    );
    if (!isThere && !KNOWN.has(name)) missing.push(name);
    return " ";
  });
  for (const [name] of rest.matchAll(OWN_MEMBER)) {
    const own = code.words.get(path) ?? code.all;
    if (!own.has(name)) missing.push(name);
  }
  for (const [name] of rest.replace(OWN_MEMBER, " ").matchAll(NAME)) {
    if (!code.all.has(name) && !KNOWN.has(name)) missing.push(name);
  }
  return missing;
}
