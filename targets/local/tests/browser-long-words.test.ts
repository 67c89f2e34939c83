/** Long words and addresses on every page that shows what people write. *composition* */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { samplePicture } from "../../../layers/images/testing/samples.ts";
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

const WORD = "Donaudampfschifffahrtsgesellschaft".repeat(36).slice(0, 1_200);
const ADDRESS = `https://example.org/${"a-very-long-path/".repeat(40)}?q=${"x".repeat(200)}`;
const SIZES = [
  { width: 1280, height: 850 },
  { width: 390, height: 844 },
];

/** As a script of the page would send it. */
const post = (page: Page, path: string, body: unknown): Promise<{ readonly id: string }> =>
  page.evaluate(
    async ([to, text]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(to ?? "", { method: "POST", headers, body: text ?? "" });
      if (!response.ok) throw new Error(`${to}: ${response.status} ${await response.text()}`);
      return (await response.json()) as { readonly id: string };
    },
    [path, JSON.stringify(body)],
  );

/** What reaches beyond the right edge of the window, in words that lead to it. */
const widened = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.querySelectorAll("main *, header *")]
      .filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
      .map((one) => `${one.tagName.toLowerCase()}.${one.className}`)
      .concat(`the page is ${scrollWidth} px wide`);
  });

/** Names of regions in the journal that take more than one line. */
const brokenNames = (page: Page): Promise<readonly string[]> =>
  page
    .getByRole("region", { name: "Journal" })
    .getByRole("cell", { name: /^(Ireland|Singapore)$/ })
    .evaluateAll((cells) =>
      cells
        .filter((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          return range.getClientRects().length > 1;
        })
        .map((cell) => cell.textContent ?? ""),
    );

async function expectNarrow(page: Page, name: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    expect({ name, size, widened: await widened(page) }).toEqual({ name, size, widened: [] });
    await picture(page, `long-${name}-${size.width}`);
  }
}

test.skipIf(!hasChromium)(
  "no word that people write makes a page wider than its window",
  async () => {
    const faults: string[] = [];
    const { line, operatorToken } = deployment;
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "tickets", "rider");
    const ticket = await post(page, "/tickets/api/tickets", { description: WORD });
    for (const text of [WORD, `See ${ADDRESS} for more.`]) {
      await post(page, `/tickets/api/tickets/${ticket.id}/comments`, { text });
    }
    await page.reload();
    await page.getByText(WORD).first().waitFor();
    await expectNarrow(page, "tickets");
    await page.goto(`${line.frontDoor}/tickets/t/${ticket.id}`);
    await page.getByText(ADDRESS).waitFor();
    await expectNarrow(page, "ticket");
    await page.getByRole("button", { name: "Edit" }).click();
    await expectNarrow(page, "ticket-edited");

    const photographer = await deployment.newPage(faults);
    await deployment.signIn(photographer, "photos", "photographer");
    await photographer.locator("input[type=file]").setInputFiles({
      name: `${WORD.slice(0, 200)}.png`,
      mimeType: "image/png",
      buffer: Buffer.from(samplePicture("png")),
    });
    await photographer.getByLabel(/^What can be seen/).fill(WORD.slice(0, 400));
    await expectNarrow(photographer, "photos-tray");
    await photographer.getByRole("button", { name: "Upload one photo" }).click();
    await photographer
      .getByRole("link", { name: /^Donaudampf/ })
      .first()
      .click();
    await photographer.getByLabel("Add a comment").fill(WORD.slice(0, 900));
    await photographer.getByRole("button", { name: "Send comment" }).click();
    await photographer.getByRole("button", { name: /^Delete this comment/ }).waitFor();
    await expectNarrow(photographer, "photo");

    const reason = WORD.slice(0, 200);
    const headers = {
      authorization: `Bearer ${operatorToken}`,
      "content-type": "application/json",
    };
    for (const command of ["fence", "unfence"]) {
      const path = `/routing/apps/photos/${command}`;
      const body = JSON.stringify({ reason });
      await fetch(`${line.frontDoor}${path}`, { method: "POST", headers, body });
    }
    await page.goto(`${line.frontDoor}/console/`);
    await page.getByText(reason).first().waitFor();
    await expectNarrow(page, "console");
    await page.setViewportSize({ width: 1280, height: 850 });
    expect(await brokenNames(page)).toEqual([]);
    await page.goto(`${line.frontDoor}/account/`);
    await page.getByText("Where you are signed in").waitFor();
    await expectNarrow(page, "account");
    expect(faults).toEqual([]);
  },
);
