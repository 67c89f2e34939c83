/** Whose an idempotency key is: of whoever was authenticated, also by an app's own sign-in. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTable } from "../key-value/table.ts";
import { createAppApi } from "./app-api.ts";
import type { Call } from "./call.ts";
import { defineApp } from "./define-app.ts";
import { problem } from "./problem.ts";
import { createWorld, PASSWORD, type World } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const orders = defineTable({
  name: "orders",
  schema: z.strictObject({ id: z.string(), owner: z.string() }),
  partitionKey: "id",
});

const ownerOf = (call: Pick<Call, "header">): string =>
  call.header("x-own-jwt") ?? call.header("authorization") ?? call.header("cookie") ?? "none";

/** An own sign-in: "jwt NAME SERIAL", of which only the name stays when it is renewed. */
const identify = (call: Pick<Call, "header">) => {
  const [kind, name] = (call.header("authorization") ?? "").split(" ");
  if (kind === "forged") return problem("token-refused", "Not one of ours.");
  return kind === "jwt" ? name : undefined;
};

const place = (call: Call, owner: string) => {
  const id = call.newId();
  const item = { id, owner };
  return call.commit([{ kind: "put", table: orders, item, ifAbsent: true }], {
    status: 201,
    body: item,
  });
};

const route = {
  summary: "Order",
  auth: "none",
  body: z.strictObject({ sku: z.string() }),
} as const;

const shop = defineApp({
  id: "shop",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [orders],
  api: (context) =>
    createAppApi(context)
      .post("/api/plain", { ...route, replies: {}, handle: (call) => place(call, ownerOf(call)) })
      .post("/api/late", {
        ...route,
        replies: {},
        recallFirst: false,
        handle: (call) => place(call, ownerOf(call)),
      })
      .post("/api/read", {
        summary: "Order, as text",
        auth: "none",
        readsBody: true,
        replies: {},
        handle: async (call) => {
          const read = call.ofBody(await call.scope.request.text());
          return (await read.replay()) ?? place(read, ownerOf(read));
        },
      })
      .post("/api/named", {
        ...route,
        identify,
        replies: {},
        handle: (call) => place(call, call.requester ?? "unknown"),
      }),
});

const wholeApp = defineApp({
  ...shop,
  id: "whole",
  api: (context) =>
    createAppApi(context, { identify }).post("/api/orders", {
      ...route,
      replies: {},
      handle: (call) => place(call, call.requester ?? "unknown"),
    }),
});

let world: World;
beforeEach(() => {
  world = createWorld({ apps: [shop, wholeApp], digest });
});

const order = (path: string, headers: Record<string, string>, body: unknown = { sku: "A" }) =>
  world.send("POST", path, { body, headers: { "idempotency-key": "order-1", ...headers } });

describe("a route that does not identify who asks", () => {
  test.each([
    ["own header", { "x-own-jwt": "alice" }, { "x-own-jwt": "mallory" }],
    ["own header that one lacks", { "x-own-jwt": "alice" }, {}],
    ["own header that the first lacked", {}, { "x-own-jwt": "mallory" }],
    ["Authorization", { authorization: "Bearer a.b.c" }, { authorization: "Bearer a.b.d" }],
    ["another scheme", { authorization: "Basic YTpi" }, { authorization: "Basic YTpj" }],
    ["Cookie", { cookie: "sid=alice" }, { cookie: "sid=mallory" }],
    ["access cookie that is not good", { cookie: "understudy_access=x" }, {}],
  ])("shows a stored answer to no client with another %s", async (_, mine, others) => {
    for (const path of ["/shop/api/plain", "/shop/api/late", "/shop/api/read"]) {
      const first = await order(path, mine as Record<string, string>);
      expect(first.status, path).toBe(201);
      const second = await order(path, others as Record<string, string>);
      expect(second.status, path).toBe(422);
      expect(second.body.type).toBe("/problems/idempotency-mismatch");
      expect(JSON.stringify(second.body)).not.toContain(first.body.id);
      const again = await order(path, mine as Record<string, string>);
      expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([first.body, "true"]);
      world = createWorld({ apps: [shop, wholeApp], digest });
    }
  });

  test("gives a retry its answer whichever way it came", async () => {
    const mine = { "x-own-jwt": "alice" };
    const first = await order("/shop/api/plain", mine);
    const second = await order("/shop/api/plain", {
      ...mine,
      "x-forwarded-for": "10.0.0.7",
      "user-agent": "another",
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
      "understudy-session": "a-receipt",
      "sec-fetch-mode": "cors",
    });
    expect(second.body).toEqual(first.body);
  });

  test("knows a user by the session, whose tokens are renewed", async () => {
    const rider = await world.signUp("rider");
    const form = { username: "rider", password: PASSWORD };
    const renewed = (await world.send("POST", "/identity/sign-in", { body: form })).body;
    const by = (token: string) => order("/shop/api/plain", { authorization: `Bearer ${token}` });
    const first = await by(rider.accessToken);
    expect((await by(renewed.accessToken)).body).toEqual(first.body);
    const other = await by((await world.signUp("other")).accessToken);
    expect(other.status).toBe(201);
    expect(other.body.id).not.toBe(first.body.id);
  });

  test("tells its developer so, once", async () => {
    await order("/shop/api/plain", { cookie: "sid=alice" });
    await order("/shop/api/plain", { cookie: "sid=alice" });
    const told = world.logged.filter(({ fields }) => fields["event"] === "no-identify");
    expect(told).toHaveLength(1);
    expect(told[0]?.fields["route"]).toBe("POST /shop/api/plain");
  });

  test("tells addresses with other queries apart", async () => {
    expect((await order("/shop/api/plain?token=alice", {})).status).toBe(201);
    expect((await order("/shop/api/plain?token=mallory", {})).status).toBe(422);
  });
});

describe("a route that identifies who asks", () => {
  for (const path of ["/shop/api/named", "/whole/api/orders"]) {
    test(`gives each of them keys of their own, and a renewed token its answer: ${path}`, async () => {
      const first = await order(path, { authorization: "jwt alice 1" });
      expect(first.body).toMatchObject({ owner: "alice" });
      const other = await order(path, { authorization: "jwt mallory 1" });
      expect([other.status, other.body.owner]).toEqual([201, "mallory"]);
      expect(other.body.id).not.toBe(first.body.id);
      const renewed = await order(path, { authorization: "jwt alice 2" });
      expect([renewed.status, renewed.body]).toEqual([201, first.body]);
      expect(renewed.headers.get("idempotency-replayed")).toBe("true");
    });
  }

  test("refuses who is not let in before the body is read", async () => {
    const refused = await order("/shop/api/named", { authorization: "forged" }, "{");
    expect([refused.status, refused.body.type]).toEqual([401, "/problems/token-refused"]);
    const unknown = await order("/shop/api/named", {});
    expect(unknown.body.owner).toBe("unknown");
  });

  test("is open to everyone: beside a session it is refused when the app is made", () => {
    const app = defineApp({
      ...shop,
      id: "wrong",
      api: (context) =>
        createAppApi(context).get("/api/x", { summary: "x", identify, replies: {}, handle: never }),
    });
    expect(() => createWorld({ apps: [app], digest })).toThrow(
      'Leave identify out, or give auth: "none"',
    );
  });
});

const never = () => problem("not-found", "Never asked.");

describe("identity's own routes", () => {
  const signUp = (username: string, headers: Record<string, string> = {}, password = PASSWORD) =>
    world.send("POST", "/identity/sign-up", {
      body: { username, password },
      headers: { "idempotency-key": "k", ...headers },
    });

  test("give a retry its tokens whatever cookies it carries, and no one else", async () => {
    const first = await signUp("rider", { cookie: "a=1" });
    const again = await signUp("rider", { cookie: "a=2" });
    expect(again.body.refreshToken).toBe(first.body.refreshToken);
    expect((await signUp("rider", {}, `${PASSWORD}!`)).status).toBe(422);
    expect((await signUp("other")).status).toBe(422);
  });

  test("make accounts and sessions with ids of their own, also of one key", async () => {
    const first = (await signUp("rider")).body;
    // Another region, which the record of the key has not reached.
    world = createWorld({ apps: [shop, wholeApp], digest });
    const other = (await signUp("other")).body;
    expect(other.user.id).not.toBe(first.user.id);
    expect(other.refreshToken.split(".")[0]).not.toBe(first.refreshToken.split(".")[0]);
  });
});
