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

test.skipIf(!hasChromium)("leaving the dialog on two changes keeps what was typed", async () => {
  const faults: string[] = [];
  const [rider, agent] = [await deployment.newPage(faults), await deployment.newPage(faults)];
  await deployment.signIn(rider, "tickets", "rider");
  await deployment.signIn(agent, "tickets", "agent");
  await rider.goto(`${deployment.line.frontDoor}/tickets/new`);
  await write(rider, "The door of the lift does not open.");
  await submit(rider, "The door of the lift does not open.");
  await agent.goto(rider.url());
  const texts = new Map([
    [rider, "The door of the lift opens, and shuts at once."],
    [agent, "The left door of the lift does not open."],
  ]);
  const field = (page: Page) => page.getByRole("textbox", { name: "Description" });
  const save = (page: Page) => page.getByRole("button", { name: "Save" }).click();
  for (const [page, text] of texts) {
    await page.getByRole("button", { name: "Edit" }).click();
    await field(page).fill(text);
  }
  await save(agent);
  await agent.getByRole("button", { name: "Edit" }).waitFor();
  await save(rider);
  const dialog = rider.getByRole("dialog", { name: "Someone was faster" });
  await dialog.waitFor();
  await rider.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(await field(rider).inputValue()).toBe(texts.get(rider));
  await save(rider);
  await dialog.getByRole("button", { name: "Save mine anyway" }).click();
  await rider.getByRole("button", { name: "Edit" }).waitFor();
  await rider.getByText(texts.get(rider) ?? "").waitFor();
  expect(faults).toEqual([]);
});

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
