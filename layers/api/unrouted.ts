/** What an app's own router leaves open: addresses without a route, and policies of its pages. *pure* */
import type { AppApi } from "./app-api.ts";
import { problem } from "./problem.ts";
import type { Reply } from "./reply.ts";
import type { Scope } from "./scope.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The answer of a router's `notFound`: 404 where no method has a route, or where the route that was
 * found said itself that there is nothing; 405 where other methods have one.
 */
export function unrouted(hono: AppApi["hono"], { path, request }: Scope): Reply {
  const nothing = problem("not-found", `Nothing is at ${path.slice(0, 200)}.`);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const allowed: string[] = METHODS.filter((one) => hasRoute(hono, one, path));
  if (allowed.length === 0 || allowed.includes(method)) return nothing;
  if (allowed.includes("GET")) allowed.push("HEAD");
  const allow = [...allowed, "OPTIONS"].join(", ");
  if (method === "OPTIONS") return { kind: "answer", status: 204, headers: { allow } };
  const detail = `${request.method.slice(0, 20)} is not one of ${allow}.`;
  return problem("method-not-allowed", detail, { headers: { allow } });
}

/** Middleware and `all` match every method, so they say nothing about which ones there are. */
const hasRoute = (hono: AppApi["hono"], method: string, path: string): boolean =>
  hono.router.match(method, path)[0].some(([[, route]]) => route.method === method);

/** Scripts, styles, pictures and requests of its own origin; nothing inline, nobody frames it. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Whether a browser may show or run what has this type, and so goes by the policy it came with. */
export const isOfPage = (contentType: string | null): boolean =>
  /^\s*(?:text\/html|application\/xhtml\+xml|(?:text|application)\/javascript)\s*(?:;|$)/i.test(
    contentType ?? "",
  );
