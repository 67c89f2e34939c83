/** The platform's own documents that are not JSON routes. *shell* */
import { DOCS_POLICY, type DocsFile, docsPage } from "./docs-page.ts";
import type { Events } from "./events.ts";
import { PROBLEMS, type ProblemCode, problem, typeOf } from "./problem.ts";
import { baseHeaders, epochOf, respond } from "./reply.ts";
import type { Scope } from "./scope.ts";

export interface PlatformFiles {
  readonly openapi: () => string;
  readonly events: Events;
  readonly metrics: (() => Promise<{ contentType: string; body: string }>) | undefined;
  readonly docsFile: DocsFile | undefined;
}

const PATHS =
  /^\/(?:openapi\.json|metrics|docs(?:\/[\w.-]*)?|problems(?:\/[\w-]+)?|routing\/events)$/;

export async function answerPlatform(
  scope: Scope,
  files: PlatformFiles,
): Promise<Response | undefined> {
  const { path, request } = scope;
  if (!PATHS.test(path)) return undefined;
  if (!isRead(request.method)) return answerReadOnly(scope);
  scope.route = path.startsWith("/docs") ? "/docs" : path;
  if (path === "/openapi.json") return send(scope, files.openapi(), "application/json");
  if (path === "/routing/events") return stream(scope, files.events);
  if (path === "/metrics") {
    const metrics = await files.metrics?.();
    return metrics && send(scope, metrics.body, metrics.contentType);
  }
  if (path.startsWith("/problems")) return explain(scope, path.slice("/problems/".length));
  const file = files.docsFile && (await docsPage(path, files.docsFile));
  return file && send(scope, file.body, file.contentType, DOCS_POLICY);
}

export const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

/** For any other method where there is something to read: load balancers ask with OPTIONS. */
export function answerReadOnly(scope: Scope): Response {
  const headers = { allow: "GET, HEAD, OPTIONS" };
  if (scope.request.method === "OPTIONS") {
    return respond(scope, { kind: "answer", status: 204, headers });
  }
  return respond(scope, problem("method-not-allowed", "This is only read.", { headers }));
}

function send(
  scope: Scope,
  body: BodyInit,
  contentType: string,
  policy?: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  scope.finished = true;
  scope.status = 200;
  const headers: Record<string, string> = { ...baseHeaders(scope, epochOf(scope)), ...more };
  headers["content-type"] = contentType;
  if (policy !== undefined) headers["content-security-policy"] = policy;
  return new Response(scope.request.method === "HEAD" ? null : body, { status: 200, headers });
}

function stream(scope: Scope, events: Events): Response {
  if (scope.request.method === "HEAD") return send(scope, "", "text/event-stream");
  const opened = events.open();
  if (opened === undefined) {
    return respond(scope, problem("busy", "Too many listen to routing events here."));
  }
  // Proxies that gather a response before they pass it on would hold events back.
  return send(scope, opened, "text/event-stream", undefined, { "x-accel-buffering": "no" });
}

function explain(scope: Scope, code: string): Response | undefined {
  const known = Object.keys(PROBLEMS) as ProblemCode[];
  const rows = known.map((name) => ({ type: typeOf(name), ...PROBLEMS[name] }));
  if (code === "") return respond(scope, { kind: "answer", status: 200, body: { items: rows } });
  const body = rows.find((row) => row.type === `/problems/${code}`);
  return body && respond(scope, { kind: "answer", status: 200, body });
}
