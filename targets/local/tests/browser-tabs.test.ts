/** Many tabs of the apps in one browser. *composition* */
import type { Page } from "playwright-core";
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

/** Four more than the connections that a browser opens to one host. */
const TABS = 10;

test.skipIf(!hasChromium)("ten tabs load, hear what the others do, and write", async () => {
  const faults: string[] = [];
  const { line } = deployment;
  const first = await deployment.newPage(faults);
  await deployment.signIn(first, "tickets", "photographer");
  const tabs: Page[] = [first];
  while (tabs.length < TABS) {
    const tab = await first.context().newPage();
    tabs.push(tab);
    const app = tabs.length % 2 === 0 ? "photos" : "tickets";
    await tab.goto(`${line.frontDoor}/${app}/`);
    await tab.getByRole("button", { name: "Sign out" }).waitFor();
    await tab.locator("[data-photo-link], [data-ticket-link]").first().waitFor();
  }
  const last = tabs.at(-1) ?? first;
  await last.goto(`${line.frontDoor}/tickets/new`);
  const field = last.getByRole("textbox", { name: "What is wrong?" });
  await field.fill("The tenth tab writes as well as the first.");
  await last.getByRole("button", { name: "Submit", exact: true }).click();
  await last.waitForURL(/\/tickets\/t\//);
  await fetch(`${line.frontDoor}/routing/apps/tickets/fence`, {
    method: "POST",
    headers: { authorization: `Bearer ${deployment.operatorToken}` },
  });
  for (const tab of tabs.filter((one) => one.url().includes("/tickets/"))) {
    await tab.getByText("Read only for the moment").waitFor();
  }
  expect(faults).toEqual([]);
});
