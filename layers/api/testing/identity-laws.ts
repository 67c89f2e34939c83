/**
 * What identity promises across regions, as functions over two of them. *public*
 *
 * They know nothing but HTTP, so that they judge any target: in one process, simulated, or real
 * processes. Each takes a fresh pair of regions and throws LawBroken where the promise is not kept.
 *
 *   for (const law of identityLaws) test(law.name, async () => law.run(await openPair()));
 */
export interface LawRegion {
  readonly id: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface RegionPair {
  /** Serves identity at the beginning. */
  readonly first: LawRegion;
  readonly other: LawRegion;
  /** Ends `first` without a word; resolves when `other` serves identity. */
  loseFirst(): Promise<void>;
  readonly operatorToken: string;
  /** Time for what is on its way to arrive; at most this many milliseconds. */
  readonly arrivalMs: number;
}

export interface IdentityLaw {
  readonly name: string;
  run(pair: RegionPair): Promise<void>;
}

export class LawBroken extends Error {
  override readonly name = "LawBroken";
}

interface Got {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: laws look into bodies of any shape
  readonly body: any;
}

interface Sent {
  readonly token?: string;
  readonly body?: object;
  readonly key?: string;
}

const PASSWORD = "correct horse battery";
let names = 0;
const newName = (): string => `rider-${Date.now().toString(36)}-${++names}`;

async function send(
  region: LawRegion,
  method: string,
  path: string,
  sent: Sent = {},
): Promise<Got> {
  const headers = new Headers();
  if (sent.token !== undefined) headers.set("authorization", `Bearer ${sent.token}`);
  if (sent.body !== undefined) headers.set("content-type", "application/json");
  if (sent.key !== undefined) headers.set("idempotency-key", sent.key);
  const body = sent.body === undefined ? {} : { body: JSON.stringify(sent.body) };
  const response = await region.fetch(path, { method, headers, ...body });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, body: isJson && text !== "" ? JSON.parse(text) : text };
}

const post = (region: LawRegion, path: string, sent?: Sent) => send(region, "POST", path, sent);
const signUp = (region: LawRegion, username: string) =>
  post(region, "/identity/sign-up", { body: { username, password: PASSWORD } });
const signIn = (region: LawRegion, username: string, password = PASSWORD) =>
  post(region, "/identity/sign-in", { body: { username, password } });
const refresh = (region: LawRegion, refreshToken: string) =>
  post(region, "/identity/refresh", { body: { refreshToken } });
const me = (region: LawRegion, token: string) => send(region, "GET", "/identity/me", { token });

function is(what: string, got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new LawBroken(`${what}: got ${String(got)}, not ${String(wanted)}`);
}

/** What has to be so once everything has arrived. */
async function becomes(
  pair: RegionPair,
  what: string,
  look: () => Promise<unknown>,
  wanted: unknown,
): Promise<void> {
  const untilMs = Date.now() + pair.arrivalMs;
  let got = await look();
  while (got !== wanted && Date.now() < untilMs) {
    await new Promise<void>((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(0);
    });
    got = await look();
  }
  is(what, got, wanted);
}

export const identityLaws: readonly IdentityLaw[] = [
  {
    name: "who signed up a moment before the region was lost signs in at the other",
    run: async (pair) => {
      const name = newName();
      is("sign-up", (await signUp(pair.first, name)).status, 201);
      await pair.loseFirst();
      is("sign-in", (await signIn(pair.other, name)).status, 200);
      is("wrong password", (await signIn(pair.other, name, "not the password")).status, 401);
    },
  },
  {
    name: "an access token of the lost region works at once, and refreshing goes on",
    run: async (pair) => {
      const { body } = await signUp(pair.first, newName());
      await pair.loseFirst();
      const asked = await me(pair.other, body.accessToken);
      is("me", asked.status, 200);
      is("who", asked.body.id, body.user.id);
      is("refresh", (await refresh(pair.other, body.refreshToken)).status, 200);
    },
  },
  {
    name: "an access token works in a region that does not serve identity",
    run: async (pair) => {
      const { body } = await signUp(pair.first, newName());
      is("me", (await me(pair.other, body.accessToken)).status, 200);
    },
  },
  {
    name: "a refresh whose answer was lost with the region is asked for again",
    run: async (pair) => {
      const { body } = await signUp(pair.first, newName());
      // Its answer is not looked at: this is the one that gets lost.
      await refresh(pair.first, body.refreshToken);
      await pair.loseFirst();
      const again = await refresh(pair.other, body.refreshToken);
      is("refresh again", again.status, 200);
      is("the next", (await refresh(pair.other, again.body.refreshToken)).status, 200);
    },
  },
  {
    name: "a refresh token used twice across the failover ends the family",
    run: async (pair) => {
      const { body: one } = await signUp(pair.first, newName());
      const { body: two } = await refresh(pair.first, one.refreshToken);
      const { body: three } = await refresh(pair.first, two.refreshToken);
      await pair.loseFirst();
      is("an old token", (await refresh(pair.other, one.refreshToken)).status, 401);
      is("the newest token", (await refresh(pair.other, three.refreshToken)).status, 401);
      is("its access token", (await me(pair.other, three.accessToken)).status, 401);
    },
  },
  {
    name: "a refresh token is used twice also when only the access token was used since",
    run: async (pair) => {
      const { body: one } = await signUp(pair.first, newName());
      const { body: two } = await refresh(pair.first, one.refreshToken);
      is("me", (await me(pair.first, two.accessToken)).status, 200);
      // Waits for the note of that use: a refresh comes after it.
      is("the old token", (await refresh(pair.first, one.refreshToken)).status, 401);
      await pair.loseFirst();
      is("the newest token", (await refresh(pair.other, two.refreshToken)).status, 401);
    },
  },
  {
    name: "of two sign-ups of one name in two regions at one time exactly one succeeds",
    run: async (pair) => {
      const name = newName();
      const both = await Promise.all([signUp(pair.first, name), signUp(pair.other, name)]);
      const made = both.filter(({ status }) => status === 201);
      is("accounts made", made.length, 1);
      const refused = both.find(({ status }) => status !== 201);
      is("the other is refused", [409, 503].includes(refused?.status ?? 0), true);
      await pair.loseFirst();
      is("again", (await signUp(pair.other, name)).status, 409);
    },
  },
  {
    name: "signing out everywhere holds in the other region, before and after the failover",
    run: async (pair) => {
      const name = newName();
      const { body: one } = await signUp(pair.first, name);
      const { body: two } = await signIn(pair.first, name);
      is("me there", (await me(pair.other, two.accessToken)).status, 200);
      const body = { everywhere: true };
      const out = await post(pair.first, "/identity/sign-out", { token: one.accessToken, body });
      is("sign-out", out.status, 204);
      for (const { accessToken } of [one, two]) {
        const look = async () => (await me(pair.other, accessToken)).status;
        await becomes(pair, "an access token there", look, 401);
      }
      await pair.loseFirst();
      is("afterwards", (await me(pair.other, two.accessToken)).status, 401);
      is("its refresh token", (await refresh(pair.other, two.refreshToken)).status, 401);
      is("sign-in", (await signIn(pair.other, name)).status, 200);
    },
  },
  {
    name: "a password that was changed a moment before the region was lost is the only one",
    run: async (pair) => {
      const name = newName();
      const { body: one } = await signUp(pair.first, name);
      const changed = await post(pair.first, "/identity/password", {
        token: one.accessToken,
        body: { currentPassword: PASSWORD, newPassword: "another pass phrase" },
      });
      is("change", changed.status, 200);
      await pair.loseFirst();
      is("the old one", (await signIn(pair.other, name)).status, 401);
      is("the new one", (await signIn(pair.other, name, "another pass phrase")).status, 200);
      is("a session from before", (await refresh(pair.other, one.refreshToken)).status, 401);
    },
  },
  {
    name: "nobody acts in another person's name, in whatever region",
    run: async (pair) => {
      const { body: one } = await signUp(pair.first, newName());
      const { body: two } = await signUp(pair.first, newName());
      const [head = "", , mark = ""] = String(one.accessToken).split(".");
      const [, foreign = ""] = String(two.accessToken).split(".");
      const forged = `${head}.${foreign}.${mark}`;
      for (const region of [pair.first, pair.other]) {
        is("forged", (await me(region, forged)).status, 401);
        is("own", (await me(region, one.accessToken)).body.id, one.user.id);
      }
      const listed = await send(pair.first, "GET", "/identity/sessions", {
        token: one.accessToken,
      });
      const path = `/identity/sessions/${listed.body.items[0].id}`;
      const ended = await send(pair.first, "DELETE", path, { token: two.accessToken });
      is("another's session", ended.status, 404);
      const roles = await send(pair.first, "PUT", `/identity/users/${two.user.username}/roles`, {
        token: two.accessToken,
        body: { roles: ["operator"] },
      });
      is("a role for oneself", roles.status, 403);
    },
  },
  {
    name: "a retry of a sign-up in the other region, with its key, is the same account",
    run: async (pair) => {
      const body = { username: newName(), password: PASSWORD };
      const key = `key-${newName()}`;
      const first = await post(pair.first, "/identity/sign-up", { body, key });
      await pair.loseFirst();
      const again = await post(pair.other, "/identity/sign-up", { body, key });
      is("again", again.status, 201);
      is("the account", again.body.user.id, first.body.user.id);
      is("the token", again.body.refreshToken, first.body.refreshToken);
    },
  },
];
