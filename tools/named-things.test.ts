import { expect, test } from "vitest";
import { show } from "./import-rules.ts";
import { findMissingNames } from "./named-things.ts";
import { textFiles } from "./source-files.ts";

test("what headers and the page of invariants name is there", () => {
  expect(findMissingNames(textFiles()).map(show)).toEqual([]);
});

const code = {
  path: "layers/region/holding.ts",
  text: "export class Holding { advance() { this.#begin(rules.mayWrite); } #begin() {} }\n",
};
const header = (column: string) => ({
  path: "layers/region/other.ts",
  text: `/**\n * What.\n *\n *  H1 nothing is lost   (${column})\n */\nconst other = 1;\n`,
});
const page = (text: string) => ({ path: "docs/reference/invariants.md", text: `| ${text} |` });
const missing = (file: { path: string; text: string }) =>
  findMissingNames([code, file]).map(({ banned }) => banned);

test.each([
  ["a file", "gone.ts", "naming gone.ts"],
  ["a member", "Holding.retreat", "naming Holding.retreat"],
  ["a rule", "rules.mayCollect", "naming rules.mayCollect"],
  ["a member of its own", "#end", "naming #end"],
  ["a function", "checkItem", "naming checkItem"],
  ["a constant", "MOST_SECONDS", "naming MOST_SECONDS"],
])("%s that is not there is found in a header and on the page", (_, name, found) => {
  expect(missing(header(name))).toEqual([found]);
  expect(missing(page(`\`${name}\``))).toEqual([found]);
});

test("what is there is no violation, and English is not looked at", () => {
  expect(missing(header("Holding.advance, rules.mayWrite, holding.ts; append"))).toEqual([]);
  expect(missing(page("`Holding.#begin` of `layers/region/holding.ts`"))).toEqual([]);
});
