import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { show } from "./import-rules.ts";
import { root, textFiles } from "./source-files.ts";
import { findPrivateText, findStyleViolations } from "./style-rules.ts";

test("files are short, headed, well named and finished", () => {
  expect(findStyleViolations(textFiles()).map(show)).toEqual([]);
});

test("no file names a path of one machine or a registry host", () => {
  expect(findPrivateText(textFiles()).map(show)).toEqual([]);
});

test("the code is formatted and passes the linter", () => {
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const check = [
    "check",
    "--reporter=github",
    "--diagnostic-level=error",
    "--max-diagnostics=none",
  ];
  const run = spawnSync(process.execPath, [biome, ...check, "."], { cwd: root, encoding: "utf8" });
  const complaint = /^::error title=([^,]*),file=([^,]*),line=(\d+).*::(.*)$/gm;
  const complaints = [...run.stdout.matchAll(complaint)].map(
    ([, title, file, line, message]) =>
      `${relative(root, file ?? "")}:${line}: ${message} (${title}; npm run format)`,
  );
  expect(complaints).toEqual([]);
  expect({ status: run.status, stderr: run.status === 0 ? "" : run.stderr }).toEqual({
    status: 0,
    stderr: "",
  });
});

test("no file, export, type or dependency is unused", () => {
  const knip = join(root, "node_modules", "knip", "bin", "knip.js");
  const run = spawnSync(process.execPath, [knip, "--reporter", "compact"], {
    cwd: root,
    encoding: "utf8",
  });
  expect({ status: run.status, unused: run.stdout, stderr: run.stderr }).toEqual({
    status: 0,
    unused: "",
    stderr: "",
  });
});

describe("a planted violation is found:", () => {
  const style = (text: string, path = "drill/plan.ts") =>
    findStyleViolations([{ path, text }]).map(show);
  const lines = (count: number) => "a();\n".repeat(count);
  const mark = ["TO", "DO"].join("");
  const skip = ["test", "skip"].join(".");

  test.each([
    ["a file of 401 lines", `/** What. */\n${lines(400)}`, "a file of 401 lines"],
    ["a file without a header", lines(61), "without a header"],
    ["a line of 101 columns", `const sum = ${"a + ".repeat(22)}b`, "a line of 101 columns"],
    ["an unfinished mark", `// ${mark}: later`, mark],
    ["a skipped test", `${skip}("x", () => {});`, skip],
    ["a vague class", "class LeaseManager {}", "the name LeaseManager"],
    ["a vague type", "interface StoreImpl {}", "the name StoreImpl"],
  ])("%s", (_, text, message) => {
    expect(style(text)).toHaveLength(1);
    expect(style(text)[0]).toContain(message);
    expect(style(text)[0]).toContain(" is banned here, use ");
  });

  test.each([
    'test("x", () => {\n  go();\n}, 60_000);',
    'test(\n  "x",\n  () => {},\n  60_000,\n);',
    "await shown.waitFor({ timeout: 2_000 });",
  ])("a limit that does not follow the machine: %j", (text) => {
    expect(style(text, "drill/a.test.ts").join()).toContain("ampleMs()");
    expect(style(text, "drill/a.ts")).toEqual([]);
  });

  test.each(["drill/utils.ts", "drill/helpers/a.ts", "drill/common.ts"])("the name %s", (path) => {
    expect(style("a();", path)).toHaveLength(1);
  });

  test("a test's name may be as long as its law", () => {
    expect(style(`test("${"law ".repeat(30)}", async () => {`, "drill/a.test.ts")).toEqual([]);
  });

  test("long strings, links and file names that only contain a vague word are none", () => {
    expect(style(`const a = "${"x".repeat(120)}";`)).toEqual([]);
    expect(style(`// see https://example.org/${"x".repeat(120)}`)).toEqual([]);
    expect(style("a();", "drill/commons-catalogue.ts")).toEqual([]);
  });

  test.each([
    ["/" + "work/main/base", 1],
    ["/" + "home/someone/.npmrc", 1],
    ["/" + "tmp/bash_jobs.0", 1],
    [`https://${["registry", "example", "org"].join(".")}/zod`, 1],
    ["./work/main and docs/home/index.md", 0],
    ["https://example.org/home/start", 0],
  ])("%j: %d", (text, count) => {
    expect(findPrivateText([{ path: "README.md", text }])).toHaveLength(count);
  });
});
