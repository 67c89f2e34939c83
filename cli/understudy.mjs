#!/usr/bin/env node
/**
 * Starts the `understudy` command. Plain JavaScript, because it runs before anything is built.
 *
 * In an installed package it runs what the package brought. In a checkout it builds first when a
 * source is newer than the last build; UNDERSTUDY_NO_BUILD=1 leaves that out.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = [20, 19];
const SOURCE_FOLDERS = "base layers client apps targets testing drill cli".split(" ");
const SOURCE_FILES = [
  "package.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "understudy.config.ts",
  "vite.web.config.ts",
];
const IS_SOURCE = /(?<!\.test)\.(?:ts|tsx|mjs|css|html|json|svg)$/;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, "dist", "cli", "main.js");
const stamp = join(root, "dist", ".built");

/**
 * Whoever read what is printed may have gone: `understudy status | head -1`, a terminal that was
 * closed. That ends no command and changes no status; only a result that could not be kept does.
 */
let unwritten;
process.stderr.on("error", () => {});
process.stdout.on("error", (error) => {
  if (!["EPIPE", "EIO"].includes(error.code)) unwritten = error.code;
});

function fail(line) {
  process.stderr.write(`understudy: ${line}\n`);
  process.exit(1);
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  fail(`Node ${OLDEST_NODE.join(".")} or later is needed, this is ${process.versions.node}.`);
}

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The latest change of a source below a folder. */
function newestSource(folder) {
  let newest = 0;
  if (!existsSync(folder)) return newest;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules") newest = Math.max(newest, newestSource(path));
    } else if (IS_SOURCE.test(entry.name)) {
      newest = Math.max(newest, changedAt(path));
    }
  }
  return newest;
}

const isCheckout = existsSync(join(root, "cli", "main.ts"));
if (isCheckout && process.env.UNDERSTUDY_NO_BUILD !== "1") {
  const folders = SOURCE_FOLDERS.map((name) => newestSource(join(root, name)));
  const files = SOURCE_FILES.map((name) => changedAt(join(root, name)));
  const isStale = Math.max(...folders, ...files) > changedAt(stamp);
  if (isStale || !existsSync(main)) build();
}

function build() {
  if (!existsSync(join(root, "node_modules")))
    fail("nothing is installed yet. Run `npm ci` first.");
  process.stderr.write("understudy: building what changed ...\n");
  const startedAt = Date.now();
  const built = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"],
    shell: process.platform === "win32",
  });
  if (built.status !== 0) fail("the build failed; its messages are above.");
  // What changes while it is built counts as not built.
  writeFileSync(stamp, "");
  utimesSync(stamp, new Date(startedAt), new Date(startedAt));
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`understudy: built in ${seconds} s\n`);
}

if (!existsSync(main))
  fail("this package is not complete: dist/cli/main.js is missing. Install it again.");
const { runCommand } = await import(pathToFileURL(main).href);
const status = await runCommand(process.argv.slice(2));
// A write that failed is reported after the one behind it has ended.
process.stdout.write("", () => setImmediate(end));

function end() {
  if (status === 0 && unwritten !== undefined) fail(`standard output takes nothing (${unwritten})`);
  process.exit(status);
}
