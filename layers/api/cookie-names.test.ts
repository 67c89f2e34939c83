/** Browsers keep cookies by host: two deployments on one host share a jar. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { whoApp } from "./testing/who-app.ts";
import { createWorld, PASSWORD, type Sent, type World } from "./testing/world.ts";

const deployment = (deploymentId: string): World =>
  createWorld({
    apps: [whoApp],
    digest: (text) => createHash("sha256").update(text).digest("base64url"),
    more: { deploymentId },
  });

function createJar() {
  const values = new Map<string, string>();
  const header = (): string => [...values].map(([name, value]) => `${name}=${value}`).join("; ");
  const take = (sent: Sent): void => {
    for (const line of sent.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes("Max-Age=0")) values.delete(name);
      else values.set(name, value);
    }
  };
  return { header, take, names: () => [...values.keys()] };
}

test("a session of one deployment outlives signing in to and out of another", async () => {
  const [one, two] = [deployment("0a1b"), deployment("2c3d")];
  const jar = createJar();
  const own = { "sec-fetch-site": "same-origin" };
  const send = async (world: World, method: string, path: string, body?: unknown) => {
    const headers = { cookie: jar.header(), ...own };
    const sent = await world.send(method, path, { headers, ...(body ? { body } : {}) });
    jar.take(sent);
    return sent;
  };
  const account = (username: string) => ({ username, password: PASSWORD });
  await send(one, "POST", "/identity/sign-up", account("rider"));
  await send(two, "POST", "/identity/sign-up", account("guest"));
  const names = async () => [
    (await send(one, "GET", "/identity/me")).body.username,
    (await send(two, "GET", "/identity/me")).body.username,
  ];
  expect(await names()).toEqual(["rider", "guest"]);
  expect((await send(one, "POST", "/identity/refresh")).status).toBe(200);
  expect((await send(two, "POST", "/identity/sign-out")).status).toBe(204);
  expect(await names()).toEqual(["rider", undefined]);
  expect(jar.names().filter((name) => name.endsWith("_0a1b"))).toHaveLength(4);
  // The mark of a browser that was signed in before stays; it opens nothing.
  expect(jar.names().filter((name) => name.endsWith("_2c3d"))).toEqual(["understudy_device_2c3d"]);
});
