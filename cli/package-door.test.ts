/**
 * The package as somebody else gets it: packed, installed in an empty directory, and used to make
 * an app, move it, test it, serve it, and lose a region of it, with the commands that the app's
 * README shows. Needs the last build, and a registry that has the dependencies; where the install
 * fails it is skipped, and says so.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { ampleMs } from "../targets/local/tests/limits.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const isBuilt = existsSync(join(root, "dist", "testing", "index.js"));
const home = mkdtempSync(join(tmpdir(), "understudy-package-"));
const app = join(home, "notes");
const QUIET = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
const children: ChildProcess[] = [];

function run(cwd: string, referenceMs: number, command: string, ...given: string[]): string {
  const options = { cwd, timeout: ampleMs(referenceMs), encoding: "utf8" } as const;
  return execFileSync(command, given, { ...options, stdio: ["ignore", "pipe", "pipe"] });
}
const program = join(app, "node_modules", "understudy", "cli", "understudy.mjs");
const understudy = (cwd: string, ...given: string[]): string =>
  run(cwd, 120_000, join(cwd, "node_modules", ".bin", "understudy"), ...given);
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** The commands that the README shows, each with the line it goes on in. */
const curlLinesOf = (readme: string): string[] =>
  [...readme.matchAll(/^ {4}(curl (?:.*\\\n)*.*)$/gm)].map((match) => match[1] ?? "");

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** Why the package cannot be installed here, if it cannot. */
function installed(): string | undefined {
  if (!isBuilt) return "nothing is built: run `npm run build` first";
  run(root, 60_000, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", home);
  const tarball = readdirSync(home).find((name) => name.endsWith(".tgz")) ?? "";
  const empty = join(home, "installed");
  mkdirSync(empty);
  writeFileSync(join(empty, "package.json"), '{ "private": true }\n');
  try {
    run(empty, 120_000, "npm", "install", ...QUIET, join(home, tarball));
  } catch (error) {
    return `npm install did not work: ${(error as Error).message.split("\n")[0]}`;
  }
  return undefined;
}

/** The description of the API is there, with the files that its page names, and shows its routes. */
async function opensDocs(frontDoor: string): Promise<void> {
  const page = await (await fetch(`${frontDoor}/docs`)).text();
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
  expect(files).toContain("/docs/swagger-ui-bundle.js");
  for (const file of files) {
    const { status } = await fetch(new URL(file, frontDoor));
    expect([file, status]).toEqual([file, 200]);
  }
  if (!existsSync(CHROMIUM))
    return console.info("skipped: no browser here, so /docs is not looked at");
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    await tab.goto(`${frontDoor}/docs`);
    await tab
      .getByText("/notes/api/notes")
      .first()
      .waitFor({ timeout: ampleMs(30_000) });
  } finally {
    await browser.close();
  }
}

test("the packed package makes an app, whose test loses a region, and serves it", async (context) => {
  const obstacle = installed();
  if (obstacle !== undefined) {
    console.info(`skipped: ${obstacle}`);
    context.skip(obstacle);
  }
  expect(understudy(join(home, "installed"), "new", "made")).toContain("understudy.config.ts");
  // What was made has to work where it was moved to, without what made it.
  renameSync(join(home, "installed", "made"), app);
  rmSync(join(home, "installed"), { recursive: true });
  run(app, 180_000, "npm", "install", ...QUIET);
  run(app, 180_000, "npm", "ci", ...QUIET);
  expect(run(app, 60_000, "npm", "test")).toMatch(/^[#ℹ] pass 1$/m);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  expect(run(app, 60_000, process.execPath, tsc, "-p", ".")).toBe("");

  const server = spawn(process.execPath, [program, "up", "--empty", "--port=0"], {
    cwd: app,
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(server);
  let told = "";
  server.stdout.on("data", (chunk: Buffer) => {
    told += chunk;
  });
  await expect.poll(() => told).toContain('"ready":true');
  const { frontDoor } = JSON.parse(told) as { readonly frontDoor: string };
  const [post = "", read = ""] = curlLinesOf(readFileSync(join(app, "README.md"), "utf8"));
  if (hasCurl) {
    const at = (line: string) => line.replaceAll("http://127.0.0.1:8080", frontDoor);
    run(app, 60_000, "sh", "-c", at(post));
    expect(JSON.parse(run(app, 60_000, "sh", "-c", at(read))).items).toMatchObject([
      { text: "hello" },
    ]);
  } else console.info("skipped: no curl here, so the lines of the README are not typed");
  await opensDocs(frontDoor);
  const notes = `${frontDoor}/notes/api/notes`;
  const add = async (text: string): Promise<Response> => {
    const headers = {
      "content-type": "application/json",
      "idempotency-key": encodeURIComponent(text),
    };
    return fetch(notes, { method: "POST", headers, body: JSON.stringify({ text }) });
  };
  expect((await add("\u200b\u3164")).status).toBe(400);
  const before = await add("before");
  expect(before.status).toBe(201);
  // On a machine with too much to do the app may have left its primary.
  const serving = before.headers.get("understudy-region") ?? "";

  expect(understudy(app, "fault", "kill", serving)).toContain(`${serving} is down`);
  await expect.poll(async () => (await add("after")).status).toBe(201);
  const listed = (await (await fetch(notes)).json()) as { items: { text: string }[] };
  const texts = listed.items.map(({ text }) => text).filter((text) => text !== "hello");
  expect(texts.sort()).toEqual(["after", "before"]);
  run(app, 60_000, "npx", "understudy", "fault", "restart", serving);
  understudy(app, "down");
  await expect.poll(() => server.exitCode).toBe(0);
});
