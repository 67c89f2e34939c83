import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { cookiesOf, whoApp } from "../testing/who-app.ts";
import {
  createWorld,
  OPERATOR_TOKEN,
  PASSWORD,
  passwordChecks,
  type World,
} from "../testing/world.ts";
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

describe("changing the password", () => {
  test("needs the present one, ends other sessions, and keeps this one going", async () => {
    const first = await world.signUp("rider");
    const other = (await signIn("rider")).body;
    const change = (currentPassword: string, newPassword: string) =>
      world.send("POST", "/identity/password", {
        token: first.accessToken,
        body: { currentPassword, newPassword },
      });
    expect((await change("not the password", "a new pass phrase")).status).toBe(401);
    expect((await change(PASSWORD, "short")).status).toBe(400);
    const changed = await change(PASSWORD, "a new pass phrase");
    expect(changed.status).toBe(200);
    expect((await who(changed.body.accessToken)).status).toBe(200);
    expect((await refresh(other.refreshToken)).status).toBe(401);
    expect((await signIn("rider")).status).toBe(401);
    expect((await signIn("rider", "a new pass phrase")).status).toBe(200);
  });
});

describe("sessions", () => {
  test("are listed with region and time, and one can be ended from another", async () => {
    const first = await world.signUp("rider");
    const second = (await signIn("rider", PASSWORD, { "user-agent": "A browser" })).body;
    const listed = await world.send("GET", "/identity/sessions", { token: first.accessToken });
    expect(listed.body.items).toHaveLength(2);
    const other = listed.body.items.find((one: { current: boolean }) => !one.current);
    expect(other).toMatchObject({ region: "eu-west-1", client: "A browser" });
    expect(Date.parse(other.createdOn)).toBeGreaterThan(0);
    const end = (token: string) =>
      world.send("DELETE", `/identity/sessions/${other.id}`, { token });
    const stranger = await world.signUp("stranger");
    expect((await end(stranger.accessToken)).status).toBe(404);
    expect((await end(first.accessToken)).status).toBe(204);
    expect((await who(second.accessToken)).status).toBe(401);
    expect((await who(first.accessToken)).status).toBe(200);
    const left = await world.send("GET", "/identity/sessions", { token: first.accessToken });
    expect(left.body.items).toHaveLength(1);
  });

  test("that were ended stay ended for a process that has just started", async () => {
    const one = await world.signUp("rider");
    const two = (await signIn("rider")).body;
    const other = (await signIn("rider")).body;
    await world.send("POST", "/identity/sign-out", { token: one.accessToken });
    const fresh = world.otherRegion("eu-west-1");
    expect((await who(one.accessToken, fresh)).status).toBe(401);
    expect((await who(two.accessToken, fresh)).status).toBe(200);
    const body = { everywhere: true };
    await world.send("POST", "/identity/sign-out", { token: two.accessToken, body });
    expect((await who(other.accessToken, fresh)).status).toBe(401);
    expect((await who(other.accessToken, world.otherRegion("eu-west-1"))).status).toBe(401);
  });
});

describe("resetting the password", () => {
  const ask = (username: string) =>
    world.send("POST", "/identity/password/reset", { body: { username } });
  const confirm = (username: string, code: string, newPassword = "another pass phrase") =>
    world.send("POST", "/identity/password/reset/confirm", {
      body: { username, code, newPassword },
    });
  const outbox = async () =>
    (await world.send("GET", "/identity/outbox", { token: OPERATOR_TOKEN })).body.items;

  test("takes a code from the outbox, once, and ends all sessions", async () => {
    const first = await world.signUp("rider");
    expect((await ask("Rider")).status).toBe(202);
    const [message] = await outbox();
    expect(message).toMatchObject({ kind: "password-reset", username: "rider" });
    expect(world.store("identity").dump()).not.toContain(message.code);
    expect((await confirm("rider", "AAAA-BBBB-CCCC")).status).toBe(401);
    expect((await confirm("rider", message.code, "password1")).status).toBe(400);
    const reset = await confirm("rider", message.code.toLowerCase().replaceAll("-", " "));
    expect(reset.status).toBe(200);
    expect((await who(reset.body.accessToken)).status).toBe(200);
    expect((await who(first.accessToken)).status).toBe(401);
    expect((await confirm("rider", message.code)).status).toBe(401);
    expect((await signIn("rider", "another pass phrase")).status).toBe(200);
    expect((await signIn("rider")).status).toBe(401);
  });

  test("answers alike for who is there and who is not, and fills no mailbox", async () => {
    await world.signUp("rider");
    const known = await ask("rider");
    const unknown = await ask("nobody");
    expect(unknown.status).toBe(known.status);
    expect(unknown.body).toEqual(known.body);
    for (let time = 0; time < 5; time++) expect((await ask("rider")).status).toBe(202);
    expect(await outbox()).toHaveLength(3);
  });

  test("a code is good for fifteen minutes, and the outbox is the operators'", async () => {
    const { accessToken } = await world.signUp("rider");
    await ask("rider");
    const [message] = await outbox();
    const seen = await world.send("GET", "/identity/outbox", { token: accessToken });
    expect(seen.status).toBe(403);
    world.advance(15 * 60_000);
    expect((await confirm("rider", message.code)).status).toBe(401);
  });
});

describe("the operator's link", () => {
  const make = (token: string) => world.send("POST", "/identity/operator-link", { token });
  const use = (code: string, headers = {}) =>
    world.send("POST", "/identity/link", { body: { code }, headers });

  test("signs an operator in once", async () => {
    const made = await make(OPERATOR_TOKEN);
    expect(made.status).toBe(201);
    expect(made.body.path).toBe(`/account/link#${made.body.code}`);
    const lost = await use(made.body.code, { "idempotency-key": "k" });
    expect(lost.body.user).toMatchObject({ username: "operator", roles: ["user", "operator"] });
    const retried = await use(made.body.code, { "idempotency-key": "k" });
    expect(retried.body.refreshToken).toBe(lost.body.refreshToken);
    expect((await use(made.body.code)).status).toBe(401);
    const { accessToken } = lost.body;
    expect((await make(accessToken)).status).toBe(201);
  });

  test("is made by operators only, for operators only, and for ten minutes", async () => {
    const { accessToken } = await world.signUp("operator");
    expect((await make(accessToken)).status).toBe(403);
    expect((await make(OPERATOR_TOKEN)).status).toBe(403);
    const roles = { body: { roles: ["operator"] }, token: OPERATOR_TOKEN };
    await world.send("PUT", "/identity/users/operator/roles", roles);
    const { code } = (await make(OPERATOR_TOKEN)).body;
    world.advance(10 * 60_000);
    expect((await use(code)).status).toBe(401);
  });
});

test("a new signing key signs from now on, and tokens of the one before stay good", async () => {
  const first = await world.signUp("rider");
  const rotate = (token: string) => world.send("POST", "/identity/keys/rotate", { token });
  expect((await rotate(first.accessToken)).status).toBe(403);
  const rotated = await rotate(OPERATOR_TOKEN);
  expect(rotated.status).toBe(200);
  const second = (await signIn("rider")).body;
  const header = JSON.parse(atob(second.accessToken.split(".")[0]));
  expect(header.kid).toBe(rotated.body.kid);
  for (const region of ["eu-west-1", "ap-southeast-1"]) {
    const there = world.otherRegion(region);
    for (const { accessToken } of [first, second]) {
      expect((await who(accessToken, there)).status).toBe(200);
    }
  }
  const jwks = await world.send("GET", "/identity/.well-known/jwks.json");
  expect(jwks.body.keys).toHaveLength(2);
});

describe("roles", () => {
  test("are given and taken by operators only, and count at once", async () => {
    const { accessToken } = await world.signUp("helper");
    const grant = (token: string) =>
      world.send("PUT", "/identity/users/helper/roles", { token, body: { roles: ["agent"] } });
    expect((await grant(accessToken)).status).toBe(403);
    expect((await grant(`${OPERATOR_TOKEN}x`)).status).toBe(401);
    expect((await grant(OPERATOR_TOKEN)).status).toBe(204);
    const again = (await signIn("helper")).body;
    expect((await who(again.accessToken)).body.roles).toEqual(["user", "agent"]);
    expect((await who(accessToken)).body.roles).toEqual(["user", "agent"]);
    const none = { body: { roles: [] }, token: OPERATOR_TOKEN };
    await world.send("PUT", "/identity/users/helper/roles", none);
    expect((await who(again.accessToken)).body.roles).toEqual(["user"]);
  });
});
