import fc from "fast-check";
import { expect, test } from "vitest";
import { blank, headerOf, importsOf, lineAt } from "./tokens.ts";

const codeOf = (source: string) => blank(source).code;

test("what stands in comments, strings, templates and regular expressions is not code", () => {
  const source = [
    "// Date in a comment",
    "/* Date */ const a = 'Date' + \"Date\" + `Date`;",
    "const r = /Date[/]Date/g;",
    "const half = total / 2; // Date / Date",
  ].join("\n");
  expect(codeOf(source)).not.toContain("Date");
  expect(codeOf(source)).toContain("const half = total / 2;");
});

test("what stands in a template's expression is code, however deep", () => {
  const source = "`a ${ outer({ x: `b ${ Date.now() } c` }) } Date` + after";
  const code = codeOf(source);
  expect(code.match(/Date/g)).toHaveLength(1);
  expect(code).toContain("Date.now()");
  expect(code).toContain("+ after");
});

test("escapes do not end a string, a template or an expression early", () => {
  expect(codeOf(String.raw`const a = "x\"Date"; kept`)).toContain("kept");
  expect(codeOf(String.raw`const a = "x\"Date"; kept`)).not.toContain("Date");
  expect(codeOf("const a = `\\`Date\\${Date}`; kept")).not.toContain("Date");
  expect(codeOf(String.raw`const a = /\/Date/; kept`)).not.toContain("Date");
});

test("JSX closing tags do not start a regular expression", () => {
  expect(codeOf('<a b={1} /> ; const x = <b>{t("k")}</b>; kept')).toContain("kept");
});

test("blanking keeps every offset and every line, whatever the text", () => {
  const piece = fc.constantFrom(
    "`",
    "${",
    "}",
    '"',
    "'",
    "/",
    "*",
    "\\",
    "\n",
    "a",
    "//",
    "/*",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const source = pieces.join("");
      const { code, withStrings } = blank(source);
      for (const text of [code, withStrings]) {
        expect(text.length).toBe(source.length);
        expect(text.split("\n").length).toBe(source.split("\n").length);
      }
    }),
  );
});

test("every form of import is found, with its line", () => {
  const source = [
    'import "./effect.ts";',
    'import type { A } from "./a.ts";',
    "import b, {",
    "  type C,",
    '} from "./b.ts";',
    'export * from "./d.ts";',
    'export type { E } from "./e.ts";',
    'const f = await import("./f.ts");',
    'import * as g from "node:fs";',
  ].join("\n");
  expect(importsOf(source)).toEqual([
    { specifier: "./effect.ts", line: 1, typeOnly: false },
    { specifier: "./a.ts", line: 2, typeOnly: true },
    { specifier: "./b.ts", line: 3, typeOnly: false },
    { specifier: "./d.ts", line: 6, typeOnly: false },
    { specifier: "./e.ts", line: 7, typeOnly: true },
    { specifier: "./f.ts", line: 8, typeOnly: false },
    { specifier: "node:fs", line: 9, typeOnly: false },
  ]);
});

test("what only looks like an import is none", () => {
  const source = [
    "// import './a.ts'",
    "const text = \"import './b.ts'\";",
    "const page = `import x from './c.ts'`;",
    'export const from = "./d.ts";',
  ].join("\n");
  expect(importsOf(source)).toEqual([]);
});

test("the header is the first comment, after a shebang if there is one", () => {
  expect(headerOf("#!/usr/bin/env node\n/** What. *shell* */\ncode")).toBe("/** What. *shell* */");
  expect(headerOf("code\n/** later */")).toBe("");
});

test("lines are counted from one", () => {
  expect([0, 1, 2, 4].map((offset) => lineAt("a\nb\nc", offset))).toEqual([1, 1, 2, 3]);
});
