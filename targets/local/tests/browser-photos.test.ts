/** Photos in a browser: uploads across the death of the region that takes them. *composition* */
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

const choose = (page: Page, names: readonly string[]) =>
  page.locator("input[type=file]").setInputFiles(
    names.map((name) => ({
      name: `${name}.png`,
      mimeType: "image/png",
      buffer: Buffer.from(samplePicture("png")),
    })),
  );

/** The gallery's pictures, all of them loaded. */
const seen = (page: Page, name: string) =>
  page.getByRole("link", { name }).locator('img[data-state="there"]').first().waitFor();

test.skipIf(!hasChromium)(
  "pictures are uploaded, commented live, and uploaded again while their region dies",
  async () => {
    const faults: string[] = [];
    const { line } = deployment;
    const page = await deployment.newPage(faults);
    await deployment.signIn(page, "photos", "photographer");
    await choose(page, ["harbour", "lighthouse"]);
    await page.getByRole("button", { name: "Upload 2 photos" }).click();
    await seen(page, "harbour, by photographer");
    await seen(page, "lighthouse, by photographer");
    await picture(page, "photos");

    const other = await deployment.newPage(faults);
    await deployment.signIn(other, "photos", "visitor");
    await other.getByRole("link", { name: "harbour, by photographer" }).click();
    await other.getByRole("button", { name: "Enlarge" }).waitFor();
    await page.getByRole("link", { name: "harbour, by photographer" }).click();
    await page.getByLabel("Add a comment").fill("The crane is new.");
    await page.getByRole("button", { name: "Send comment" }).click();
    await other.getByText("The crane is new.").waitFor();

    await page.getByRole("link", { name: "All photos" }).click();
    await choose(page, ["after the storm"]);
    const serving = line.regions[await deployment.placeOf("photos")];
    process.kill(serving?.pid ?? 0, "SIGKILL");
    await page.getByRole("button", { name: "Upload one photo" }).click();
    await seen(page, "after the storm, by photographer");
    await picture(page, "photos-after-kill");
    expect(await page.getByRole("link", { name: "after the storm, by photographer" }).count()).toBe(
      1,
    );
    await page.reload();
    await seen(page, "harbour, by photographer");
    await seen(page, "after the storm, by photographer");
    expect(faults).toEqual([]);
  },
);
