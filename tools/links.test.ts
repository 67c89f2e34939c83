import { posix } from "node:path";
import { expect, test } from "vitest";
import { type SourceFile, textFiles } from "./source-files.ts";

const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)\s]*)?\)/g;

/** Links of a document to files and folders that are not there. */
function brokenLinks(document: SourceFile, paths: readonly string[]): string[] {
  return [...document.text.matchAll(LINK)]
    .map((match) => match[1] ?? "")
    .filter((link) => {
      const target = posix.join(posix.dirname(document.path), link).replace(/\/$/, "");
      return !paths.some((path) => path === target || path.startsWith(`${target}/`));
    })
    .map((link) => `${document.path}: ${link}`);
}

const files = textFiles();
const paths = files.map(({ path }) => path);
const documents = files.filter(({ path }) => path.endsWith(".md"));

test("every link of a document leads to a file that is there", () => {
  expect(documents.length).toBeGreaterThan(15);
  expect(documents.flatMap((document) => brokenLinks(document, paths))).toEqual([]);
});

test("a broken link is found, and one to a folder or a place on the page is none", () => {
  const text = "[a](gone.md) [b](../README.md#try-it) [c](./) [d](#here) [e](https://example.org)";
  const document = { path: "docs/page.md", text };
  expect(brokenLinks(document, ["README.md", "docs/page.md"])).toEqual(["docs/page.md: gone.md"]);
});
