/** What identity's routes share: shapes, cookies, who asks. *shell* */
import { z } from "zod";
import { objectToPassword } from "../../identity/password-rules.ts";
import { ROLES } from "../../identity/roles.ts";
import { foldUsername } from "../../identity/same-name.ts";
import { SESSION_MS } from "../../identity/session.ts";
import { crossSiteProblem } from "../authenticate.ts";
import type { Call } from "../call.ts";
import { type Problem, problem } from "../problem.ts";
import type { Answer, Reply } from "../reply.ts";
import { cookieOf } from "../request-headers.ts";
import { DEVICE_SECONDS, type Devices } from "./device.ts";
import type { Asker } from "./passwords.ts";
import type { Ended, Issued } from "./sessions.ts";
import type { User } from "./tables.ts";

export const userShape = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().optional(),
  roles: z.array(z.enum(ROLES)),
});
const issuedShape = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresInSeconds: z.number(),
  user: userShape,
});
export const issuedReply = { description: "Tokens, also set as cookies", schema: issuedShape };
export const noContent = { 204: { description: "Done" } };

export const shownUser = (user: Pick<User, "userId" | "displayName" | "roles" | "email">) => ({
  id: user.userId,
  username: user.displayName,
  ...(user.email === undefined ? {} : { email: user.email }),
  roles: user.roles,
});

export interface IdentityReplies {
  issued(call: Call, status: number, result: Issued | Problem): Promise<Reply>;
  /** As `issued`, for a browser that goes on elsewhere. */
  cookiesOf(call: Call, issued: Issued): Promise<readonly string[]>;
  asker(call: Call, username: string): Promise<Asker>;
}

export interface IdentityRepliesOptions {
  readonly devices: Devices;
  /** The client's network address; by default what the nearest proxy says. */
  readonly addressOf: ((request: Request) => string | undefined) | undefined;
}

export function createReplies({ devices, addressOf }: IdentityRepliesOptions): IdentityReplies {
  const cookiesOf = async (call: Call, issued: Issued): Promise<readonly string[]> => {
    const { user, accessToken, refreshToken, expiresInSeconds } = issued;
    const name = foldUsername(user.displayName);
    const mark = await devices.mark(name, call.context.ids());
    const names = call.scope.platform.cookies;
    return [
      cookie(call, names.access, accessToken, "/", expiresInSeconds),
      cookie(call, names.refresh, refreshToken, "/identity", SESSION_MS / 1000),
      cookie(call, names.device, mark, "/identity", DEVICE_SECONDS),
      presentCookie(call, "1", SESSION_MS / 1000),
    ];
  };
  return {
    cookiesOf,
    issued: async (call, status, result) => {
      if (result.kind === "problem") return result;
      const { user, accessToken, refreshToken, expiresInSeconds } = result;
      const shown = shownUser(user);
      const tokens = { accessToken, refreshToken, tokenType: "Bearer", expiresInSeconds };
      const answer: Answer = {
        kind: "answer",
        status,
        body: { ...tokens, user: shown },
        headers: {
          ...(status === 201 ? { location: "/identity/me" } : {}),
          ...(result.replayed ? { "idempotency-replayed": "true" } : {}),
        },
        cookies: await cookiesOf(call, result),
        acknowledged: result.acknowledged,
      };
      return answer;
    },
    asker: async (call, username) => ({
      address: addressOf === undefined ? proxied(call) : addressOf(call.scope.request),
      device: await devices.known(call, foldUsername(username)),
    }),
  };
}

const proxied = (call: Call): string | undefined =>
  call.header("x-forwarded-for")?.split(",").at(-1)?.trim().slice(0, 64) || undefined;

export function cookie(
  call: Call,
  name: string,
  value: string,
  path: string,
  seconds: number,
): string {
  const attributes = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
  return `${name}=${value}; ${attributes}${isHttps(call) ? "; Secure" : ""}`;
}

/** Tells pages that it is worth asking who is signed in; it holds nothing, so they may read it. */
const presentCookie = (call: Call, value: string, seconds: number): string =>
  cookie(call, call.scope.platform.cookies.present, value, "/", seconds).replace(" HttpOnly;", "");

const isHttps = (call: Call): boolean =>
  call.scope.request.url.startsWith("https:") || call.header("x-forwarded-proto") === "https";

/** The origin that the browser knows this region by. */
export function originOf(call: Call): string {
  const { host } = new URL(call.scope.request.url);
  const named = call.header("x-forwarded-host") ?? call.header("host") ?? host;
  const origin = `${isHttps(call) ? "https" : "http"}://${named}`;
  return URL.canParse(origin) ? new URL(origin).origin : `http://${host}`;
}

/** A page of another site must not sign somebody in under its own name. */
export const crossSiteForm = (call: Call): Problem | undefined =>
  (call.header("sec-fetch-site") === "cross-site" || call.header("origin") !== null) &&
  crossSiteProblem(call.scope) !== undefined
    ? problem("cross-site-request", "Signing in from another site's page is refused.")
    : undefined;

/** From the body, or from the cookie if the request came from an own page. */
export function refreshTokenOf(
  call: Call,
  given: string | undefined,
): string | Problem | undefined {
  if (given !== undefined) return given;
  const kept = cookieOf(call.header("cookie"), call.scope.platform.cookies.refresh);
  if (kept === undefined || kept === "") return undefined;
  return crossSiteProblem(call.scope) ?? kept;
}

export function ended(result: Ended, cookies: readonly string[] = []): Reply {
  if (result.kind === "problem") return result;
  const { acknowledged } = result;
  return {
    kind: "answer",
    status: 204,
    cookies: [...cookies],
    ...(acknowledged && { acknowledged }),
  };
}

export const signedOutCookies = (call: Call): readonly string[] => [
  cookie(call, call.scope.platform.cookies.access, "", "/", 0),
  cookie(call, call.scope.platform.cookies.refresh, "", "/identity", 0),
  presentCookie(call, "", 0),
];

/** 400 for a password that the rules refuse, without repeating it. */
export function passwordProblem(
  field: string,
  password: string,
  username: string,
): Problem | undefined {
  const objection = objectToPassword(password, username);
  if (objection === undefined) return undefined;
  const { message } = objection;
  return problem("invalid-request", `${field}: ${message}`, {
    errors: [{ field, in: "body", got: "(not shown)", message, fix: message }],
  });
}
