import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { whoApp } from "./testing/who-app.ts";
import { createWorld, type World } from "./testing/world.ts";

const READ = "GET, HEAD, OPTIONS";
let world: World;

beforeEach(() => {
  world = createWorld({
    apps: [whoApp],
    digest: (text) => createHash("sha256").update(text).digest("base64url"),
    more: {
      metrics: async () => ({ contentType: "text/plain", body: "up 1\n" }),
      pages: async (_request, path) => (path === "/who/" ? new Response("<p>page") : undefined),
    },
  });
});

test("pages and documents are asked with OPTIONS by load balancers, and only read", async () => {
  for (const path of ["/who/", "/metrics", "/openapi.json", "/problems/busy"]) {
    const options = await world.send("OPTIONS", path);
    expect([options.status, options.headers.get("allow")], path).toEqual([204, READ]);
    const posted = await world.send("POST", path);
    expect([posted.status, posted.headers.get("allow")], path).toEqual([405, READ]);
  }
  expect((await world.send("OPTIONS", "/none")).status).toBe(404);
});

test("idempotency keys have up to 255 characters", async () => {
  const keyed = (length: number) =>
    world.send("POST", "/identity/sign-in", {
      body: { username: "nobody", password: "none of them" },
      headers: { "idempotency-key": "k".repeat(length) },
    });
  expect((await keyed(255)).status).toBe(401);
  const long = await keyed(256);
  expect([long.status, long.body.detail]).toEqual([400, expect.stringContaining("1 to 255")]);
});
