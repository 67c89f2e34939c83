/**
 * A reader of TypeScript source that knows comments, strings, templates and regular expressions,
 * and nothing more. *pure*
 *
 * TypeScript 7 has no JavaScript API, and the style tests need only two things: the code without
 * what merely looks like code, and the imports. Offsets and line numbers are those of the source:
 * whatever is taken out is replaced by spaces, newlines stay.
 *
 * Not promised: the right answer for a `/` that no reader without a grammar can tell from a
 * division (`a++ /x/ 1`), or for quotes in JSX text beyond the end of their line.
 */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Gone after compilation: `import type`, `export type`. */
  readonly typeOnly: boolean;
}

interface Blanked {
  /** Without comments. */
  readonly withStrings: string;
  /** Without comments and without what stands inside strings. */
  readonly code: string;
}

const REGEX_MAY_FOLLOW = /(?:^|[=(,:;!&|?{[+\-*%>~^]|\b(?:return|typeof|case|in|of|do|else))\s*$/;

export function blank(source: string): Blanked {
  const withStrings = source.split("");
  const code = [...withStrings];
  const erase = (target: string[], from: number, to: number): void => {
    for (let at = from; at < to; at++) if (target[at] !== "\n") target[at] = " ";
  };
  /** One entry per open template: how many braces are open inside its `${`. */
  const templates: number[] = [];
  let at = 0;

  const endOfTemplatePart = (from: number): number => {
    let end = from;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end)) {
      end += source[end] === "\\" ? 2 : 1;
    }
    return end;
  };
  const readTemplatePart = (from: number): void => {
    const end = endOfTemplatePart(from);
    erase(code, from, Math.min(end, source.length));
    if (source[end] === "`") at = end + 1;
    else {
      templates.push(0);
      at = end + 2;
    }
  };

  while (at < source.length) {
    const character = source[at];
    if (character === "/" && source[at + 1] === "/") {
      const end = endOf(source, "\n", at);
      for (const target of [withStrings, code]) erase(target, at, end);
      at = end;
    } else if (character === "/" && source[at + 1] === "*") {
      const end = Math.min(endOf(source, "*/", at + 2) + 2, source.length);
      for (const target of [withStrings, code]) erase(target, at, end);
      at = end;
    } else if (character === '"' || character === "'") {
      const end = endOfQuoted(source, at, character);
      erase(code, at + 1, end);
      at = end + 1;
    } else if (character === "`") {
      readTemplatePart(at + 1);
    } else if (
      character === "/" &&
      source[at + 1] !== ">" &&
      REGEX_MAY_FOLLOW.test(lineBefore(code, at))
    ) {
      const end = endOfRegex(source, at);
      for (const target of [withStrings, code]) erase(target, at + 1, end);
      at = end + 1;
    } else {
      const open = templates.at(-1);
      if (open !== undefined && character === "{") templates[templates.length - 1] = open + 1;
      if (open !== undefined && character === "}") {
        if (open === 0) {
          templates.pop();
          readTemplatePart(at + 1);
          continue;
        }
        templates[templates.length - 1] = open - 1;
      }
      at++;
    }
  }
  return { withStrings: withStrings.join(""), code: code.join("") };
}

const IMPORT = new RegExp(
  [
    String.raw`\b(import|export)\s+(type\s+)?(?:[\w$*\s,{}]+?\s+from\s+)?(["'])([^"'\n]+)\3`,
    String.raw`\b(import)\s*\(\s*(["'])([^"'\n]+)\6`,
  ].join("|"),
  "g",
);

/** Static and dynamic imports and re-exports with a literal specifier. */
export function importsOf(source: string): Import[] {
  const { withStrings, code } = blank(source);
  const found: Import[] = [];
  for (const match of withStrings.matchAll(IMPORT)) {
    const keyword = match[1] ?? match[5] ?? "";
    // Inside a string the blanked code has no keyword at this place.
    if (!code.startsWith(keyword, match.index)) continue;
    found.push({
      specifier: match[4] ?? match[7] ?? "",
      line: lineAt(source, match.index),
      typeOnly: match[2] !== undefined,
    });
  }
  return found;
}

export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) {
    line++;
  }
  return line;
}

/** The first comment block, where a file says what it is and of which kind. */
export const headerOf = (source: string): string =>
  /^(?:#![^\n]*\n)?\s*(\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*\n)+)/.exec(source)?.[1] ?? "";

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end === -1 ? source.length : end;
}

function endOfQuoted(source: string, from: number, quote: string): number {
  let end = from + 1;
  while (end < source.length && source[end] !== quote && source[end] !== "\n") {
    end += source[end] === "\\" ? 2 : 1;
  }
  return Math.min(end, source.length);
}

function endOfRegex(source: string, from: number): number {
  let end = from + 1;
  let inClass = false;
  while (end < source.length && source[end] !== "\n") {
    if (source[end] === "\\") end++;
    else if (source[end] === "[") inClass = true;
    else if (source[end] === "]") inClass = false;
    else if (source[end] === "/" && !inClass) break;
    end++;
  }
  return Math.min(end, source.length);
}

function lineBefore(code: readonly string[], at: number): string {
  let from = at;
  while (from > 0 && at - from < 40 && code[from - 1] !== "\n") from--;
  return code.slice(from, at).join("");
}
