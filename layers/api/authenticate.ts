/**
 * Who sends a request: a bearer token, or the cookie that sign-in set. *shell*
 *
 * Invariants
 *  A1 a bearer token that is not good is refused, never replaced by the cookie; credentials of any
 *     other scheme are for somebody else, such as a proxy's gate, and count for nothing
 *                                                                                  (authenticate)
 *  A2 a cookie counts for an unsafe method only when the request came from a page of this
 *     deployment: of this very origin (Fetch Metadata, else Origin), or of one that is listed as
 *     another region's or the front door's. A page cannot choose what its browser says
 *                                                                                   (fromOwnPage)
 *  A3 comparing a secret takes the same time wherever it differs                        (sameText)
 */
import { type Problem, problem } from "./problem.ts";
import { bearerOf, cookieOf, isBearer } from "./request-headers.ts";
import type { Scope } from "./scope.ts";
import type { Session } from "./session.ts";

export const isSafe = (method: string): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS";

type Authenticated = { readonly kind: "ok"; readonly session: Session } | Problem;

export function authenticate(scope: Scope): Authenticated | Promise<Authenticated> {
  const headers = scope.request.headers;
  const authorization = headers.get("authorization");
  if (authorization !== null && isBearer(authorization)) {
    const token = bearerOf(authorization);
    return token === undefined ? REFUSED : verify(scope, token);
  }
  const cookie = cookieOf(headers.get("cookie"), scope.platform.cookies.access);
  if (cookie === undefined || cookie === "") return NO_SESSION;
  const crossSite = crossSiteProblem(scope);
  return crossSite ?? verify(scope, cookie);
}

function verify(scope: Scope, token: string): Authenticated | Promise<Authenticated> {
  const verified = scope.platform.verifier.verify(token);
  if (verified instanceof Promise) return verified.then((session) => accept(scope, session));
  return accept(scope, verified);
}

function accept(scope: Scope, session: Session | undefined): Authenticated {
  if (session === undefined) return REFUSED;
  scope.session = session;
  return { kind: "ok", session };
}

const NO_SESSION = problem("not-signed-in", "The request carries no access token.");
const REFUSED = problem(
  "token-refused",
  "The access token is malformed, expired, or not signed by this deployment.",
);

/** Guards what cookies authenticate against pages of other sites. */
export function crossSiteProblem(scope: Scope): Problem | undefined {
  if (isSafe(scope.request.method) || fromOwnPage(scope)) return undefined;
  return problem("cross-site-request", "A cookie counts only for requests from own pages.");
}

function fromOwnPage({ request, platform }: Scope): boolean {
  const headers = request.headers;
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin") return true;
  const origin = headers.get("origin");
  if (origin === null) return false;
  if (platform.origins().includes(origin)) return true;
  if (site !== null) return false;
  // A page of another site cannot set X-Forwarded-Host without a preflight, which is refused.
  const host = headers.get("x-forwarded-host") ?? headers.get("host") ?? hostOf(request.url);
  return hostOf(origin) === host;
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
}

/** Compares digests, so that neither length nor content of the secret shows in the time. */
export function sameSecret(
  digest: (text: string) => string,
  given: string,
  secret: string,
): boolean {
  return sameText(digest(given), digest(secret));
}

function sameText(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < right.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}
