/** The routes below /identity. *shell* */
import { z } from "zod";
import { objectToPassword, objectToUsername } from "../../identity/password-rules.ts";
import { SESSION_MS } from "../../identity/session.ts";
import type { Found } from "../../key-value/port.ts";
import type { AppApi } from "../app-api.ts";
import { createAppApi } from "../app-api.ts";
import { ACCESS_COOKIE, authenticate, crossSiteProblem, REFRESH_COOKIE } from "../authenticate.ts";
import type { Call } from "../call.ts";
import type { AppContext } from "../define-app.ts";
import { operatorProblem } from "../operator.ts";
import { type Problem, problem, problemOfRead } from "../problem.ts";
import type { Reply } from "../reply.ts";
import { cookieOf } from "../request-headers.ts";
import type { KeyRing } from "./key-ring.ts";
import type { IdentityService, Issued } from "./service.ts";
import type { User } from "./tables.ts";

const username = z.string().superRefine((name, check) => {
  const objection = objectToUsername(name);
  if (objection !== undefined) check.addIssue({ code: "custom", ...objection });
});
/** Long enough to be told from an attack on the hasher; the rules say the rest. */
const anyPassword = z.string().min(1).max(128);
const roles = z.enum(["user", "agent", "operator"]);

const signUpBody = z
  .strictObject({ username, password: z.string(), email: z.email().max(254).optional() })
  .superRefine((form, check) => {
    const objection = objectToPassword(form.password, form.username);
    if (objection !== undefined) {
      check.addIssue({ code: "custom", path: ["password"], ...objection });
    }
  });
const signInBody = z.strictObject({ username: z.string().max(256), password: anyPassword });
const refreshBody = z.strictObject({ refreshToken: z.string().max(1024).optional() });
const signOutBody = refreshBody.extend({ everywhere: z.boolean().default(false) });
const passwordBody = z.strictObject({ currentPassword: anyPassword, newPassword: z.string() });
const rolesBody = z.strictObject({ roles: z.array(roles).max(3) });

const userShape = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().optional(),
  roles: z.array(roles),
});
const issuedShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresInSeconds: z.number(),
  user: userShape,
});
const issuedReply = { description: "Tokens, also set as cookies", schema: issuedShape };
const noContent = { 204: { description: "Done" } };

export interface IdentityRoutesOptions {
  readonly service: IdentityService;
  readonly keys: KeyRing;
  readonly operatorToken: string;
}

export function createIdentityRoutes(
  context: AppContext,
  { service, keys, operatorToken }: IdentityRoutesOptions,
): AppApi {
  const api = createAppApi(context);

  api.post("/sign-up", {
    summary: "Create an account and a session",
    auth: "none",
    body: signUpBody,
    replies: { 201: issuedReply },
    recallFirst: false,
    handle: async (call) => {
      const { email, ...form } = call.body;
      return (
        crossSiteForm(call) ??
        issuedAs(call, 201, await service.signUp(call, email === undefined ? form : call.body))
      );
    },
  });

  api.post("/sign-in", {
    summary: "Begin a session",
    auth: "none",
    body: signInBody,
    replies: { 200: issuedReply },
    recallFirst: false,
    handle: async (call) =>
      crossSiteForm(call) ?? issuedAs(call, 200, await service.signIn(call, call.body)),
  });

  api.post("/refresh", {
    summary: "Exchange the refresh token for new tokens",
    description: "With the token in the body, or in the cookie that sign-in set.",
    auth: "none",
    body: refreshBody,
    bodyOptional: true,
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const token = refreshTokenOf(call, call.body.refreshToken);
      if (typeof token !== "string") return token ?? NO_TOKEN;
      return issuedAs(call, 200, await service.refresh(token));
    },
  });

  api.post("/sign-out", {
    summary: "End the session, or all sessions of the user",
    auth: "none",
    body: signOutBody,
    bodyOptional: true,
    recallFirst: false,
    replies: noContent,
    handle: async (call) => ended(call, await signOut(service, call)),
  });

  api.post("/password", {
    summary: "Change the password; all other sessions end",
    body: passwordBody,
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const objection = objectToPassword(call.body.newPassword, call.session.username);
      if (objection !== undefined) {
        const field = { field: "newPassword", in: "body", got: "(not shown)" } as const;
        const { message } = objection;
        return problem("invalid-request", `newPassword: ${message}`, {
          errors: [{ ...field, message, fix: message }],
        });
      }
      return issuedAs(call, 200, await service.changePassword(call, call.body));
    },
  });

  api.get("/me", {
    summary: "Who is signed in",
    replies: { 200: { description: "The user", schema: userShape } },
    handle: async (call) => {
      const read = await service.user(call, call.session.username);
      if (read.kind === "failed") return problemOfRead(read);
      const user = (read.value as Found<User> | undefined)?.item;
      const { userId, username: name, roles: held } = call.session;
      return call.found(
        read.info,
        user === undefined ? { id: userId, username: name, roles: held } : shownUser(user),
      );
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

  api.put("/users/:username/roles", {
    summary: "Set a user's roles (operators)",
    description: "With the operator token, or by a user with the role operator.",
    auth: "none",
    params: z.object({ username: z.string().max(256) }),
    body: rolesBody,
    recallFirst: false,
    replies: noContent,
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      return ended(call, await service.setRoles(call.params.username, call.body.roles), []);
    },
  });

  return api;
}

const NO_TOKEN = problem("not-signed-in", "Neither the body nor a cookie holds a refresh token.");

const shownUser = (user: Pick<User, "userId" | "displayName" | "roles" | "email">) => ({
  id: user.userId,
  username: user.displayName,
  ...(user.email === undefined ? {} : { email: user.email }),
  roles: user.roles,
});

function issuedAs(call: Call, status: number, result: Issued | Problem): Reply {
  if (result.kind === "problem") return result;
  const { user, accessToken, refreshToken, expiresInSeconds, acknowledged, replayed } = result;
  return {
    kind: "answer",
    status,
    body: {
      accessToken,
      refreshToken,
      tokenType: "Bearer",
      expiresInSeconds,
      user: shownUser(user),
    },
    headers: {
      ...(status === 201 ? { location: "/identity/me" } : {}),
      ...(replayed ? { "idempotency-replayed": "true" } : {}),
    },
    cookies: [
      cookie(call, ACCESS_COOKIE, accessToken, "/", expiresInSeconds),
      cookie(call, REFRESH_COOKIE, refreshToken, "/identity", SESSION_MS / 1000),
    ],
    acknowledged,
  };
}

function cookie(call: Call, name: string, value: string, path: string, seconds: number): string {
  const secure =
    call.scope.request.url.startsWith("https:") || call.header("x-forwarded-proto") === "https";
  const attributes = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
  return `${name}=${value}; ${attributes}${secure ? "; Secure" : ""}`;
}

/** A page of another site must not sign somebody in under its own name. */
const crossSiteForm = (call: Call): Problem | undefined =>
  call.header("sec-fetch-site") === "cross-site"
    ? problem("cross-site-request", "Signing in from another site's page is refused.")
    : undefined;

/** From the body, or from the cookie if the request came from an own page. */
function refreshTokenOf(call: Call, given: string | undefined): string | Problem | undefined {
  if (given !== undefined) return given;
  const kept = cookieOf(call.header("cookie"), REFRESH_COOKIE);
  if (kept === undefined || kept === "") return undefined;
  return crossSiteProblem(call.scope) ?? kept;
}

async function signOut(
  service: IdentityService,
  call: Call<unknown, unknown, z.output<typeof signOutBody>>,
): ReturnType<IdentityService["signOut"]> {
  const authenticated = await authenticate(call.scope);
  if (authenticated.kind === "ok") {
    const { sessionId, username: name } = authenticated.session;
    return service.signOut(sessionId, name, call.body.everywhere);
  }
  const token = refreshTokenOf(call, call.body.refreshToken);
  if (typeof token === "string") return service.signOutByToken(token);
  return token ?? authenticated;
}

function ended(
  call: Call,
  result: Awaited<ReturnType<IdentityService["signOut"]>>,
  cookies = [
    cookie(call, ACCESS_COOKIE, "", "/", 0),
    cookie(call, REFRESH_COOKIE, "", "/identity", 0),
  ],
): Reply {
  if (result.kind === "problem") return result;
  const { acknowledged } = result;
  return { kind: "answer", status: 204, cookies, ...(acknowledged && { acknowledged }) };
}
