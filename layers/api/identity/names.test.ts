import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../../../base/assert.ts";
import { whoApp } from "../testing/who-app.ts";
import { createWorld, OPERATOR_TOKEN, PASSWORD, type World } from "../testing/world.ts";
import { users } from "./tables.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

let world: World;

beforeEach(() => {
  world = createWorld({ apps: [whoApp], digest });
});

const signUp = (username: string) =>
  world.send("POST", "/identity/sign-up", { body: { username, password: PASSWORD } });
const signIn = (username: string) =>
  world.send("POST", "/identity/sign-in", { body: { username, password: PASSWORD } });

describe("signing up", () => {
  test.each(["สวัสดีวัน", "नमस्ते", "İzmir", "שָׁלוֹם", "Zoe\u0308", "田中さん"])(
    "as %s is possible, and the name is shown as it was written",
    async (name) => {
      const made = await signUp(name);
      expect([made.status, made.body.user?.username]).toEqual([201, name.normalize("NFKC")]);
      const again = await signIn(name.normalize("NFD"));
      expect([again.status, again.body.user?.id]).toEqual([200, made.body.user.id]);
    },
  );

  test.each([
    ["a Hangul filler behind it", "agent\u3164"],
    ["an empty Braille pattern behind it", "agent\u2800"],
    ["a joiner in it", "ag\u200dent"],
    ["a Cyrillic letter in it", "\u0430gent"],
    ["a tag behind it", "agent\u{e0061}"],
    ["a grapheme joiner in it", "a\u034fgent"],
  ])("as another's name with %s is refused with the reason", async (_, name) => {
    expect((await signUp("agent")).status).toBe(201);
    const refused = await signUp(name);
    expect([refused.status, refused.body.errors?.[0]?.field]).toEqual([400, "username"]);
    expect(world.store("identity").count(users)).toBe(1);
  });

  test("as another's name with a dot on its dot is that name, which is taken", async () => {
    await signUp("admin");
    expect((await signUp("adm\u0069\u0307n")).status).toBe(409);
    expect((await signUp("ADMİN")).status).toBe(409);
  });
});

test.each([
  ["no name", ""],
  ["a name that is longer when it is folded", "\ufdfa".repeat(200)],
])("%s is refused with its field, wherever a name is asked for", async (_, username) => {
  for (const [path, more] of [
    ["sign-in", { password: PASSWORD }],
    ["password/reset", {}],
    ["password/reset/confirm", { code: "1", newPassword: PASSWORD }],
  ] as const) {
    const refused = await world.send("POST", `/identity/${path}`, { body: { username, ...more } });
    expect([refused.status, refused.body.errors?.[0]?.field]).toEqual([400, "username"]);
  }
});

describe("an account whose name is not allowed any more", () => {
  const legacy = "agent\u1160";
  beforeEach(async () => {
    await signUp("rider");
    const store = world.store("identity");
    const read = await store.get(users, { username: "rider" });
    const found = must(read.kind === "ok" ? read.value : undefined, "the account is there");
    const item = { ...found.item, username: legacy, displayName: legacy, userId: "legacy" };
    await store.transact([{ kind: "put", table: users, item }]);
  });

  test("is signed in to by its name, however it is written", async () => {
    for (const written of [legacy, "AGENT\u1160", "agent\u3164", "agent\uffa0"]) {
      expect((await signIn(written)).body.user?.id, written).toBe("legacy");
    }
  });

  test("is given roles, and an operator's link", async () => {
    const token = OPERATOR_TOKEN;
    const path = `/identity/users/${encodeURIComponent(legacy)}/roles`;
    const given = await world.send("PUT", path, { token, body: { roles: ["operator"] } });
    expect(given.status).toBe(204);
    const body = { username: legacy };
    expect((await world.send("POST", "/identity/operator-link", { token, body })).status).toBe(201);
  });
});

test.each(["info@münchen.de", "schäfer@example.com", "用户@例え.テスト"])(
  "the e-mail address %s is accepted, shown, and written to",
  async (email) => {
    const made = await world.send("POST", "/identity/sign-up", {
      body: { username: "rider", password: PASSWORD, email },
    });
    expect([made.status, made.body.user?.email]).toEqual([201, email]);
    const body = { username: "rider" };
    await world.send("POST", "/identity/password/reset", { body });
    const outbox = await world.send("GET", "/identity/outbox", { token: OPERATOR_TOKEN });
    expect(outbox.body.items).toMatchObject([{ to: email }]);
  },
);

test("an operator's link makes no account with a name that nobody may have", async () => {
  for (const username of ["operator\u3164", "oper ator", "\u3164\u3164\u3164", "\u043eperator"]) {
    const body = { username };
    const asked = await world.send("POST", "/identity/operator-link", {
      token: OPERATOR_TOKEN,
      body,
    });
    expect([asked.status, asked.body.code], username).toEqual([400, "invalid-request"]);
  }
  expect(world.store("identity").count(users)).toBe(0);
});
