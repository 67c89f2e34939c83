/**
 * Pictures of the pages, to look at: phone and desktop, light and dark, both languages.
 *
 *   node layers/presentation/dev/screenshots.mjs http://127.0.0.1:8099 OUT_FOLDER [NAME...]
 *
 * Works against mock-region.mjs, since it sets scenes there. Prints errors of the page and of its
 * security policy. CHROMIUM names the browser's binary.
 */
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";

const [base = "http://127.0.0.1:8099", out = "reports/screenshots", ...only] =
  process.argv.slice(2);
const WELL = { state: "active", down: [], stale: false, serving: "eu-west-1" };
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const LOOKS = [
  ["desktop", "light", "en"],
  ["desktop", "dark", "de"],
  ["phone", "light", "de"],
  ["phone", "dark", "en"],
];
const click = (name) => (page) => page.getByRole("button", { name }).first().click();

const SHOTS = {
  landing: { path: "/" },
  "landing-failover": {
    path: "/",
    scene: { ...WELL, state: "failover", serving: "ap-southeast-1", down: ["eu-west-1"] },
  },
  list: { path: "/tickets/" },
  "list-signed-out": { path: "/tickets/", signedOut: true },
  "sign-in": { path: "/tickets/", signedOut: true, act: click(/Sign in|Anmelden/) },
  new: { path: "/tickets/new" },
  "new-fenced": {
    path: "/tickets/new",
    scene: { ...WELL, state: "fenced" },
    act: async (page) => {
      await page
        .locator("textarea")
        .fill("The coffee machine on the third floor shows error 7 again.");
      await page.locator('button[type="submit"]').click();
      await page.getByRole("button", { name: /Try now|Jetzt versuchen/ }).waitFor();
    },
  },
  detail: { path: "/tickets/t/t-1000abcdef" },
  "detail-stale": {
    path: "/tickets/t/t-1001abcdef",
    scene: { ...WELL, state: "failover", serving: "ap-southeast-1", stale: true },
  },
  conflict: {
    path: "/tickets/t/t-1002abcdef",
    act: async (page) => {
      await page.getByRole("button", { name: /^(Edit|Bearbeiten)$/ }).click();
      await page
        .locator("textarea")
        .first()
        .fill("Please give both new colleagues in purchasing access.");
      await fetch(`${base}/dev/touch`, {
        method: "POST",
        body: JSON.stringify({
          id: "t-1002abcdef",
          changes: { priority: "urgent", status: "in-progress" },
        }),
      });
      await page.getByRole("button", { name: /^(Save|Speichern)$/ }).click();
      await page.getByRole("dialog").waitFor();
    },
    after: () =>
      fetch(`${base}/dev/touch`, {
        method: "POST",
        body: JSON.stringify({ id: "t-1002abcdef", changes: { priority: "low", status: "open" } }),
      }),
  },
  account: { path: "/account/" },
  "account-sign-in": { path: "/account/sign-in?problem=federation-failed", signedOut: true },
  "account-sign-up": { path: "/account/sign-up", signedOut: true },
  "account-reset": {
    path: "/account/reset",
    signedOut: true,
    act: click(/I have a code|Ich habe einen Code/),
  },
  "account-link": { path: "/account/link#AAAA-BBBB", signedOut: true },
  troubleshooting: { path: "/tickets/troubleshooting" },
  shortcuts: { path: "/tickets/", act: (page) => page.keyboard.press("?") },
  console: { path: "/console/", operator: true },
  "console-watch": {
    path: "/console/",
    scene: { ...WELL, state: "failover", serving: "ap-southeast-1", down: ["eu-west-1"] },
  },
  decide: {
    path: "/console/",
    operator: true,
    scene: { ...WELL, down: ["ap-southeast-1"] },
    act: click(/^(Fail over|Ausfallwechsel) …/),
  },
  "decide-switchover": {
    path: "/console/",
    operator: true,
    act: click(/^(Switch over|Umschalten) …/),
  },
};

async function shoot(browser, name, shot, [size, scheme, language]) {
  const set = (body) => fetch(`${base}/dev/scene`, { method: "POST", body: JSON.stringify(body) });
  await set(shot.scene ?? WELL);
  await fetch(`${base}/identity/sign-${shot.signedOut ? "out" : "in"}`, {
    method: "POST",
    body: '{"username":"agent"}',
  });
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme });
  await context.addInitScript(
    ([lng, signedIn, operator]) => {
      localStorage.setItem("understudy.language", lng);
      if (signedIn) localStorage.setItem("understudy.signed-in", "1");
      if (operator) sessionStorage.setItem("understudy.operator-token", "operator");
    },
    [language, !shot.signedOut, shot.operator === true],
  );
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && console.log(name, message.text()));
  page.on("pageerror", (error) => console.log(name, error.message));
  await page.goto(base + shot.path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("output").first().waitFor();
  await page.waitForLoadState("load");
  if (shot.act) await shot.act(page);
  await page.waitForFunction(
    () => document.querySelector('[aria-label="Loading"], [aria-label="Wird geladen"]') === null,
  );
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((one) => one.effect.getTiming().iterations === 1);
    return Promise.all(ending.map((one) => one.finished.catch(() => undefined)));
  });
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (wide > 0) console.log(name, size, `scrolls sideways by ${wide}px`);
  await page.screenshot({
    path: `${out}/${name}-${size}-${scheme}-${language}.png`,
    fullPage: shot.act === undefined,
  });
  await context.close();
  await shot.after?.();
}

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const [name, shot] of Object.entries(SHOTS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const look of LOOKS) await shoot(browser, name, shot, look);
  }
} finally {
  await browser.close();
}
