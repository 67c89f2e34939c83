/** `understudy new`: a small app of one's own, with a test that loses a region. *shell* */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { type Run, withExamples } from "./command-line.ts";
import { refused, STATUS, type Status } from "./failure.ts";
import { newFiles } from "./new-files.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import type { Terminal } from "./terminal.ts";

const NOT_IN_NAMES = /[^a-z0-9-]+/g;

function runNew(given: string, terminal: Terminal): Status {
  const directory = resolve(given);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    const fix = "Name a directory that does not exist yet, or an empty one.";
    throw refused("conflict", "The directory is not empty", `${given} is not empty. ${fix}`);
  }
  const { dependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as {
    readonly dependencies?: { readonly zod?: string };
  };
  const files = newFiles({
    name: nameOf(directory),
    understudyPath: relative(directory, PACKAGE_ROOT).split(sep).join("/"),
    zod: dependencies?.zod ?? "*",
  });
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text, { flag: "wx" });
  }
  terminal.out(`Made ${Object.keys(files).join(", ")} in ${given}. Next:`);
  for (const line of [`cd ${given}`, "npm install", "npm test", "npm start"]) {
    terminal.out(`  ${line}`);
  }
  return STATUS.done;
}

function nameOf(directory: string): string {
  const name = basename(directory).toLowerCase().replace(NOT_IN_NAMES, "-");
  return name.replace(/^-+|-+$/g, "") || "notes";
}

export function addNew(program: Command, run: Run): void {
  const command = program
    .command("new")
    .description("make a small app of your own, with a test that loses a region")
    .argument("<dir>", "the directory to make")
    .action((dir: string) => run.end(runNew(dir, run.terminal)));
  withExamples(command, "new notes");
}
