/** Signing in on the pages, as somebody does who types slowly or has two tabs. *composition* */
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BrowserDeployment,
  hasChromium,
  startBrowserDeployment,
} from "./browser-deployment.ts";

let deployment: BrowserDeployment;

beforeAll(async () => {
  if (hasChromium) deployment = await startBrowserDeployment();
});
afterAll(() => deployment?.end());

/** Longer than any page waits before it asks again. */
const SLOW_TYPING_MS = 20_000;

/** Every page that needs an account, and how its API begins. */
const PAGES = [
  ["/tickets/", "/tickets/api"],
  ["/tickets/new", "/tickets/api"],
  ["/tickets/t/T0000000000000000000000000", "/tickets/api"],
  ["/photos/", "/photos/api"],
  ["/photos/p/P0000000000000000000000000", "/photos/api"],
  ["/account/", "/identity/sessions"],
] as const;

const signInNotice = (page: Page) =>
  page.getByRole("main").getByRole("button", { name: "Sign in", exact: true }).first();

test.skipIf(!hasChromium).each(PAGES)(
  "the sign-in dialog of %s stays open for a slow typist, and no request is sent without a session",
  async (path, api) => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await page.clock.install();
    const asked: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith(api)) asked.push(`${request.method()} ${pathname}`);
    });
    await page.goto(`${deployment.line.frontDoor}${path}`);
    await signInNotice(page).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill("rid");
    await page.clock.runFor(SLOW_TYPING_MS);
    await dialog.getByLabel("User name").pressSequentially("er");
    expect(await dialog.getByLabel("User name").inputValue()).toBe("rider");
    expect(asked).toEqual([]);
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasChromium)(
  "a failed sign-in is not said of the account that is to be created",
  async () => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await page.goto(`${deployment.line.frontDoor}/tickets/`);
    await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("User name").fill("rider");
    await dialog.getByLabel("Password").first().fill("not-the-password");
    await dialog.getByRole("button", { name: "Sign in", exact: true }).click();
    await dialog.getByText("That did not work").waitFor();
    await dialog.getByRole("button", { name: "I need an account" }).click();
    await dialog.getByRole("button", { name: "Create account" }).waitFor();
    expect(await dialog.getByText("That did not work").count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

const anotherTab = async (context: BrowserContext, path: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${deployment.line.frontDoor}${path}`);
  return page;
};

test.skipIf(!hasChromium)(
  "a sign-out in one tab is seen in the others, which keep what was written and offer to sign in",
  async () => {
    const faults: string[] = [];
    const first = await deployment.newPage(faults);
    await deployment.signIn(first, "tickets", "rider");
    const second = await anotherTab(first.context(), "/tickets/new");
    const text = "The lamp over the stairs flickers.";
    await second.getByRole("textbox", { name: "What is wrong?" }).fill(text);
    const gallery = await anotherTab(first.context(), "/photos/");
    await gallery.getByRole("button", { name: "Sign out" }).waitFor();

    await first.getByRole("button", { name: "Sign out" }).click();
    await signInNotice(second).waitFor();
    await signInNotice(gallery).waitFor();
    expect(await second.getByRole("button", { name: "Sign out" }).count()).toBe(0);
    expect(await second.getByRole("textbox", { name: "What is wrong?" }).inputValue()).toBe(text);

    await deployment.signIn(first, "tickets", "rider");
    await second.getByRole("button", { name: "Sign out" }).waitFor();
    await gallery.getByRole("button", { name: "Sign out" }).waitFor();
    await second.getByRole("button", { name: "Submit", exact: true }).click();
    await second.waitForURL(/\/tickets\/t\//);
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasChromium)(
  "a session that ended elsewhere is noticed by the write that it refuses, which offers to sign in",
  async () => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "tickets", "rider");
    await page.goto(`${deployment.line.frontDoor}/tickets/new`);
    const text = "The handrail on the second floor is loose.";
    await page.getByRole("textbox", { name: "What is wrong?" }).fill(text);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Submit", exact: true }).click();
    await signInNotice(page).waitFor();
    await page.getByRole("button", { name: "Sign out" }).waitFor({ state: "detached" });
    expect(await page.getByRole("textbox", { name: "What is wrong?" }).inputValue()).toBe(text);
    expect(faults).toEqual([]);
  },
);
