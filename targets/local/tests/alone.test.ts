/** A region by itself, and deployments beside each other. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { A, B, useReal } from "./real-regions.ts";
import { ask, signUp, submitTicket, until } from "./region-client.ts";

const PAGES = ["/", "/tickets/", "/console/", "/account/"];
/** `npm test` builds the pages first. */
const hasPages = existsSync(fileURLToPath(new URL("../../../dist/web", import.meta.url)));

const { start } = useReal();
let frozen = 0;

afterEach(() => {
  if (frozen > 0) process.kill(frozen, "SIGCONT");
  frozen = 0;
});

/** What a page's document asks for. */
const partsOf = (html: string): string[] =>
  [...html.matchAll(/(?:src|href)="([^"]+)"/g)].flatMap(([, address]) => address ?? []);

test.skipIf(!hasPages).each([
  [A, B],
  [B, A],
])("pages load from %s alone, with %s dead and the front door hanging", async (alone, other) => {
  const deployment = await start();
  const { frontDoorPid } = await deployment.running.status();
  await deployment.fault("kill", [other]);
  // Killed, it would come back by itself.
  frozen = frontDoorPid ?? 0;
  process.kill(frozen, "SIGSTOP");
  const url = await deployment.urlOf(alone);
  for (const path of PAGES) {
    const page = await ask(url, path);
    expect([path, page.status]).toEqual([path, 200]);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("understudy-region")).toBe(alone);
    const parts = partsOf(page.body);
    expect(parts.filter((part) => part.endsWith(".js")).length).toBeGreaterThan(0);
    for (const part of parts) {
      const address = new URL(part, new URL(path, url));
      expect(address.origin).toBe(url);
      expect([part, (await ask(url, address.pathname)).status]).toEqual([part, 200]);
    }
  }
  await until("it serves alone", async () => {
    const view = await deployment.viewOf(alone, "tickets");
    return view?.holdsLease === true;
  });
  const token = await signUp(url, "requester");
  expect((await submitTicket(url, token, "Written to the last one there")).status).toBe(201);
});

test("deployments side by side know nothing of each other", async () => {
  const [one, two] = await Promise.all([start(), start()]);
  const urls = await Promise.all([one, two].flatMap((d) => [d.urlOf(A), d.urlOf(B)]));
  expect(new Set(urls).size).toBe(4);
  const [mine = "", , theirs = ""] = urls;
  const token = await signUp(mine, "requester");
  const made = await submitTicket(mine, token, "Only in the first of the two");
  expect(made.status).toBe(201);
  expect((await ask(theirs, "/tickets/api/tickets", { token })).status).toBe(401);
  const other = await signUp(theirs, "requester");
  const path = `/tickets/api/tickets/${made.body.id}`;
  expect((await ask(theirs, path, { token: other })).status).toBe(404);
  const command = { method: "POST", token: one.operatorToken, body: {} };
  expect((await ask(theirs, "/routing/apps/tickets/fence", command)).status).toBe(401);

  process.kill(await one.pidOf(A), "SIGKILL");
  const before = await two.viewOf(A, "tickets");
  await until("the other region of the first takes over", async () => {
    return (await one.viewOf(B, "tickets"))?.holdsLease === true;
  });
  await one.running.stop();
  expect((await submitTicket(theirs, other, "The second goes on")).status).toBe(201);
  expect((await two.viewOf(A, "tickets"))?.epoch).toBe(before?.epoch);
});
