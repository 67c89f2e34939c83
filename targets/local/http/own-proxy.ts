/**
 * How a region knows that its own front door speaks: only what that says of a client counts.
 * *shell*
 *
 * The front door shows a token that is made from the deployment's secret. A region takes the token
 * off, so that no route sees it; from whoever does not show it, it takes X-Forwarded-* off as well.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const PROXY_TOKEN = "understudy-front-door";

const CLAIMS = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"]);

export const proxyTokenOf = (secretHex: string): string =>
  createHmac("sha256", Buffer.from(secretHex, "hex")).update("front door").digest("base64url");

export function believeOwnProxy(request: IncomingMessage, token: string): void {
  const { headers, rawHeaders } = request;
  const shown = headers[PROXY_TOKEN];
  const isOwn = typeof shown === "string" && sameText(shown, token);
  if (shown === undefined && !hasClaims(headers)) return;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    if (name === PROXY_TOKEN || (!isOwn && CLAIMS.has(name))) rawHeaders.splice(at, 2);
  }
  delete headers[PROXY_TOKEN];
  if (!isOwn) for (const name of CLAIMS) delete headers[name];
}

function hasClaims(headers: IncomingMessage["headers"]): boolean {
  for (const name of CLAIMS) if (headers[name] !== undefined) return true;
  return false;
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
