/** A third region comes while two serve, takes over, and the first one goes: with real processes. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ampleMs } from "./limits.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { type Answer, ask, missingIn, signUp, until } from "./region-client.ts";
import { startTicketLoad, type TicketLoad } from "./ticket-load.ts";

const C = "eu-central-1";
const LIMIT_MS = ampleMs(60_000);

const real = useReal();
let deployment: RealDeployment;
let load: TicketLoad | undefined;

beforeEach(async () => {
  deployment = await real.start();
});
afterEach(async () => {
  await load?.stop();
  load = undefined;
});

async function control(method: "POST" | "DELETE", path: string, body?: object): Promise<Answer> {
  const { control: url } = await deployment.running.status();
  const { operatorToken: token } = deployment;
  return ask(url, `/control/${path}`, {
    method,
    token,
    limitMs: LIMIT_MS,
    ...(body === undefined ? {} : { body }),
  });
}

const memberships = async (): Promise<readonly (readonly string[])[]> =>
  (await deployment.running.status()).regions.map(({ id, membership }) => [id, membership]);

const servedBy = async (region: string): Promise<string | undefined> =>
  (await deployment.viewOf(region, "tickets"))?.servingRegions?.[0];

test("a region is added under load, the serving one is killed and removed, and nothing is lost", async () => {
  const token = await signUp(await deployment.urlOf(A), "requester");
  const urls = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const running = startTicketLoad({ token, urls: () => urls, perSecond: 50, name: "members" });
  load = running;
  await until("tickets are acknowledged", () => running.acknowledged.length > 20);

  const added = await control("POST", "regions", { id: C });
  expect([added.status, added.body]).toEqual([200, { done: true }]);
  expect(await memberships()).toEqual([
    [A, "member"],
    [B, "member"],
    [C, "member"],
  ]);
  // Three voters need no witness.
  expect((await deployment.running.status()).witness).toBeNull();
  urls.push(await deployment.urlOf(C));

  const refused = await control("DELETE", `regions/${A}`);
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    expect.stringContaining(`${A} serves tickets: switch it over to another region first`),
  ]);

  const before = running.acknowledged.length;
  await deployment.fault("kill", [A]);
  await until("another region serves", async () => ![A, undefined].includes(await servedBy(C)));
  await until("tickets go on", () => running.acknowledged.length > before + 20);
  await deployment.fault("restart", [A]);
  await until("the one that was killed is back", async () => (await servedBy(A)) !== undefined);

  await until(
    "it is removed",
    async () => (await control("DELETE", `regions/${A}`)).status === 200,
  );
  expect(await memberships()).toEqual([
    [B, "member"],
    [C, "member"],
  ]);
  expect((await deployment.running.status()).witness?.up).toBe(true);
  urls.shift();
  const then = running.acknowledged.length;
  await until("tickets go on without it", () => running.acknowledged.length > then + 20);
  await running.stop();

  expect(running.surprises).toEqual([]);
  for (const region of [B, C]) {
    const url = await deployment.urlOf(region);
    expect(await missingIn(url, token, running.acknowledged)).toEqual([]);
  }
  const kept = readdirSync(join(deployment.dataDir, "regions"));
  expect(kept.filter((name) => name.startsWith(`${A}.removed-`))).toHaveLength(1);
  const file = JSON.parse(readFileSync(join(deployment.dataDir, "deployment.json"), "utf8"));
  expect(file.body).toMatchObject({ regions: [{ id: B }, { id: C }], removed: [A], joining: [] });
  expect(existsSync(join(deployment.dataDir, "regions", A))).toBe(false);
});
