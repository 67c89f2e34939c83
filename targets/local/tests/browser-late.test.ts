/** What an operator sees of late writes and pauses in the console. *composition* */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BrowserDeployment,
  hasChromium,
  picture,
  startBrowserDeployment,
} from "./browser-deployment.ts";
import { ampleMs } from "./limits.ts";
import { ask, signUp, until } from "./region-client.ts";

const TEXT = "Only one region has this ticket when the other one takes over.";
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 850 };

let deployment: BrowserDeployment;

beforeAll(async () => {
  if (hasChromium) deployment = await startBrowserDeployment();
});
afterAll(() => deployment?.end());

const operator = (path: string, body: object) =>
  ask(deployment.line.frontDoor ?? "", path, {
    method: "POST",
    token: deployment.operatorToken,
    body,
    limitMs: ampleMs(30_000),
  });

/** The primary alone acknowledges a ticket; then an operator makes the other region serve. */
async function loseOne(): Promise<void> {
  const [from, to] = deployment.line.regions;
  const [url, other] = [from?.url ?? "", to?.url ?? ""];
  const viewAt = async (at: string) => (await ask(at, "/routing/apps/tickets")).body;
  const token = await signUp(url, "night-shift");
  await operator("/control/faults", {
    kind: "partition",
    regions: [from?.id, to?.id],
    options: {},
  });
  await until("the other region hears nothing", async () => {
    return (await viewAt(other)).unknown === "holder-silent";
  });
  await until("the ticket is acknowledged", async () => {
    const headers = { "idempotency-key": "the-only-ticket" };
    const sent = { method: "POST", token, headers, body: { description: TEXT } };
    return (await ask(url, "/tickets/api/tickets", sent)).status === 201;
  });
  await until("the other region is made to serve", async () => {
    const asked = { to: to?.id, acceptDataLoss: true, reason: "the cable is cut" };
    const path = "/routing/apps/tickets/failover";
    const sent = {
      method: "POST",
      token: deployment.operatorToken,
      body: asked,
      limitMs: ampleMs(30_000),
    };
    return (await ask(other, path, sent)).status === 200;
  });
  await until("it serves", async () => (await viewAt(other)).holdsLease === true);
  await operator("/control/faults", { kind: "heal", regions: [], options: {} });
  await until("it is judged", async () => (await viewAt(other)).lateWrites.recovered > 0);
}

/** Nothing on the page is wider than the page. */
const isWithin = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

async function pictures(page: Page, name: string): Promise<void> {
  const list = page.getByRole("heading", { name: /Late writes|Späte Schreibvorgänge/ });
  for (const [device, size] of [
    ["desktop", DESKTOP],
    ["phone", PHONE],
  ] as const) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await list.scrollIntoViewIfNeeded();
      expect([name, device, await isWithin(page)]).toEqual([name, device, true]);
      await picture(page, `${name}-${device}-${colorScheme}`);
    }
  }
}

test.skipIf(!hasChromium)(
  "the console lists what a region alone had, with both values, and how long writes paused",
  async () => {
    const faults: string[] = [];
    const [link = ""] = /http\S+\/account\/link#\S+/.exec(deployment.said()) ?? [];
    const visitor = await deployment.newPage(faults);
    await visitor.goto(`${deployment.line.frontDoor}/console/`);
    await visitor.getByRole("heading", { name: "Journal" }).waitFor();
    expect(await visitor.getByText("Late writes").count()).toBe(0);

    const page = await deployment.newPage(faults);
    await page.goto(link);
    const section = page.getByRole("region", { name: "Late writes" });
    await section.getByText("There are no late writes").waitFor();
    await loseOne();

    const late = section.getByRole("listitem").filter({ hasText: TEXT });
    await late.waitFor();
    await late.getByText("recovered", { exact: true }).first().waitFor();
    const values = late.getByText(TEXT);
    expect(await values.count()).toBe(2);
    await late.getByText("The values of this table are not shown.").first().waitFor();
    const journal = page.getByRole("region", { name: "Journal" });
    const row = journal.getByRole("row").filter({ hasText: "the cable is cut" });
    await row.getByText("data loss accepted").waitFor();
    await row.getByText(/^(at least )?[\d.,]+ (ms|sec|min)/).waitFor();
    await journal.scrollIntoViewIfNeeded();
    await picture(page, "journal-with-pauses");
    await pictures(page, "late-en");

    await page.setViewportSize(DESKTOP);
    await page.getByLabel("Language").selectOption("de");
    await page.getByRole("heading", { name: "Späte Schreibvorgänge" }).waitFor();
    await page.getByText("übernommen", { exact: true }).first().waitFor();
    await pictures(page, "late-de");
    expect(faults).toEqual([]);
  },
);
