/** `understudy new`: a small app of one's own, with a test that loses a region. *shell* */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { type Run, withExamples } from "./command-line.ts";
import { refused, STATUS, type Status } from "./failure.ts";
import { newFiles } from "./new-files.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import type { Terminal } from "./terminal.ts";

const VENDOR = "vendor";
const PACK_LIMIT_MS = 120_000;
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
  mkdirSync(join(directory, VENDOR), { recursive: true });
  const files = newFiles({
    name: nameOf(directory),
    tarball: `${VENDOR}/${packInto(join(directory, VENDOR))}`,
    zod: dependencies?.zod ?? "*",
  });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text, { flag: "wx" });
  }
  terminal.out(`Made ${[...Object.keys(files), VENDOR].join(", ")} in ${given}. Next:`);
  for (const line of [`cd ${given}`, "npm install", "npm test", "npm start"]) {
    terminal.out(`  ${line}`);
  }
  return STATUS.done;
}

/**
 * A link to where this Understudy is would dangle after a move and in a fresh checkout, where
 * `npm ci` accepts it without a word; so the project carries what it was made with.
 */
function packInto(directory: string): string {
  const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", directory];
  const packed = spawnSync("npm", [...words, PACKAGE_ROOT], {
    encoding: "utf8",
    timeout: PACK_LIMIT_MS,
    shell: process.platform === "win32",
  });
  const name = packed.stdout?.trim().split("\n").at(-1) ?? "";
  if (packed.status === 0 && name.endsWith(".tgz")) return name;
  const reason = packed.error?.message ?? packed.stderr.trim();
  rmSync(directory, { recursive: true, force: true });
  throw refused(
    "not-packed",
    "Understudy could not be packed into the project",
    `\`npm pack\` failed: ${reason}. Check that npm runs and that the disk has room.`,
  );
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
