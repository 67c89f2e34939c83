import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { whoApp } from "../testing/who-app.ts";
import { createWorld, OPERATOR_TOKEN, PASSWORD, type World } from "../testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

let world: World;

beforeEach(() => {
  world = createWorld({ apps: [whoApp], digest });
});

const signIn = (username: string, password = PASSWORD, headers: Record<string, string> = {}) =>
  world.send("POST", "/identity/sign-in", { body: { username, password }, headers });
const refresh = (refreshToken: string) =>
  world.send("POST", "/identity/refresh", { body: { refreshToken } });
const who = (token: string, on = world) => on.send("GET", "/who/api/me", { token });

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

  test("is good as long as was asked for, and for an hour at most", async () => {
    const ask = (minutes: number) =>
      world.send("POST", "/identity/operator-link", { token: OPERATOR_TOKEN, body: { minutes } });
    const [first, second] = [(await ask(60)).body.code, (await ask(60)).body.code];
    world.advance(59 * 60_000);
    expect((await use(first)).status).toBe(200);
    world.advance(60_000);
    expect((await use(second)).status).toBe(401);
    for (const minutes of [0, 61, 1.5]) expect((await ask(minutes)).status).toBe(400);
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
