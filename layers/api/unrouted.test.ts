/** An app's own router: what is not there, and what browsers may do with its pages. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { createAppApi } from "./app-api.ts";
import { defineApp } from "./define-app.ts";
import { createWorld } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const base = {
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [],
} as const;

const OWN_POLICY = "default-src 'self' https://cdn.example";
const shop = defineApp({
  ...base,
  id: "shop",
  apiPaths: ["api", "web"],
  api: (context) => {
    const api = createAppApi(context).get("/api/own", {
      summary: "A header of its own",
      auth: "none",
      replies: {},
      handle: () => ({
        kind: "answer",
        status: 200,
        body: {},
        headers: { "Content-Security-Policy": OWN_POLICY, "Cache-Control": "max-age=5" },
      }),
    });
    api.hono.get("/shop/web/:file", (c) => {
      const name = c.req.param("file");
      if (name === "a.html") return c.html("<script src=/shop/web/a.js></script>");
      if (name === "own.html") {
        c.header("content-security-policy", OWN_POLICY);
        return c.html("own");
      }
      if (name === "a.js") return c.body("1", 200, { "content-type": "text/javascript" });
      if (name === "a.svg") return c.body("<svg/>", 200, { "content-type": "image/svg+xml" });
      return c.notFound();
    });
    api.hono.post("/shop/web/:file/more", (c) => c.notFound());
    return api;
  },
});
const wrapped = defineApp({
  ...base,
  id: "wrapped",
  api: () =>
    new Hono()
      .use("*", (_, next) => next())
      .get("/wrapped/api/here", (c) => c.text("here"))
      .all("/wrapped/api/all", (c) => c.notFound()),
});
const world = createWorld({ apps: [shop, wrapped], digest });

test.each([
  ["GET", "/shop/web/nope.html", 404],
  ["HEAD", "/shop/web/nope.html", 404],
  ["POST", "/shop/web/nope.html/more", 404],
  ["GET", "/wrapped/api/nope", 404],
  ["GET", "/wrapped/api/all", 404],
  ["POST", "/wrapped/api/all", 404],
  ["DELETE", "/wrapped/api/here", 405],
  ["DELETE", "/shop/web/a.html", 405],
  ["GET", "/shop/web/a.html/more", 405],
  ["OPTIONS", "/shop/web/a.html", 204],
])("%s %s is %i: what a route says is not there is not there", async (method, path, status) => {
  const sent = await world.send(method, path);
  expect(sent.status).toBe(status);
  if (status === 404 && method !== "HEAD") expect(sent.body.type).toBe("/problems/not-found");
  if (status === 405) expect(sent.headers.get("allow")).not.toContain(method);
});

const policyOf = async (path: string) =>
  (await world.send("GET", path)).headers.get("content-security-policy");

test("a page of an app's own may use scripts and styles of its origin, and no others", async () => {
  for (const path of ["/shop/web/a.html", "/shop/web/a.js"]) {
    const policy = await policyOf(path);
    expect(policy, path).toContain("default-src 'self'");
    expect(policy, path).toContain("object-src 'none'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain("unsafe");
  }
  for (const path of ["/shop/web/a.svg", "/shop/web/nope.html", "/wrapped/api/here"]) {
    expect(await policyOf(path), path).toContain("default-src 'none'");
  }
});

test("a header that an app sets wins, in whichever case it is written", async () => {
  expect(await policyOf("/shop/web/own.html")).toBe(OWN_POLICY);
  expect(await policyOf("/shop/api/own")).toBe(OWN_POLICY);
  const { headers } = await world.send("GET", "/shop/api/own");
  expect(headers.get("cache-control")).toBe("max-age=5");
});
