/** Who sends a request, where several things say so. */
import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { cookiesOf, whoApp } from "./testing/who-app.ts";
import { createWorld, OPERATOR_TOKEN, PASSWORD, type World } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
let world: World;
let cookie: string;
let token: string;

beforeEach(async () => {
  world = createWorld({ apps: [whoApp], digest });
  const form = { username: "rider", password: PASSWORD };
  const made = await world.send("POST", "/identity/sign-up", { body: form });
  cookie = cookiesOf(made);
  token = made.body.accessToken;
});

const me = (headers: Record<string, string>) => world.send("GET", "/identity/me", { headers });

test.each([
  "Basic dXNlcjpwYXNz",
  "basic dXNlcjpwYXNz",
  'Digest username="x"',
  "Negotiate abc",
  "Bearers abc",
  "",
])("credentials of another scheme are for somebody else: %s", async (authorization) => {
  const known = await me({ cookie, authorization });
  expect([known.status, known.body.username]).toEqual([200, "rider"]);
  const unknown = await me({ authorization });
  expect([unknown.status, unknown.body.type]).toEqual([401, "/problems/not-signed-in"]);
});

test.each([
  "Bearer",
  "Bearer ",
  "Bearer two words",
  "bearer not-good",
  `Bearer ${"x".repeat(5000)}`,
])(
  "a bearer token that is not good is refused, never replaced by the cookie: %.20s",
  async (authorization) => {
    const sent = await me({ cookie, authorization });
    expect([sent.status, sent.body.type]).toEqual([401, "/problems/token-refused"]);
    const good = await me({ cookie: "understudy_access=x", authorization: `Bearer ${token}` });
    expect(good.body.username).toBe("rider");
  },
);

test("an outer gate's credentials change nothing of who may sign out or command", async () => {
  const authorization = "Basic dXNlcjpwYXNz";
  const own = { "sec-fetch-site": "same-origin" };
  const other = await world.send("POST", "/identity/sign-out", {
    headers: { cookie, authorization, "sec-fetch-site": "cross-site" },
  });
  expect(other.status).toBe(403);
  const fence = (headers: Record<string, string>) =>
    world.send("POST", "/routing/apps/identity/fence", { headers });
  expect((await fence({ authorization, cookie, ...own })).status).toBe(403);
  expect((await fence({ authorization: `Basic ${OPERATOR_TOKEN}` })).status).toBe(401);
  const out = await world.send("POST", "/identity/sign-out", {
    headers: { cookie, authorization, ...own },
  });
  expect(out.status).toBe(204);
});
