/**
 * From what a route decided to a Response. *pure*, apart from building the Response.
 *
 * All headers are known before the Response is made and are given to it as one plain record: the
 * servers underneath write such a response without building a Headers object.
 */
import type { Acknowledged, ReadInfo } from "../key-value/port.ts";
import type { AppView, Routing } from "../routing/port.ts";
import { PROBLEMS, type Problem, problem, typeOf } from "./problem.ts";
import type { Scope } from "./scope.ts";

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  /** Sent as JSON; none is sent when undefined. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  /** Of the data the answer was made from. */
  readonly info?: ReadInfo;
  readonly acknowledged?: Acknowledged;
}

/** A response that was made already, such as one that streams. */
export interface Made {
  readonly kind: "made";
  readonly response: Response;
}

export type Reply = Answer | Problem | Made;

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

export function baseHeaders(scope: Scope, epoch: number): Record<string, string> {
  return {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": API_POLICY,
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "understudy-region": scope.platform.region,
    "understudy-epoch": String(epoch),
    traceparent: scope.trace.traceparent,
  };
}

export const epochOf = (scope: Scope): number =>
  scope.app === "" ? 0 : (scope.platform.routing.app(scope.app)?.epoch ?? 0);

export function respond(scope: Scope, reply: Reply): Response {
  if (reply.kind === "made") return reply.response;
  scope.finished = true;
  if (reply.kind === "problem") return respondProblem(scope, reply);
  scope.status = reply.status;
  const { info, acknowledged } = reply;
  const headers = baseHeaders(scope, acknowledged?.epoch ?? info?.epoch ?? epochOf(scope));
  if (info !== undefined) describeRead(headers, info);
  if (acknowledged !== undefined) headers["understudy-receipt"] = acknowledged.receipt;
  if (reply.headers !== undefined) setAll(headers, reply.headers);
  const body = reply.body === undefined ? null : JSON.stringify(reply.body);
  if (body === null) delete headers["content-type"];
  return toResponse(body, reply.status, headers, reply.cookies);
}

/** Whatever the case of a name: two headers that differ in it would be sent as one with both values. */
function setAll(headers: Record<string, string>, more: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(more)) headers[name.toLowerCase()] = value;
}

function toResponse(
  body: string | null,
  status: number,
  headers: Record<string, string>,
  cookies?: readonly string[],
): Response {
  if (cookies === undefined || cookies.length === 0) return new Response(body, { status, headers });
  const all = new Headers(headers);
  for (const cookie of cookies) all.append("set-cookie", cookie);
  return new Response(body, { status, headers: all });
}

export function describeRead(headers: Record<string, string>, info: ReadInfo): void {
  headers["understudy-consistency"] = info.consistency;
  if (info.dataAgeMs !== undefined) {
    headers["understudy-data-age"] = String(Math.round(info.dataAgeMs));
  }
  if (info.missing !== undefined && info.missing.length > 0) {
    headers["understudy-missing"] = info.missing.join(",");
  }
}

function respondProblem(scope: Scope, reply: Problem): Response {
  const { code, detail, errors, headers, info, extra } = reply;
  const kind = PROBLEMS[code];
  scope.status = kind.status;
  const all = baseHeaders(scope, info?.epoch ?? epochOf(scope));
  if (info !== undefined) describeRead(all, info);
  all["content-type"] = "application/problem+json";
  if (kind.retryAfterSeconds !== undefined) all["retry-after"] = String(kind.retryAfterSeconds);
  if (kind.status === 401) all["www-authenticate"] = 'Bearer realm="understudy"';
  const serving = kind.status === 503 && scope.app !== "" ? wayOut(scope) : undefined;
  if (headers !== undefined) setAll(all, headers);
  const body = {
    type: typeOf(code),
    title: kind.title,
    status: kind.status,
    detail,
    code,
    advice: reply.advice ?? kind.advice,
    ...(errors === undefined ? {} : { errors }),
    ...serving,
    ...extra,
    region: scope.platform.region,
    traceId: scope.trace.traceId,
  };
  return toResponse(JSON.stringify(body), kind.status, all);
}

/** Where the app serves, for a refusal that has to name the way out. */
function wayOut(scope: Scope): Record<string, unknown> {
  const { routing } = scope.platform;
  const view = routing.app(scope.app);
  if (view === undefined) return {};
  const urlOf = new Map(routing.regions().map((region) => [region.id, region.url]));
  return {
    app: view.app,
    state: view.state,
    epoch: view.epoch,
    servingRegions: view.servingRegions,
    servingRegion: view.servingRegions[0] ?? null,
    servingUrls: view.servingRegions.flatMap((region) => urlOf.get(region) ?? []),
  };
}

/** Why this region may not write for an app now, if it may not. */
export function refusalOf(routing: Routing, app: string): Problem | undefined {
  const view = routing.app(app);
  if (view === undefined || view.holdsLease) return undefined;
  return view.phase === "fenced" ? fencedProblem(view) : notServingProblem(view, routing.region);
}

/** Which region decides for a name of the app, where it is not this one. */
export function elsewhereProblem(routing: Routing, app: string, name: string): Problem {
  const home = routing.app(app)?.homes[name];
  const region = home?.region ?? null;
  const url = routing.regions().find(({ id }) => id === region)?.url ?? null;
  const isHere = region === routing.region;
  const detail =
    region === null || home === undefined
      ? `No region decides for ${name} yet.`
      : `${region} decides for ${name}${home.state === "open" ? "" : `, which is ${home.state}`}.`;
  const extra = { home: name, homeState: home?.state ?? "closed" };
  // There is nowhere else to send it to while it opens here.
  const way = isHere ? { homeRegion: null, homeUrl: null } : { homeRegion: region, homeUrl: url };
  return problem("elsewhere", detail, { extra: { ...extra, ...way } });
}

const fencedProblem = (view: AppView): Problem =>
  problem(
    "fenced",
    `${view.app} is fenced in epoch ${view.epoch}: reads only, everywhere${whyFenced(view)}.`,
  );

const whyFenced = ({ takeover }: AppView): string =>
  takeover?.reason === undefined ? "" : `; takeover step ${takeover.step} failed`;

const notServingProblem = (view: AppView, region: string): Problem => {
  const { takeover } = view;
  if (takeover !== null && view.servingRegions.includes(region)) {
    const isRunning = takeover.state === "running" ? "is under way" : "waits for the lease";
    const detail = `${view.app} is being taken over by ${region}: takeover step ${takeover.step}`;
    return problem("not-serving", `${detail} ${isRunning}.`);
  }
  const others = view.servingRegions.filter((serving) => serving !== region);
  const where = others.length > 0 ? `it is served by ${others.join(", ")}` : "it has no lease now";
  return problem("not-serving", `${region} may not write for ${view.app}: ${where}.`);
};
