import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { cookiesOf, whoApp } from "../testing/who-app.ts";
import { createWorld, PASSWORD, passwordChecks, type World } from "../testing/world.ts";
import { sessions, users } from "./tables.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

let world: World;

beforeEach(() => {
  world = createWorld({ apps: [whoApp], digest });
});

const signUp = (body: object, headers: Record<string, string> = {}) =>
  world.send("POST", "/identity/sign-up", { body, headers });
const signIn = (username: string, password = PASSWORD, headers: Record<string, string> = {}) =>
  world.send("POST", "/identity/sign-in", { body: { username, password }, headers });
const refresh = (refreshToken: string) =>
  world.send("POST", "/identity/refresh", { body: { refreshToken } });
const who = (token: string, on = world) => on.send("GET", "/who/api/me", { token });

describe("signing up", () => {
  test("makes an account and a session, as tokens and as cookies alike", async () => {
    const made = await signUp({ username: "Rider", password: PASSWORD, email: "r@example.com" });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe("/identity/me");
    expect(made.headers.get("understudy-receipt")).toBeTruthy();
    expect(made.body).toMatchObject({
      tokenType: "Bearer",
      expiresInSeconds: 600,
      user: { username: "Rider", email: "r@example.com", roles: ["user"] },
    });
    const [access = "", keep = ""] = made.headers.getSetCookie();
    expect(access).toMatch(
      /^understudy_access=[^;]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    expect(keep).toMatch(/^understudy_refresh=[^;]+; Path=\/identity; .*HttpOnly; SameSite=Lax$/);
    const asked = await who(made.body.accessToken);
    expect(asked.body).toMatchObject({ username: "Rider", userId: made.body.user.id });
    const byCookie = await world.send("GET", "/who/api/me", {
      headers: { cookie: cookiesOf(made) },
    });
    expect(byCookie.body).toEqual(asked.body);
    const me = await world.send("GET", "/identity/me", { token: made.body.accessToken });
    expect(me.body).toEqual(made.body.user);
  });

  test("cookies are Secure where the request came over https", async () => {
    const made = await signUp(
      { username: "rider", password: PASSWORD },
      { "x-forwarded-proto": "https" },
    );
    for (const cookie of made.headers.getSetCookie()) expect(cookie).toMatch(/; Secure$/);
  });

  test("a name is one name, however it is written", async () => {
    await world.signUp("rider");
    const again = await signUp({ username: "RIDER", password: PASSWORD });
    expect(again.status).toBe(409);
    expect(again.body.type).toBe("/problems/name-taken");
    expect(world.store("identity").count(users)).toBe(1);
  });

  test("bad names, passwords and fields are told, and no password is ever repeated", async () => {
    const wrong = await signUp({ username: "a b", password: "shorty7", admin: true, email: "x" });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify(wrong.body)).not.toContain("shorty7");
    const short = await signUp({ username: "rider", password: "shorty7" });
    expect(short.body.errors).toMatchObject([{ field: "password", got: "(not shown)" }]);
    const role = await signUp({ username: "rider", password: PASSWORD, roles: ["operator"] });
    expect(role.status).toBe(400);
    for (const body of ["", "{", '"x"', "null", "[]"]) {
      expect((await world.send("POST", "/identity/sign-up", { body })).status, body).toBe(400);
    }
  });

  test("a retry with the same key gives the same account and the very same tokens", async () => {
    const form = { username: "rider", password: PASSWORD };
    const first = await signUp(form, { "idempotency-key": "k" });
    world.advance(3_000);
    const second = await signUp(form, { "idempotency-key": "k" });
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(world.store("identity").count(sessions)).toBe(1);
    const other = await signUp({ ...form, username: "other" }, { "idempotency-key": "k" });
    expect(other.status).toBe(422);
  });

  test("nothing that is stored or logged holds a password or a token", async () => {
    const made = await signUp(
      { username: "rider", password: PASSWORD },
      { "idempotency-key": "k" },
    );
    await signIn("rider", "wrong password here");
    await refresh(made.body.refreshToken);
    const kept = world.store("identity").dump() + JSON.stringify(world.logged);
    const secrets = [PASSWORD, made.body.refreshToken, made.body.accessToken, "wrong password"];
    for (const secret of secrets) expect(kept).not.toContain(secret);
    expect(kept).not.toMatch(/"d":/);
  });

  test("is refused where the identity app is fenced, like every other write", async () => {
    world.store("identity").gate = "fenced";
    world.routing.set("identity", { phase: "fenced", state: "fenced", holdsLease: false });
    const refused = await signUp({ username: "rider", password: PASSWORD });
    expect(refused.status).toBe(503);
    expect(refused.body.type).toBe("/problems/fenced");
  });
});

describe("signing in", () => {
  test("an unknown user and a wrong password get one answer, and one check each", async () => {
    await world.signUp("rider");
    const before = passwordChecks();
    const wrong = await signIn("rider", "not the password");
    const unknown = await signIn("nobody", "not the password");
    expect(passwordChecks() - before).toBe(2);
    expect(wrong.status).toBe(401);
    const { traceId: _1, ...first } = wrong.body;
    const { traceId: _2, ...second } = unknown.body;
    expect(second).toEqual(first);
  });

  test("guessing is slowed down, for one name only", async () => {
    await world.signUp("rider");
    for (let guess = 0; guess < 20; guess++) {
      expect((await signIn("rider", `guess number ${guess}`)).status).toBe(401);
    }
    const slowed = await signIn("rider");
    expect(slowed.status).toBe(429);
    expect(slowed.headers.get("retry-after")).toBe("30");
    expect((await signIn("other", "not the password")).status).toBe(401);
    world.advance(30_000);
    expect((await signIn("rider")).status).toBe(200);
  });

  test("a flood of guesses does not keep out a browser that was signed in before", async () => {
    const made = await signUp({ username: "rider", password: PASSWORD });
    const cookie = cookiesOf(made);
    for (let guess = 0; guess < 21; guess++) await signIn("rider", `guess number ${guess}`);
    expect((await signIn("rider")).status).toBe(429);
    expect((await signIn("rider", PASSWORD, { cookie })).status).toBe(200);
    const forged = cookie.replace(/understudy_device=\S+/, `understudy_device=x.${"A".repeat(43)}`);
    expect((await signIn("rider", PASSWORD, { cookie: forged })).status).toBe(429);
  });

  test("an address that fails with many names is slowed down, others are not", async () => {
    const from = { "x-forwarded-for": "192.0.2.7" };
    for (let guess = 0; guess < 200; guess++) await signIn(`name-${guess}`, "some guess", from);
    expect((await signIn("name-x", "some guess", from)).status).toBe(429);
    const other = { "x-forwarded-for": "192.0.2.8" };
    expect((await signIn("name-x", "some guess", other)).status).toBe(401);
    world.advance(1_000);
    expect((await signIn("name-x", "some guess", from)).status).toBe(401);
  });

  test("failures are counted across a restart and in the other region", async () => {
    await world.signUp("rider");
    for (let guess = 0; guess < 20; guess++) await signIn("rider", `guess number ${guess}`);
    for (const region of ["eu-west-1", "ap-southeast-1"]) {
      const there = world.otherRegion(region);
      const body = { username: "rider", password: PASSWORD };
      expect((await there.send("POST", "/identity/sign-in", { body })).status, region).toBe(429);
    }
  });

  test("works in another region with the same data, whose tokens are good in both", async () => {
    const { accessToken } = await world.signUp("rider");
    const there = world.otherRegion("ap-southeast-1");
    expect((await who(accessToken, there)).status).toBe(200);
    const made = await there.send("POST", "/identity/sign-in", {
      body: { username: "rider", password: PASSWORD },
    });
    expect(made.status).toBe(200);
    expect((await who(made.body.accessToken)).status).toBe(200);
  });

  test("from another site's page is refused", async () => {
    await world.signUp("rider");
    const sent = await signIn("rider", PASSWORD, { "sec-fetch-site": "cross-site" });
    expect(sent.status).toBe(403);
  });
});

describe("refreshing", () => {
  test("gives new tokens, and the same again until the new one is used", async () => {
    const first = await world.signUp("rider");
    const second = (await refresh(first.refreshToken)).body;
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const repeated = await refresh(first.refreshToken);
    expect(repeated.status).toBe(200);
    expect(repeated.body.refreshToken).toBe(second.refreshToken);
    expect((await refresh(second.refreshToken)).status).toBe(200);
  });

  test("reuse of an old token ends the session, for the thief and for the owner", async () => {
    const first = await world.signUp("rider");
    const second = (await refresh(first.refreshToken)).body;
    const third = (await refresh(second.refreshToken)).body;
    const reused = await refresh(first.refreshToken);
    expect(reused.status).toBe(401);
    expect(reused.body.type).toBe("/problems/session-ended");
    expect((await refresh(third.refreshToken)).status).toBe(401);
  });

  test("the first use of a new access token is the first use of the new refresh token", async () => {
    const first = await world.signUp("rider");
    const second = (await refresh(first.refreshToken)).body;
    expect((await refresh(first.refreshToken)).status).toBe(200);
    expect((await who(second.accessToken)).status).toBe(200);
    expect((await refresh(first.refreshToken)).status).toBe(401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
    expect((await who(second.accessToken)).status).toBe(401);
  });

  test("a forged token ends nothing", async () => {
    const first = await world.signUp("rider");
    const [id, , mac] = first.refreshToken.split(".");
    const forged = [`${id}.7.${mac}`, `${id}.1.${"A".repeat(43)}`, "", "x", "a.1.b"];
    for (const token of forged) expect((await refresh(token)).status, token).toBe(401);
    expect((await refresh(first.refreshToken)).status).toBe(200);
  });

  test("two at once agree on one next token", async () => {
    const first = await world.signUp("rider");
    let other = "";
    world.store("identity").interfere = async () => {
      other = (await refresh(first.refreshToken)).body.refreshToken;
    };
    const sent = await refresh(first.refreshToken);
    expect(sent.status).toBe(200);
    expect(sent.body.refreshToken).toBe(other);
  });

  test("a lost answer is asked for again", async () => {
    const first = await world.signUp("rider");
    world.store("identity").loseNextAnswer = "after";
    expect((await refresh(first.refreshToken)).status).toBe(504);
    expect((await refresh(first.refreshToken)).status).toBe(200);
  });

  test("by cookie works from an own page only", async () => {
    const made = await signUp({ username: "rider", password: PASSWORD });
    const cookie = cookiesOf(made);
    const send = (headers: Record<string, string>) =>
      world.send("POST", "/identity/refresh", { headers: { cookie, ...headers } });
    expect((await send({})).status).toBe(403);
    expect((await send({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await send({ origin: "http://evil.example" })).status).toBe(403);
    expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await world.send("POST", "/identity/refresh")).status).toBe(401);
  });

  test("a session ends thirty days after its last use", async () => {
    const first = await world.signUp("rider");
    world.advance(30 * 86_400_000 - 1_000);
    const second = await refresh(first.refreshToken);
    expect(second.status).toBe(200);
    world.advance(30 * 86_400_000);
    expect((await refresh(second.body.refreshToken)).status).toBe(401);
  });
});

describe("signing out", () => {
  test("ends the session at once: its access token, too", async () => {
    const { accessToken, refreshToken } = await world.signUp("rider");
    expect((await who(accessToken)).status).toBe(200);
    const out = await world.send("POST", "/identity/sign-out", { token: accessToken });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toContain("Max-Age=0");
    expect((await who(accessToken)).status).toBe(401);
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  test("with the refresh token alone works, and without anything is 401", async () => {
    const { refreshToken } = await world.signUp("rider");
    const out = await world.send("POST", "/identity/sign-out", { body: { refreshToken } });
    expect(out.status).toBe(204);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await world.send("POST", "/identity/sign-out")).status).toBe(401);
  });

  test("everywhere ends all sessions of the user and nobody else's", async () => {
    const first = await world.signUp("rider");
    const second = (await signIn("rider")).body;
    const other = await world.signUp("other");
    const body = { everywhere: true };
    await world.send("POST", "/identity/sign-out", { token: first.accessToken, body });
    for (const { accessToken, refreshToken } of [first, second]) {
      expect((await who(accessToken)).status).toBe(401);
      expect((await refresh(refreshToken)).status).toBe(401);
    }
    expect((await who(other.accessToken)).status).toBe(200);
    expect((await signIn("rider")).status).toBe(200);
  });
});
