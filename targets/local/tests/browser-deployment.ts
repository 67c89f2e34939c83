/**
 * The real command with the built pages, and a browser to look at them: for tests of what a person
 * sees. *composition*
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import type { ReadyLine } from "../supervisor/status.ts";
import { ampleMs } from "./limits.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`${CHROMIUM} is not installed (CHROMIUM names another): no browser`);
/** A folder for pictures to look at. */
const PICTURES = process.env["UNDERSTUDY_PICTURES"];

const root = fileURLToPath(new URL("../../../", import.meta.url));
const command = join(root, "cli", "understudy.mjs");
const QUIET = "no-first-run disable-background-networking disable-component-update disable-sync";
const LIMIT_MS = ampleMs(30_000);

export interface BrowserDeployment {
  readonly line: ReadyLine;
  readonly operatorToken: string;
  /** What the start said to people. */
  said(): string;
  /** In a browser session of its own, which ends with the test; errors of scripts go to `faults`. */
  newPage(faults: string[]): Promise<Page>;
  /** Signs in, on the pages of an app, with a sample account. */
  signIn(page: Page, app: string, username: string): Promise<void>;
  /** Of the region that serves the app, among those of the deployment. */
  placeOf(app: string): Promise<number>;
  end(): Promise<void>;
}

/** Runs what was built: `npm test` builds first. */
function understudy(...words: string[]): ChildProcess {
  const env = { ...process.env, UNDERSTUDY_NO_BUILD: "1" };
  return spawn(process.execPath, [command, ...words], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
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

export async function startBrowserDeployment(): Promise<BrowserDeployment> {
  const dataDir = mkdtempSync(join(tmpdir(), "understudy-browser-"));
  const up = understudy("up", "--data", dataDir, "--port", "0");
  let said = "";
  up.stderr?.on("data", (chunk) => {
    said += String(chunk);
  });
  const [line, browser]: [ReadyLine, Browser] = await Promise.all([
    readyLineOf(up),
    chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic"].concat(
        QUIET.split(" ").map((flag) => `--${flag}`),
      ),
    }),
  ]);
  return {
    line,
    said: () => said,
    operatorToken: readFileSync(line.operatorTokenFile, "utf8").trim(),
    newPage: async (faults) => {
      const context = await browser.newContext({ locale: "en-GB" });
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      page.on("pageerror", (error) => faults.push(error.message));
      onTestFinished(async ({ task }) => {
        if (task.result?.state === "fail") await describe(page);
        await context.close();
      });
      return page;
    },
    signIn: async (page, app, username) => {
      const accounts = JSON.parse(readFileSync(join(dataDir, "demo-accounts.json"), "utf8")) as {
        readonly username: string;
        readonly password: string;
      }[];
      const account = accounts.find((one) => one.username === username);
      if (account === undefined) throw new Error(`the sample content has no ${username}`);
      await page.goto(`${line.frontDoor}/${app}/`);
      await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("User name").fill(account.username);
      await dialog.getByLabel("Password").first().fill(account.password);
      await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
    },
    placeOf: async (app) => {
      const response = await fetch(`${line.frontDoor}/routing/apps/${app}`);
      const { servingRegions } = (await response.json()) as { readonly servingRegions: string[] };
      return line.regions.findIndex(({ id }) => servingRegions.includes(id));
    },
    end: async () => {
      await browser.close();
      up.kill("SIGTERM");
      await endOf(up);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What was on the page when its test failed. */
async function describe(page: Page): Promise<void> {
  const text = await page.locator("body").innerText({ timeout: 1_000 });
  console.error(`The test failed with ${page.url()} showing:\n${text}`);
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
