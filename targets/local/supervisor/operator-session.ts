/**
 * The operator whose page a request comes from, by name. *adapter*
 *
 * The regions know that, so the cookie is shown to all of them at once and the first good answer
 * counts: this must work while a region is dead or frozen. A cookie counts only for requests that
 * the browser says a page of the same origin has made.
 */
import type { IncomingHttpHeaders } from "node:http";

const ASK_LIMIT_MS = 2_000;

export async function operatorOf(
  headers: IncomingHttpHeaders,
  regionUrls: readonly string[],
): Promise<string | undefined> {
  const { cookie } = headers;
  if (cookie === undefined || headers["sec-fetch-site"] !== "same-origin") return undefined;
  const asked = regionUrls.map(async (url) => {
    const response = await fetch(new URL("/identity/me", url), {
      // An operator is needed most while no region can prove that it is current.
      headers: { cookie, "understudy-consistency": "stale" },
      signal: AbortSignal.timeout(ASK_LIMIT_MS),
    });
    const me = (await response.json()) as { readonly roles?: unknown; readonly username?: unknown };
    const { roles, username } = me;
    if (response.ok && Array.isArray(roles) && roles.includes("operator")) return String(username);
    throw new Error("not an operator");
  });
  return Promise.any(asked).catch(() => undefined);
}
