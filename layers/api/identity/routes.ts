/** The routes below /identity: accounts and sessions. *shell* */
import { z } from "zod";
import { objectToPassword } from "../../identity/password-rules.ts";
import { foldUsername } from "../../identity/same-name.ts";
import { objectToUsername } from "../../identity/user-names.ts";
import type { Found } from "../../key-value/port.ts";
import type { AppApi } from "../app-api.ts";
import { createAppApi } from "../app-api.ts";
import { authenticate } from "../authenticate.ts";
import type { Call } from "../call.ts";
import type { AppContext } from "../define-app.ts";
import { problem, problemOfRead } from "../problem.ts";
import type { Accounts } from "./accounts.ts";
import { emailAddress } from "./email-address.ts";
import type { Federation } from "./federation/federation.ts";
import { addFederationRoutes } from "./federation/routes.ts";
import type { KeyRing } from "./key-ring.ts";
import { addOperatorRoutes } from "./operator-routes.ts";
import {
  crossSiteForm,
  ended,
  type IdentityReplies,
  issuedReply,
  noContent,
  passwordProblem,
  refreshTokenOf,
  shownUser,
  signedOutCookies,
  userShape,
} from "./replies.ts";
import type { Ended, Sessions } from "./sessions.ts";
import type { StoredSession, User } from "./tables.ts";

const username = z.string().superRefine((name, check) => {
  const objection = objectToUsername(name);
  if (objection !== undefined) check.addIssue({ code: "custom", ...objection });
});
/** Long enough to be told from an attack on the hasher; the rules say the rest. */
const anyPassword = z.string().min(1).max(512);
const NAME_MOST = 256;
/** Folding may make a name longer, and its key has to hold it. */
const anyUsername = z
  .string()
  .min(1)
  .max(NAME_MOST)
  .refine((name) => foldUsername(name).length <= NAME_MOST, {
    message: `A user name has at most ${NAME_MOST} characters.`,
  });

const signUpBody = z
  .strictObject({ username, password: z.string(), email: emailAddress.optional() })
  .superRefine((form, check) => {
    const objection = objectToPassword(form.password, form.username);
    if (objection !== undefined) {
      check.addIssue({ code: "custom", path: ["password"], ...objection });
    }
  });
const signInBody = z.strictObject({ username: anyUsername, password: anyPassword });
const refreshBody = z.strictObject({ refreshToken: z.string().max(1024).optional() });
const signOutBody = refreshBody.extend({ everywhere: z.boolean().default(false) });
const passwordBody = z.strictObject({
  currentPassword: anyPassword.optional(),
  newPassword: z.string().max(512),
});
const resetBody = z.strictObject({
  username: anyUsername,
  code: z.string().min(1).max(64),
  newPassword: z.string().max(512),
});
const linkBody = z.strictObject({ code: z.string().min(1).max(64) });

const sessionShape = z.object({
  id: z.string(),
  current: z.boolean(),
  createdOn: z.string(),
  usedOn: z.string(),
  region: z.string(),
  usedRegion: z.string(),
  client: z.string().optional(),
});

export interface IdentityRoutesOptions {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly federation: Federation;
  readonly replies: IdentityReplies;
  readonly keys: KeyRing;
  readonly operatorToken: string;
}

export function createIdentityRoutes(context: AppContext, options: IdentityRoutesOptions): AppApi {
  const api = createAppApi(context, { unversioned: true });
  addAccountRoutes(api, options);
  addSessionRoutes(api, options);
  addPasswordRoutes(api, options);
  addFederationRoutes(api, options);
  addOperatorRoutes(api, options);
  return api;
}

function addAccountRoutes(api: AppApi, { accounts, keys, replies }: IdentityRoutesOptions): void {
  api.post("/sign-up", {
    summary: "Create an account and a session",
    auth: "none",
    identify: "by-body",
    body: signUpBody,
    replies: { 201: issuedReply },
    recallFirst: false,
    handle: async (call) => {
      const { email, ...form } = call.body;
      const refused = crossSiteForm(call);
      if (refused !== undefined) return refused;
      const body = email === undefined ? form : { ...form, email };
      return replies.issued(call, 201, await accounts.signUp(call, body));
    },
  });

  api.post("/sign-in", {
    summary: "Begin a session",
    auth: "none",
    identify: "by-body",
    body: signInBody,
    replies: { 200: issuedReply },
    recallFirst: false,
    handle: async (call) => {
      const refused = crossSiteForm(call);
      if (refused !== undefined) return refused;
      const asker = await replies.asker(call, call.body.username);
      return replies.issued(call, 200, await accounts.signIn(call, call.body, asker));
    },
  });

  api.post("/link", {
    summary: "Begin a session with a link that is good once",
    auth: "none",
    identify: "by-body",
    body: linkBody,
    replies: { 200: issuedReply },
    recallFirst: false,
    handle: async (call) => {
      const refused = crossSiteForm(call);
      if (refused !== undefined) return refused;
      const asker = await replies.asker(call, "");
      return replies.issued(call, 200, await accounts.useLink(call, call.body.code, asker));
    },
  });

  api.get("/me", {
    summary: "Who is signed in",
    replies: { 200: { description: "The user", schema: userShape } },
    handle: async (call) => {
      const read = await accounts.user(call, call.session.username);
      if (read.kind === "failed") return problemOfRead(read);
      const user = (read.value as Found<User> | undefined)?.item;
      const { userId, username: name, roles } = call.session;
      const known = { id: userId, username: name, roles };
      return call.found(read.info, user === undefined ? known : shownUser(user));
    },
  });

  api.get("/.well-known/jwks.json", {
    summary: "Public keys of access tokens (RFC 7517)",
    auth: "none",
    replies: { 200: { description: "JWK set", schema: z.object({ keys: z.array(z.any()) }) } },
    handle: async () => ({
      kind: "answer",
      status: 200,
      body: await keys.jwks(),
      headers: { "cache-control": "public, max-age=60" },
    }),
  });
}

function addSessionRoutes(api: AppApi, { sessions, replies }: IdentityRoutesOptions): void {
  api.post("/refresh", {
    summary: "Exchange the refresh token for new tokens",
    description: "With the token in the body, or in the cookie that sign-in set.",
    auth: "none",
    identify: "by-body",
    body: refreshBody,
    bodyOptional: true,
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const token = refreshTokenOf(call, call.body.refreshToken);
      if (typeof token !== "string") return token ?? NO_TOKEN;
      return replies.issued(call, 200, await sessions.refresh(token));
    },
  });

  api.post("/sign-out", {
    summary: "End the session, or all sessions of the user",
    auth: "none",
    identify: "by-body",
    body: signOutBody,
    bodyOptional: true,
    recallFirst: false,
    replies: noContent,
    handle: async (call) => ended(await signOut(sessions, call), signedOutCookies(call)),
  });

  api.get("/sessions", {
    summary: "The user's sessions, the newest first",
    replies: {
      200: { description: "Sessions", schema: z.object({ items: z.array(sessionShape) }) },
    },
    handle: async (call) => {
      const read = await sessions.list(call);
      if (read.kind === "failed") return problemOfRead(read);
      const items = (read.value.items as readonly Found<StoredSession>[]).map(({ item }) => ({
        id: item.sessionId,
        current: item.sessionId === call.session.sessionId,
        createdOn: item.createdOn,
        usedOn: item.usedOn,
        region: item.region,
        usedRegion: item.usedRegion,
        ...(item.client === undefined ? {} : { client: item.client }),
      }));
      return call.found(read.info, { items });
    },
  });

  api.delete("/sessions/:id", {
    summary: "End one of the user's sessions",
    params: z.object({ id: z.string().max(64) }),
    recallFirst: false,
    replies: noContent,
    handle: async (call) => ended(await sessions.revoke(call, call.params.id)),
  });
}

function addPasswordRoutes(api: AppApi, { accounts, replies }: IdentityRoutesOptions): void {
  api.post("/password", {
    summary: "Change the password; all other sessions end",
    body: passwordBody,
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const { username: name } = call.session;
      const refused = passwordProblem("newPassword", call.body.newPassword, name);
      if (refused !== undefined) return refused;
      const asker = await replies.asker(call, name);
      return replies.issued(call, 200, await accounts.changePassword(call, call.body, asker));
    },
  });

  api.post("/password/reset", {
    summary: "Send a code with which the password can be reset",
    description: "The answer is the same whether there is such a user or not.",
    auth: "none",
    identify: "by-body",
    body: z.strictObject({ username: anyUsername }),
    recallFirst: false,
    replies: { 202: { description: "If there is such a user, a code is on its way" } },
    handle: async (call) => {
      const refused = crossSiteForm(call);
      if (refused !== undefined) return refused;
      const asked = await accounts.requestReset(call, call.body.username);
      if (asked.kind === "problem") return asked;
      return { kind: "answer", status: 202, body: { accepted: true } };
    },
  });

  api.post("/password/reset/confirm", {
    summary: "Set another password with a code; all sessions end, a new one begins",
    auth: "none",
    identify: "by-body",
    body: resetBody,
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const { username: name, newPassword } = call.body;
      const refused = crossSiteForm(call) ?? passwordProblem("newPassword", newPassword, name);
      if (refused !== undefined) return refused;
      const asker = await replies.asker(call, name);
      return replies.issued(call, 200, await accounts.reset(call, call.body, asker));
    },
  });
}

const NO_TOKEN = problem("not-signed-in", "Neither the body nor a cookie holds a refresh token.");

async function signOut(
  sessions: Sessions,
  call: Call<unknown, unknown, z.output<typeof signOutBody>>,
): Promise<Ended> {
  const authenticated = await authenticate(call.scope);
  if (authenticated.kind === "ok") {
    const { sessionId, username: name } = authenticated.session;
    return sessions.signOut(sessionId, name, call.body.everywhere);
  }
  const token = refreshTokenOf(call, call.body.refreshToken);
  if (typeof token === "string") return sessions.signOutByToken(token);
  return token ?? authenticated;
}
