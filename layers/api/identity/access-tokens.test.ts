import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { cookiesOf, whoApp } from "../testing/who-app.ts";
import { createWorld, PASSWORD, type World } from "../testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

let world: World;

beforeEach(() => {
  world = createWorld({ apps: [whoApp], digest });
});

const signUp = (body: object, headers: Record<string, string> = {}) =>
  world.send("POST", "/identity/sign-up", { body, headers });
const who = (token: string, on = world) => on.send("GET", "/who/api/me", { token });

describe("an access token of ours, in a region that has just started", () => {
  test("is good for all who send it at once, before the keys were read", async () => {
    const { accessToken } = await world.signUp("rider");
    const fresh = world.otherRegion("ap-southeast-1");
    const sent = await Promise.all(Array.from({ length: 8 }, () => who(accessToken, fresh)));
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
  });

  test("is good while the region cannot tell yet whether it has the lease", async () => {
    const { accessToken } = await world.signUp("rider");
    const fresh = world.otherRegion("ap-southeast-1");
    fresh.store("identity").reads = "not-serving";
    expect((await who(accessToken, fresh)).status).toBe(200);
  });
});

describe("an access token that is not ours", () => {
  const claims = { sid: "s", username: "rider", roles: ["operator"], gen: 1 };
  const now = Date.parse("2026-03-01T00:00:00Z") / 1000;

  async function attacks(): Promise<Record<string, string>> {
    const { accessToken } = await world.signUp("rider");
    const [head = "", payload = "", signature = ""] = accessToken.split(".");
    const foreign = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const jwks = await world.send("GET", "/identity/.well-known/jwks.json");
    const [published] = jwks.body.keys;
    const forge = (header: object, secret: Parameters<SignJWT["sign"]>[0]) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", ...header })
        .setIssuer("understudy")
        .setSubject("u")
        .setIssuedAt(now)
        .setExpirationTime(now + 600)
        .sign(secret);
    const decoded = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const publicBytes = new TextEncoder().encode(published.x.padEnd(32, "x"));
    return {
      "alg none": new UnsecuredJWT(claims)
        .setSubject("u")
        .setExpirationTime(now + 600)
        .encode(),
      "alg none over a good payload": `${encode({ alg: "none", typ: "at+jwt" })}.${payload}.`,
      "a foreign key under our kid": await forge({ kid: published.kid }, foreign.privateKey),
      "a foreign key under an unknown kid": await forge({ kid: "k999999" }, foreign.privateKey),
      "no kid": await forge({}, foreign.privateKey),
      "a key of its own in the header": await forge(
        { kid: published.kid, jwk: await exportJWK(foreign.publicKey) },
        foreign.privateKey,
      ),
      "an HMAC with the public key": await forge({ alg: "HS256", kid: published.kid }, publicBytes),
      "a changed payload": `${head}.${encode({ ...decoded, roles: ["operator"] })}.${signature}`,
      "a changed signature": `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
      "no signature": `${head}.${payload}.`,
      "a refresh token": (await world.signUp("other")).refreshToken,
      "something long": "a".repeat(5_000),
      "not a token": "abc",
    };
  }

  test("is refused, whatever it is", async () => {
    for (const [attack, token] of Object.entries(await attacks())) {
      const { status, body } = await who(token);
      expect(status, attack).toBe(401);
      expect(body.type, attack).toBe("/problems/token-refused");
    }
  });

  test("is refused when it has expired, to the millisecond, also when it was seen before", async () => {
    const { accessToken } = await world.signUp("rider");
    world.advance(599_999);
    expect((await who(accessToken)).status).toBe(200);
    world.advance(1);
    expect((await who(accessToken)).status).toBe(401);
    expect((await who(accessToken, world.otherRegion("ap-southeast-1"))).status).toBe(401);
  });

  test("is not replaced by a good cookie", async () => {
    const made = await signUp({ username: "rider", password: PASSWORD });
    const headers = { cookie: cookiesOf(made) };
    const sent = await world.send("GET", "/who/api/me", { token: "abc", headers });
    expect(sent.status).toBe(401);
  });

  test("by cookie counts for an unsafe method from a page of the deployment only", async () => {
    const made = await signUp({ username: "rider", password: PASSWORD });
    const post = (headers: Record<string, string>) =>
      world.send("POST", "/who/api/me", { headers: { cookie: cookiesOf(made), ...headers } });
    expect((await post({})).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-origin" })).status).toBe(200);
    expect((await post({ origin: "http://evil.example" })).status).toBe(403);
    expect((await post({ origin: "http://region.example" })).status).toBe(200);
    expect((await post({ origin: "null" })).status).toBe(403);
    const fromElsewhere = (origin: string) =>
      post({ origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" });
    expect((await fromElsewhere("http://ap-southeast-1.example")).status).toBe(200);
    expect((await fromElsewhere("http://ap-southeast-1.example.evil")).status).toBe(403);
    expect((await fromElsewhere("http://evil.example")).status).toBe(403);
  });
});
