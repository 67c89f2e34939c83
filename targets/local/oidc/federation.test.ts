import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Provider } from "../../../layers/api/identity/federation/provider.ts";
import {
  createFacebookProvider,
  createOpenIdProvider,
  providersOf,
} from "../../../layers/api/identity/federation/settings.ts";
import { cookiesOf, whoApp } from "../../../layers/api/testing/who-app.ts";
import { createWorld, PASSWORD, type World } from "../../../layers/api/testing/world.ts";
import { localProviderOf, startDeploymentProvider } from "./deployment-provider.ts";
import { type FacebookStandIn, startFacebookStandIn } from "./facebook-stand-in.ts";
import { type RunningProvider, startLocalProvider } from "./local-provider.ts";
import { visitProvider } from "./provider-visit.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const callbackOf = (id: string) => `http://region.example/identity/federation/${id}/callback`;
const APP = { appId: "1234567890", appSecret: "0123456789abcdef0123456789abcdef" };
const CLIENT = { clientId: "understudy", clientSecret: "client-secret-of-this-test-deployment" };

let openId: RunningProvider;
let facebook: FacebookStandIn;
let providers: readonly Provider[];
let world: World;

beforeAll(async () => {
  openId = await startLocalProvider({
    port: 0,
    ...CLIENT,
    cookieSecret: "cookie-secret-of-this-test-deployment",
    redirectUris: () => [callbackOf("local")],
  });
  facebook = await startFacebookStandIn({ ...APP, redirectUris: () => [callbackOf("facebook")] });
  const settings = { issuer: "ISSUER", clientId: "CLIENT_ID" };
  const { issuer } = openId;
  providers = [
    createOpenIdProvider({ id: "local", title: "Local", issuer, ...CLIENT, settings }),
    createFacebookProvider({ ...APP, dialogUrl: facebook.url, graphUrl: facebook.url }),
  ];
});
afterAll(async () => {
  await openId.close();
  await facebook.close();
});
beforeEach(() => {
  // The id tokens carry real times.
  world = createWorld({ apps: [whoApp], digest, identity: { providers } }, undefined, {
    nowMs: Date.now(),
  });
  facebook.person = { id: "10001", name: "Rider One", email: "rider@example.com" };
});

const visit = (location: string, name: string | undefined): Promise<URL> =>
  visitProvider(location, name, (url) => url.host === "region.example");

interface Begun {
  readonly cookie: string;
  readonly location: string;
}

async function begin(provider: string, returnTo = "/tickets/", on = world): Promise<Begun> {
  const query = new URLSearchParams({ returnTo });
  const sent = await on.send("GET", `/identity/federation/${provider}?${query}`);
  expect(sent.status).toBe(303);
  return { cookie: cookiesOf(sent), location: sent.headers.get("location") ?? "" };
}
const comeBack = (url: URL, cookie: string, on = world) =>
  on.send("GET", url.pathname + url.search, { headers: { cookie } });
const me = (cookie: string, on = world) => on.send("GET", "/identity/me", { headers: { cookie } });

describe.each(["local", "facebook"])("signing in with %s", (provider) => {
  test("makes an account, and finds it again by its subject", async () => {
    const first = await begin(provider);
    const done = await comeBack(await visit(first.location, "Rider One"), first.cookie);
    expect(done.status).toBe(303);
    expect(done.headers.get("location")).toBe("/tickets/");
    const one = await me(cookiesOf(done));
    expect(one.body).toMatchObject({ username: "rider-one", roles: ["user"] });
    const again = await begin(provider);
    const back = await comeBack(await visit(again.location, "Rider One"), again.cookie);
    expect((await me(cookiesOf(back))).body.id).toBe(one.body.id);
  });

  test("begun in one region is finished in another", async () => {
    const there = world.otherRegion("ap-southeast-1");
    there.routing.set("identity", { servingRegions: ["ap-southeast-1"], holdsLease: true });
    const begun = await begin(provider);
    const done = await comeBack(await visit(begun.location, "Rider One"), begun.cookie, there);
    expect(done.status).toBe(303);
    expect((await me(cookiesOf(done), there)).status).toBe(200);
  });

  test("hands nothing in where the app does not serve, and the page carries it on", async () => {
    const begun = await begin(provider);
    const url = await visit(begun.location, "Rider One");
    world.routing.set("identity", { servingRegions: ["ap-southeast-1"], holdsLease: false });
    const stuck = await comeBack(url, begun.cookie);
    const page = new URL(stuck.headers.get("location") ?? "", "http://region.example");
    expect(page.pathname).toBe("/account/callback");
    world.routing.set("identity", { servingRegions: ["eu-west-1"], holdsLease: true });
    const form = Object.fromEntries(page.searchParams);
    const finish = () =>
      world.send("POST", "/identity/federation/finish", {
        body: form,
        headers: {
          cookie: begun.cookie,
          "sec-fetch-site": "same-origin",
          "idempotency-key": "k",
        },
      });
    const done = await finish();
    expect(done.status).toBe(200);
    expect(done.body.returnTo).toBe("/tickets/");
    const lostAnswer = await finish();
    expect(lostAnswer.body.refreshToken).toBe(done.body.refreshToken);
  });

  test("never takes over an account with the same name or e-mail address", async () => {
    const body = { username: "rider-one", password: PASSWORD, email: "rider@example.com" };
    const own = await world.send("POST", "/identity/sign-up", { body });
    const begun = await begin(provider);
    const done = await comeBack(await visit(begun.location, "Rider One"), begun.cookie);
    const who = (await me(cookiesOf(done))).body;
    expect(who.id).not.toBe(own.body.user.id);
    expect(who.username).toMatch(/^rider-one-[\da-f]{4}$/);
  });

  test("cancelled at the provider goes back to signing in", async () => {
    facebook.person = undefined;
    const begun = await begin(provider);
    const done = await comeBack(await visit(begun.location, undefined), begun.cookie);
    expect(done.headers.get("location")).toMatch(/^\/account\/sign-in\?problem=federation-failed/);
    expect(done.headers.getSetCookie()).toEqual([]);
  });

  const refused = async (url: URL, cookie: string, on = world) => {
    const sent = await comeBack(url, cookie, on);
    expect(sent.headers.get("location")).toMatch(/^\/account\/sign-in\?problem=federation-failed/);
    expect(sent.headers.getSetCookie()).toEqual([]);
  };

  test("refuses every answer that is not this browser's own, first, whole and timely", async () => {
    const stolen = await begin(provider);
    const url = await visit(stolen.location, "Rider One");
    await refused(url, "");
    await refused(url, stolen.cookie.replace(/=.*/, `=${"0".repeat(64)}`));
    const other = await begin(provider);
    await refused(url, other.cookie);
    const swapped = new URL(await visit(other.location, "Rider Two"));
    swapped.searchParams.set("code", url.searchParams.get("code") ?? "");
    await refused(swapped, other.cookie);
    const changed = new URL(url);
    changed.searchParams.set("state", `${url.searchParams.get("state")}A`);
    await refused(changed, stolen.cookie);
    for (const state of ["", "x", "1.AA.AA", "a".repeat(4_000)]) {
      changed.searchParams.set("state", state);
      await refused(changed, stolen.cookie);
    }
    const wrongProvider = new URL(url);
    const mixed = provider === "local" ? "facebook" : "local";
    wrongProvider.pathname = `/identity/federation/${mixed}/callback`;
    await refused(wrongProvider, stolen.cookie);
  });

  test("refuses an answer a second time, and one that comes too late", async () => {
    const used = await begin(provider);
    const url = await visit(used.location, "Rider One");
    expect((await comeBack(url, used.cookie)).headers.get("location")).toBe("/tickets/");
    await refused(url, used.cookie);
    const late = await begin(provider);
    const tooLate = await visit(late.location, "Rider One");
    world.advance(10 * 60_000);
    await refused(tooLate, late.cookie);
  });

  test("goes on to no other site, whatever was asked for", async () => {
    for (const evil of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
      const begun = await begin(provider, evil);
      const done = await comeBack(await visit(begun.location, "Rider One"), begun.cookie);
      expect(done.headers.get("location")).toBe("/");
    }
  });

  test("can be added to an account that is signed in, and to one only", async () => {
    const own = await world.signUp("rider");
    const add = (token: string) =>
      world.send("POST", `/identity/federation/${provider}`, { token, body: {} });
    const begun = await add(own.accessToken);
    const url = await visit(begun.body.location, "Rider One");
    await comeBack(url, cookiesOf(begun));
    const later = await begin(provider);
    const done = await comeBack(await visit(later.location, "Rider One"), later.cookie);
    expect((await me(cookiesOf(done))).body.id).toBe(own.id);
    const other = await world.signUp("other");
    const second = await add(other.accessToken);
    const back = await comeBack(await visit(second.body.location, "Rider One"), cookiesOf(second));
    expect(back.headers.get("location")).toMatch(/problem=conflict/);
    expect((await world.send("POST", `/identity/federation/${provider}`)).status).toBe(401);
  });
});

test("the providers are listed with what their settings lack", async () => {
  const listed = await world.send("GET", "/identity/providers");
  expect(listed.body.items).toMatchObject([
    { id: "local", ready: true, problems: [] },
    { id: "facebook", ready: true, problems: [] },
  ]);
});

test("a provider with wrong settings says which, and sends nobody away", async () => {
  const listedWith = async (provider: Provider) => {
    const other = createWorld({ apps: [whoApp], digest, identity: { providers: [provider] } });
    const { items } = (await other.send("GET", "/identity/providers")).body;
    expect(JSON.stringify(items)).not.toContain(APP.appSecret);
    return { other, problems: items[0].problems };
  };
  const unset = await listedWith(createFacebookProvider({ appId: "", appSecret: "short" }));
  expect(unset.problems.map((one: { setting: string }) => one.setting)).toEqual([
    "UNDERSTUDY_FACEBOOK_APP_ID",
    "UNDERSTUDY_FACEBOOK_APP_SECRET",
  ]);
  const begun = await unset.other.send("GET", "/identity/federation/facebook");
  expect(begun.headers.get("location")).toMatch(/problem=provider-not-ready/);
  const wrong = { ...APP, appId: "99999999", graphUrl: facebook.url };
  const { problems } = await listedWith(createFacebookProvider(wrong));
  expect(problems[0].problem).toContain("101");
  const google = providersOf({ UNDERSTUDY_GOOGLE_CLIENT_ID: "1-a.apps.example" }).at(1);
  if (google?.id !== "google") return expect.fail("Google is listed after Facebook");
  expect(
    (await listedWith(google)).problems.map((one: { setting: string }) => one.setting),
  ).toEqual(["UNDERSTUDY_GOOGLE_CLIENT_SECRET"]);
  const settings = { issuer: "ISSUER", clientId: "CLIENT_ID" };
  const issuer = `${openId.issuer}/elsewhere`;
  const absent = { id: "x", title: "X", issuer, ...CLIENT, settings };
  expect((await listedWith(createOpenIdProvider(absent))).problems[0].setting).toBe("ISSUER");
});

test("a deployment's own provider is found by what its regions derive", async () => {
  const secretHex = "ab".repeat(32);
  const origins = () => ["http://region.example", "http://127.0.0.1:8080"];
  const running = await startDeploymentProvider({ secretHex, port: 0, origins });
  try {
    const own = providersOf({}, localProviderOf(secretHex, running.issuer));
    expect(own.map(({ id }) => id)).toEqual(["local", "facebook", "google"]);
    const clock = { nowMs: Date.now() };
    const options = { apps: [whoApp], digest, identity: { providers: own } };
    const other = createWorld(options, undefined, clock);
    const begun = await begin("local", "/", other);
    const done = await comeBack(await visit(begun.location, "Rider"), begun.cookie, other);
    expect((await me(cookiesOf(done), other)).body.username).toBe("rider");
  } finally {
    await running.close();
  }
});
