/** Visitors without an account: told apart by a cookie that only this deployment can make. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTable } from "../key-value/table.ts";
import { createAppApi } from "./app-api.ts";
import { defineApp } from "./define-app.ts";
import { createWorld, type Sent, type World } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const carts = defineTable({
  name: "carts",
  schema: z.strictObject({ id: z.string(), owner: z.string(), sku: z.string() }),
  partitionKey: "id",
});

const shop = defineApp({
  id: "shop",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [carts],
  api: (context) =>
    createAppApi(context)
      .post("/api/cart", {
        summary: "Put into the cart",
        auth: "guest",
        body: z.strictObject({ sku: z.string() }),
        replies: {},
        handle: (call) => {
          const item = { id: call.newId(), owner: call.requester ?? "", sku: call.body.sku };
          return call.commit([{ kind: "put", table: carts, item }], { status: 201, body: item });
        },
      })
      .get("/api/cart", {
        summary: "Whose cart",
        auth: "guest",
        replies: {},
        handle: async (call) => ({
          kind: "answer",
          status: 200,
          body: { owner: call.requester, guest: await call.guest() },
        }),
      }),
});

let world: World;
beforeEach(() => {
  world = createWorld({ apps: [shop], digest });
});

const cookieOf = ({ headers }: Sent): string => headers.get("set-cookie")?.split(";")[0] ?? "";
const put = (headers: Record<string, string> = {}, sku = "A") =>
  world.send("POST", "/shop/api/cart", {
    body: { sku },
    headers: { "sec-fetch-site": "same-origin", ...headers },
  });
const who = async (headers: Record<string, string> = {}) =>
  (await world.send("GET", "/shop/api/cart", { headers })).body;

describe("a browser without an account", () => {
  test("gets an id with its first answer, which every region knows for its own", async () => {
    const first = await put();
    expect(first.status).toBe(201);
    expect(first.body.owner).toMatch(/^guest:[\w-]{10,40}$/);
    expect(first.headers.get("set-cookie")).toMatch(
      /^understudy_guest=[^;]+; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(first);
    const second = await put({ cookie });
    expect(second.body.owner).toBe(first.body.owner);
    expect(second.headers.get("set-cookie")).toBeNull();
    const elsewhere = world.otherRegion("ap-southeast-1");
    const there = await elsewhere.send("GET", "/shop/api/cart", { headers: { cookie } });
    expect(there.body.owner).toBe(first.body.owner);
  });

  test("is another one where the cookie is missing, made up, or another guest's mac", async () => {
    const [one, two] = [await put(), await put()];
    expect(one.body.owner).not.toBe(two.body.owner);
    const [name = "", value = ""] = cookieOf(one).split("=");
    const [id = ""] = value.split(".");
    const [, foreignMac = ""] = (cookieOf(two).split("=")[1] ?? "").split(".");
    const wrong = [`${name}=${id}.${foreignMac}`, `${name}=${id}`, `${name}=x.y`, `${name}=`];
    for (const cookie of wrong) {
      expect((await put({ cookie })).body.owner).not.toBe(one.body.owner);
    }
  });

  test("is the same where the first answer was lost, and gets what was stored", async () => {
    const key = { "idempotency-key": "a-key-that-nobody-guesses" };
    const [first, again] = [await put(key), await put(key)];
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect([again.body, cookieOf(again)]).toEqual([first.body, cookieOf(first)]);
  });

  test("has keys of its own", async () => {
    const key = { "idempotency-key": "k" };
    const [one, two] = [cookieOf(await put()), cookieOf(await put())];
    const [first, second] = [
      await put({ ...key, cookie: one }),
      await put({ ...key, cookie: two }, "B"),
    ];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toMatchObject({ sku: "B" });
  });

  test("is not commanded by another site's page", async () => {
    const cookie = cookieOf(await put());
    const { status, body } = await put({ cookie, "sec-fetch-site": "cross-site" });
    expect([status, body.code]).toEqual([403, "cross-site-request"]);
  });
});

describe("somebody who signs in", () => {
  test("is the user from then on, and the guest that the browser was is still known", async () => {
    const cookie = cookieOf(await put());
    const { owner } = await who({ cookie });
    const { accessToken, id } = await world.signUp("rider");
    const signedIn = await who({ cookie, authorization: `Bearer ${accessToken}` });
    expect(signedIn).toEqual({ owner: id, guest: owner.slice("guest:".length) });
  });

  test("is not taken for a guest when the token is no good", async () => {
    const cookie = cookieOf(await put());
    const { status } = await put({ cookie, authorization: "Bearer nonsense" });
    expect(status).toBe(401);
  });
});
