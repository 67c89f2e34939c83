/**
 * What a person sees when the serving region dies: the real command, the built pages, a browser.
 * *composition*
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeOperatorLink } from "../operator-link.ts";
import type { ReadyLine } from "../supervisor/status.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`${CHROMIUM} is not installed (CHROMIUM names another): no browser`);
/** A folder for pictures to look at. */
const PICTURES = process.env["UNDERSTUDY_PICTURES"];

const root = fileURLToPath(new URL("../../../", import.meta.url));
const command = join(root, "cli", "understudy.mjs");
const QUIET = "no-first-run disable-background-networking disable-component-update disable-sync";
const LIMIT_MS = 30_000;

let dataDir = "";
let up: ChildProcess | undefined;
let line: ReadyLine;
let browser: Browser;

/** Runs what was built: `npm test` builds first. */
function understudy(...words: string[]): ChildProcess {
  const env = { ...process.env, UNDERSTUDY_NO_BUILD: "1" };
  return spawn(process.execPath, [command, ...words], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once("exit", (code) => resolve(code));
  });

async function readyLineOf(child: ChildProcess): Promise<ReadyLine> {
  let out = "";
  for await (const chunk of child.stdout ?? []) {
    out += String(chunk);
    if (out.includes("\n")) return JSON.parse(out) as ReadyLine;
  }
  throw new Error(`understudy up ended before it served: ${out}`);
}

beforeAll(async () => {
  if (!hasChromium) return;
  dataDir = mkdtempSync(join(tmpdir(), "understudy-browser-"));
  up = understudy("up", "--data", dataDir, "--port", "0");
  [line, browser] = await Promise.all([
    readyLineOf(up),
    chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic"].concat(
        QUIET.split(" ").map((flag) => `--${flag}`),
      ),
    }),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  up?.kill("SIGTERM");
  if (up !== undefined) await endOf(up);
  if (dataDir !== "") rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

async function signIn(page: Page): Promise<void> {
  const accounts = JSON.parse(readFileSync(join(dataDir, "demo-accounts.json"), "utf8")) as {
    readonly username: string;
    readonly password: string;
  }[];
  const rider = accounts.find(({ username }) => username === "rider");
  if (rider === undefined) throw new Error("the sample content has no rider");
  await page.goto(`${line.frontDoor}/tickets/`);
  await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("User name").fill(rider.username);
  await dialog.getByLabel("Password").first().fill(rider.password);
  await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

const write = (page: Page, text: string): Promise<void> =>
  page.getByRole("textbox", { name: "What is wrong?" }).fill(text);

async function submit(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Submit", exact: true }).click();
  await page.waitForURL(/\/tickets\/t\//);
  await page.getByText(text).first().waitFor();
}

/** Of the region that serves the app, among those of the deployment. */
async function placeOf(app: string): Promise<number> {
  const response = await fetch(`${line.frontDoor}/routing/apps/${app}`);
  const { servingRegions } = (await response.json()) as { readonly servingRegions: string[] };
  return line.regions.findIndex(({ id }) => servingRegions.includes(id));
}

/** Signed in by the link that `up` prints in a terminal. */
async function openConsole(faults: string[]): Promise<Page> {
  const page = await newPage(faults);
  const operatorToken = readFileSync(line.operatorTokenFile, "utf8").trim();
  await page.goto(await makeOperatorLink({ url: line.frontDoor ?? "", operatorToken }));
  await page.getByRole("heading", { name: "Regions" }).waitFor();
  await page.getByText("No message waits.").waitFor();
  return page;
}

/** In a browser session of its own. */
async function newPage(faults: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("pageerror", (error) => faults.push(error.message));
  return page;
}

test.skipIf(!hasChromium)(
  "somebody signed in goes on writing tickets when an operator kills their region",
  async () => {
    const faults: string[] = [];
    const page = await newPage(faults);
    await page.goto(`${line.frontDoor}/`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await picture(page, "landing");
    await signIn(page);
    await page.goto(`${line.frontDoor}/tickets/new`);
    await write(page, "The lift on the second floor stops between floors.");
    await submit(page, "The lift on the second floor stops between floors.");
    await page.goto(`${line.frontDoor}/tickets/new`);
    await write(page, "The lift stands still on the ground floor now.");
    const operator = await openConsole(faults);
    await picture(operator, "console");

    await operator
      .getByRole("button", { name: /^Kill .*SIGKILL/ })
      .nth(await placeOf("tickets"))
      .click();
    await operator.getByText("down", { exact: true }).first().waitFor();
    await picture(operator, "console-after-kill");
    // The page that was open already, with what was written before.
    await submit(page, "The lift stands still on the ground floor now.");
    await picture(page, "ticket-after-kill");
    await page.goto(`${line.frontDoor}/tickets/`);
    await page.getByText("The lift on the second floor").first().waitFor();
    await page.getByText("The lift stands still").first().waitFor();
    expect(faults).toEqual([]);
  },
  180_000,
);
