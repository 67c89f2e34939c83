/** What pages say and do while a write waits: paused, moving, reloaded, given up. *composition* */
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  type BrowserDeployment,
  hasChromium,
  picture,
  startBrowserDeployment,
} from "./browser-deployment.ts";
import { ampleMs } from "./limits.ts";

let deployment: BrowserDeployment;

beforeAll(async () => {
  if (hasChromium) deployment = await startBrowserDeployment();
});
afterEach(async () => {
  if (hasChromium) for (const app of ["tickets", "identity"]) await command(app, "unfence");
});
afterAll(() => deployment?.end());

const command = (app: string, name: string): Promise<Response> =>
  fetch(`${deployment.line.frontDoor}/routing/apps/${app}/${name}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${deployment.operatorToken}`,
      "content-type": "application/json",
    },
    body: "{}",
  });

const TEXT = "The coffee machine on the third floor shows error 7 again.";
const submitOf = (page: Page) => page.getByRole("button", { name: "Submit", exact: true });

/** With a text in the form and the news that writing is paused. */
async function openFenced(faults: string[]): Promise<Page> {
  const page = await deployment.newPage(faults);
  await deployment.signIn(page, "tickets", "rider");
  await page.goto(`${deployment.line.frontDoor}/tickets/new`);
  await page.getByRole("textbox", { name: "What is wrong?" }).fill(TEXT);
  await command("tickets", "fence");
  await page.getByText("Read only for the moment").waitFor();
  return page;
}

const ticketsNamed = async (page: Page, text: string): Promise<number> => {
  await page.goto(`${deployment.line.frontDoor}/tickets/`);
  await page.getByText(text).first().waitFor();
  return page.getByText(text).count();
};

test.skipIf(!hasChromium)(
  "a write that the page knows to be paused says so before any answer",
  async () => {
    const faults: string[] = [];
    const page = await openFenced(faults);
    // No answer comes at all: what is said is what the page knows.
    await page.route("**/tickets/api/tickets", () => undefined);
    await submitOf(page).click();
    await page.getByText("Writing is paused.").waitFor({ timeout: ampleMs(2_000) });
    await picture(page, "new-fenced");
    expect(faults).toEqual([]);
  },
);

interface Pressed {
  readonly app: string;
  /** Leads to the button, ready to be pressed. */
  readonly prepare: (page: Page) => Promise<Locator>;
}

const onTicket = async (page: Page): Promise<void> => {
  await page.goto(`${deployment.line.frontDoor}/tickets/`);
  await page.locator("[data-ticket-link]").first().click();
  await page.getByRole("heading", { name: "Comments" }).waitFor();
};

const PRESSED: readonly (readonly [string, Pressed])[] = [
  [
    "the form of a ticket",
    {
      app: "tickets",
      prepare: async (page) => {
        await page.goto(`${deployment.line.frontDoor}/tickets/new`);
        await page.getByRole("textbox", { name: "What is wrong?" }).fill(TEXT);
        return submitOf(page);
      },
    },
  ],
  [
    "the form of a comment",
    {
      app: "tickets",
      prepare: async (page) => {
        await onTicket(page);
        await page.getByLabel("Add a comment").fill(TEXT);
        return page.getByRole("button", { name: "Send comment" });
      },
    },
  ],
  [
    "a ticket",
    {
      app: "tickets",
      prepare: async (page) => {
        await onTicket(page);
        return page.getByRole("button", { name: "Close ticket" });
      },
    },
  ],
  [
    "the sign-in dialog",
    {
      app: "identity",
      prepare: async (page) => {
        await page.context().clearCookies();
        await page.goto(`${deployment.line.frontDoor}/account/`);
        await page.getByRole("banner").getByRole("button", { name: "Sign in" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("User name").fill("rider");
        await dialog.getByLabel("Password").first().fill("rider-sample-only");
        return dialog.getByRole("button", { name: "Sign in", exact: true });
      },
    },
  ],
];

test.skipIf(!hasChromium).each(PRESSED)(
  "the button that was pressed in %s stays under the pointer when the notice comes",
  async (what, { app, prepare }) => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "tickets", "agent");
    await page.setViewportSize({ width: 390, height: 844 });
    const button = await prepare(page);
    await command(app, "fence");
    await page.getByText("Read only for the moment").first().waitFor();
    await button.scrollIntoViewIfNeeded();
    const handle = await button.elementHandle();
    const before = await handle?.boundingBox();
    await button.click();
    await page.getByRole("button", { name: "Stop trying" }).waitFor();
    await picture(page, `notice-${what}`);
    expect(await handle?.boundingBox()).toEqual(before);
    expect(faults).toEqual([]);
  },
);

/** Ways to leave the page of a write that waits. */
const LEAVING: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ["reloaded", (page) => page.reload()],
  ["left", (page) => page.getByRole("link", { name: "Back to the list" }).click()],
  [
    "left for another app and back",
    async (page) => {
      await page.getByRole("link", { name: "Photos", exact: true }).click();
      await page.getByRole("heading", { name: "Photos" }).waitFor();
      await page.getByRole("link", { name: "Tickets", exact: true }).click();
    },
  ],
];

test.skipIf(!hasChromium).each(LEAVING)(
  "a write that waits is sent once when writing opens again, although its page was %s",
  async (how, leave) => {
    const faults: string[] = [];
    const text = `${TEXT} The page was ${how}.`;
    const page = await openFenced(faults);
    await page.getByRole("textbox", { name: "What is wrong?" }).fill(text);
    await submitOf(page).click();
    await page.getByRole("button", { name: "Stop trying" }).waitFor();
    await leave(page);
    await page.getByText("Left to be sent").waitFor();
    await picture(page, `left-${how}`);
    await command("tickets", "unfence");
    await page.getByText("confirmed").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    expect(await ticketsNamed(page, text)).toBe(1);
    await page.goto(`${deployment.line.frontDoor}/tickets/new`);
    expect(await page.getByRole("textbox", { name: "What is wrong?" }).inputValue()).toBe("");
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasChromium)(
  "a wait that was given up does not begin again with a reload",
  async () => {
    const faults: string[] = [];
    const page = await openFenced(faults);
    await submitOf(page).click();
    await page.getByRole("button", { name: "Stop trying" }).click();
    await page.reload();
    await submitOf(page).waitFor();
    expect(await page.getByRole("textbox", { name: "What is wrong?" }).inputValue()).toBe(TEXT);
    expect(await page.getByRole("button", { name: "Stop trying" }).count()).toBe(0);
    expect(faults).toEqual([]);
  },
);
