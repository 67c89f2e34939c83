/** What a person sees where there is nothing to show: no region, no such page. *composition* */
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

const control = (kind: string, regions: readonly string[]): Promise<Response> =>
  fetch(`${deployment.line.frontDoor}/control/faults`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${deployment.operatorToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ kind, regions, options: {} }),
  });

const titleOf = (page: Page) => page.getByRole("heading", { level: 1 });

const NOWHERE = [
  ["/nope", 404],
  ["/bookstore/", 404],
  ["/problems/x", 404],
  ["/tickets/zzz", 200],
  ["/photos/a/b", 200],
  ["/account/zzz", 200],
  ["/console/zzz", 200],
] as const;

test.skipIf(!hasChromium)("an address that leads nowhere says so, at each address", async () => {
  const faults: string[] = [];
  const page = await deployment.newPage(faults);
  for (const url of [deployment.line.frontDoor, deployment.line.regions[0]?.url]) {
    for (const [path, status] of NOWHERE) {
      const response = await page.goto(`${url}${path}`);
      expect([path, response?.status()]).toEqual([path, status]);
      await page.getByRole("heading", { name: "There is no such page" }).waitFor();
      expect(await page.title()).toBe("There is no such page – Understudy");
    }
  }
  const asked = await fetch(`${deployment.line.frontDoor}/nope`);
  expect(asked.headers.get("content-type")).toBe("application/problem+json");
  expect(faults).toEqual([]);
});

test.skipIf(!hasChromium)("a ticket that does not exist gets no number", async () => {
  const faults: string[] = [];
  const page = await deployment.newPage(faults);
  await deployment.signIn(page, "tickets", "rider");
  await page.goto(`${deployment.line.frontDoor}/tickets/t/T-DOES-NOT-EXIST`);
  await page.getByText("This ticket does not exist").waitFor();
  expect(await titleOf(page).innerText()).toBe("Ticket");
  expect(faults).toEqual([]);
});

test.skipIf(!hasChromium)(
  "each page has a title of its own, and the focus goes to its heading",
  async () => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "tickets", "rider");
    expect(await page.title()).toBe("Tickets – Understudy");
    await page.locator("[data-ticket-link]").first().click();
    await page.getByRole("heading", { name: "Comments" }).waitFor();
    const shown = decodeURIComponent(page.url()).slice(-6).toUpperCase();
    expect(await page.title()).toBe(`Ticket ${shown} – Tickets – Understudy`);
    expect(await titleOf(page).evaluate((one) => one === document.activeElement)).toBe(true);
    await page.getByRole("link", { name: "Back to the list" }).click();
    await page.getByRole("heading", { name: "Tickets", level: 1 }).waitFor();
    expect(await page.title()).toBe("Tickets – Understudy");
    expect(await titleOf(page).evaluate((one) => one === document.activeElement)).toBe(true);
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasChromium)(
  "a list that is opened again tells the time that has passed",
  async () => {
    const faults: string[] = [];
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "tickets", "rider");
    const first = page.getByRole("main").locator("time").first();
    await first.waitFor();
    await page.getByRole("link", { name: "New ticket" }).click();
    await page.getByRole("heading", { name: "New ticket" }).waitFor();
    await page.clock.setFixedTime(Date.now() + 400 * 86_400_000);
    await page.getByRole("link", { name: "Back to the list" }).click();
    await page.getByRole("heading", { name: "Tickets", level: 1 }).waitFor();
    expect(await first.innerText()).toBe("last year");
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasChromium)(
  "the console shows a crash; with all regions down a page says so, and opens when one is back",
  async () => {
    const faults: string[] = [];
    const { line } = deployment;
    const visitor = await deployment.newPage(faults);
    const [link = ""] = /http\S+\/account\/link#\S+/.exec(deployment.said()) ?? [];
    const operator = await deployment.newPage(faults);
    expect(deployment.said()).toContain("/account/link#");
    await operator.goto(link);
    await operator
      .getByRole("button", { name: /^Kill .*SIGKILL/ })
      .first()
      .waitFor();
    await operator
      .getByText(/^back within 15 mins, nothing lost$/)
      .first()
      .waitFor();
    const { pid } = line.regions[1] ?? {};
    process.kill(pid as number, "SIGSEGV");
    await operator.getByText("crashed once").waitFor();
    await picture(operator, "console-crashed");
    await control(
      "kill",
      line.regions.map(({ id }) => id),
    );

    const shown = await visitor.goto(`${line.frontDoor}/tickets/`);
    expect(shown?.status()).toBe(503);
    await visitor.getByRole("heading", { name: "No region is on stage" }).waitFor();
    await picture(visitor, "outage");
    const asked = await fetch(`${line.frontDoor}/tickets/api/tickets`);
    expect(asked.headers.get("content-type")).toBe("application/problem+json");

    await operator.goto(`${line.frontDoor}/console/`);
    const restart = operator.getByRole("button", { name: /^Restart/ }).first();
    await restart.waitFor();
    await picture(operator, "console-all-down");
    await restart.click();
    await operator.getByText(/^Restart .*: done\.$/).waitFor();
    await visitor.getByRole("heading", { name: "Tickets", level: 1 }).waitFor();
    expect(faults).toEqual([]);
  },
);
