/**
 * What a person sees when the serving region dies: the real command, the built pages, a browser.
 * *composition*
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BrowserDeployment,
  hasChromium,
  picture,
  startBrowserDeployment,
} from "./browser-deployment.ts";

let deployment: BrowserDeployment;

beforeAll(async () => {
  if (hasChromium) deployment = await startBrowserDeployment();
});
afterAll(() => deployment?.end());

const write = (page: Page, text: string): Promise<void> =>
  page.getByRole("textbox", { name: "What is wrong?" }).fill(text);

async function submit(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Submit", exact: true }).click();
  await page.waitForURL(/\/tickets\/t\//);
  await page.getByText(text).first().waitFor();
}

/** Signed in by the link that `up` prints, which is good once. */
async function openConsole(faults: string[]): Promise<Page> {
  const [link = ""] = /http\S+\/account\/link#\S+/.exec(deployment.said()) ?? [];
  const page = await deployment.newPage(faults);
  await page.goto(link);
  const late = await deployment.newPage(faults);
  await page.getByRole("heading", { name: "Regions" }).waitFor();
  await page.getByText("No message waits.").waitFor();
  await late.goto(link);
  await late.getByText("You are not signed in").waitFor();
  await late.close();
  return page;
}

test.skipIf(!hasChromium)(
  "somebody signed in goes on writing tickets when an operator kills their region",
  async () => {
    const faults: string[] = [];
    const { line } = deployment;
    const page = await deployment.newPage(faults);
    await page.goto(`${line.frontDoor}/`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await picture(page, "landing");
    await deployment.signIn(page, "tickets", "rider");
    await page.goto(`${line.frontDoor}/tickets/new`);
    await write(page, "The lift on the second floor stops between floors.");
    await submit(page, "The lift on the second floor stops between floors.");
    await page.goto(`${line.frontDoor}/tickets/new`);
    await write(page, "The lift stands still on the ground floor now.");
    const operator = await openConsole(faults);
    await picture(operator, "console");

    await operator
      .getByRole("button", { name: /^Kill .*SIGKILL/ })
      .nth(await deployment.placeOf("tickets"))
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
);
