/**
 * How a file reads: its length, its header, its names, no unfinished marks. *pure*
 *
 * The limits are hard ones; what to aim at is half of them (CONTRIBUTING.md). Indentation, imports
 * and wrapping are the formatter's (biome.json).
 */
import type { Violation } from "./import-rules.ts";
import { isCode, isTest, type SourceFile } from "./source-files.ts";
import { blank, lineAt } from "./tokens.ts";

const LONGEST_FILE_LINES = 400;
const LONGEST_LINE_COLUMNS = 100;
const HEADER_FROM_LINES = 60;

const ONE_STRING =
  /^\s*(?:(?:export )?const )?(?:[\w"'.\-[\]]+\s*[:=]\s*)?["'`/].*["'`/][a-z]*[,;)\]}]*$/;
const TEST_NAME = /^\s*(?:test|it|describe)\((["'`]).*\1, (?:async )?\(.*\) => \{$/;
const LINK = /https?:\/\/\S+/;
/** What no formatter can break, and a person should not. */
const UNBREAKABLE = [ONE_STRING, TEST_NAME, LINK];
const VAGUE_FILE = /(?:^|\/)(?:utils?|helpers?|common|misc|stuff)(?:\/|\.[a-z.]+$)/;
const VAGUE_NAME =
  /\b(?:class|interface|type|function|const|let)\s+(\w*(?:Manager|Impl|Utils?|Helpers?))\b/g;
const UNFINISHED = /\b(?:TO(?:DO)|FIX(?:ME)|X(?:XX)|HA(?:CK)|not (?:yet )?implemented)\b/g;
/** Of a test, a hook or a wait, in milliseconds of the real clock. */
const OWN_LIMIT = /\},\s+[\d_]{4,},?\s*\);|\btimeout: [\d_]{4,}\b/gm;
const SKIPPED = /\b(?:describe|it|test|suite)(?:\.\w+)*\.(?:skip|only|todo|fails)\b/g;

export function findStyleViolations(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(isCode)
    .flatMap((file) => [
      ...lengthOf(file),
      ...lineWidths(file),
      ...missingHeader(file),
      ...vagueNames(file),
      ...unfinished(file),
      ...ownLimits(file),
    ]);
}

const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

function lengthOf(file: SourceFile): Violation[] {
  const lines = linesOf(file.text).length;
  if (lines <= LONGEST_FILE_LINES) return [];
  const banned = `a file of ${lines} lines`;
  return [{ path: file.path, line: lines, banned, use: "two files, one for each of its subjects" }];
}

function lineWidths(file: SourceFile): Violation[] {
  return linesOf(file.text).flatMap((text, index) =>
    text.length <= LONGEST_LINE_COLUMNS || UNBREAKABLE.some((pattern) => pattern.test(text))
      ? []
      : [
          {
            path: file.path,
            line: index + 1,
            banned: `a line of ${text.length} columns`,
            use: `at most ${LONGEST_LINE_COLUMNS}`,
          },
        ],
  );
}

function missingHeader(file: SourceFile): Violation[] {
  if (isTest(file.path) || linesOf(file.text).length <= HEADER_FROM_LINES) return [];
  const body = file.text.replace(/^#![^\n]*\n/, "").trimStart();
  const beforeCode = body.replace(/^(?:import\b[^;]*;\s*)+/, "");
  if (/^(?:\/\*|\/\/)/.test(body) || /^(?:\/\*|\/\/)/.test(beforeCode)) return [];
  return [
    {
      path: file.path,
      line: 1,
      banned: `a file of more than ${HEADER_FROM_LINES} lines without a header`,
      use: "a comment that says what it is, its kind, its invariants and its limits",
    },
  ];
}

function vagueNames(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  if (VAGUE_FILE.test(file.path)) {
    const use = "a noun that says what it holds";
    found.push({ path: file.path, line: 1, banned: `the file name ${file.path}`, use });
  }
  const { code } = blank(file.text);
  for (const match of code.matchAll(VAGUE_NAME)) {
    const line = lineAt(file.text, match.index);
    const use = "a noun that says what it does";
    found.push({ path: file.path, line, banned: `the name ${match[1]}`, use });
  }
  return found;
}

function unfinished(file: SourceFile): Violation[] {
  const marks = [...file.text.matchAll(UNFINISHED)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    banned: match[0],
    use: "the finished thing, or an issue",
  }));
  const skipped = [...blank(file.text).code.matchAll(SKIPPED)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    banned: match[0],
    use: "a test that runs, or runIf/skipIf with its reason",
  }));
  return [...marks, ...skipped];
}

function ownLimits(file: SourceFile): Violation[] {
  const isSimulated = file.path.startsWith("targets/simulated/");
  if (!isTest(file.path) || isSimulated) return [];
  return [...blank(file.text).code.matchAll(OWN_LIMIT)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    banned: `the limit "${match[0].trim()}"`,
    use: "the one of vitest.config.ts, or ampleMs(): both follow the speed of the machine",
  }));
}

/** Machine paths and registry hosts: true on one machine only, so never in a commit. */
const PRIVATE: readonly { readonly pattern: RegExp; readonly use: string }[] = [
  {
    pattern: /(?<![\w./~$}-])\/(?:work|farm|home|root|Users)\/[\w.-]+/g,
    use: "a path relative to the repository",
  },
  { pattern: /\/tmp\/bash_[a-z]+/g, use: "a directory made with mkdtemp" },
  {
    pattern: /\b(?:registry|deb|mirror|proxy)\.[a-z]+\.(?:org|com|net|io)\b/g,
    use: "the client's own configuration",
  },
];

export function findPrivateText(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) =>
    PRIVATE.flatMap(({ pattern, use }) =>
      [...file.text.matchAll(pattern)].map((match) => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        banned: match[0],
        use,
      })),
    ),
  );
}
