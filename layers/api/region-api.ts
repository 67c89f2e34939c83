/**
 * Everything a region answers over HTTP, as one function from Request to Response. *composition*
 *
 *   /routing /health /metrics /openapi.json /docs /problems     the platform
 *   /identity/*                                                  the identity app
 *   /{app}/api/* (and the app's other apiPaths)                  the apps
 *   anything else                                                pages, when the target serves some
 *
 * The first segment chooses, then one Hono router of that part; there is no chain of middleware.
 *
 * Invariants
 *  G1 every response names region and epoch, and carries the trace          (respond, or `adopt`)
 *  G2 a fault is a 500 without detail; the detail is in the log                           (fetch)
 *  G3 nothing but method, path, status and ids is logged: no query, no header, no body      (log)
 *  G4 an app's code runs under the guard, whoever calls it                    (fetch, contextOf)
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { AssertionError, must } from "../../base/assert.ts";
import type { Instant } from "../../base/clock.ts";
import { ConfigurationError } from "../../base/errors.ts";
import type { Rng } from "../../base/rng.ts";
import type { ImageProcessor } from "../images/port.ts";
import type { KeyValueStore } from "../key-value/port.ts";
import type { TableDefinition } from "../key-value/table.ts";
import type { ByteStore } from "../objects/port.ts";
import type { HealthCheckView } from "../routing/health-board.ts";
import type { Routing } from "../routing/port.ts";
import type { AppApi } from "./app-api.ts";
import { type AppGuard, guardListeners, noGuard } from "./app-guard.ts";
import { cookieNamesOf } from "./cookie-names.ts";
import type { AppContext } from "./define-app.ts";
import type { Deployment } from "./define-deployment.ts";
import type { DocsFile } from "./docs-page.ts";
import type { Endpoint } from "./endpoint.ts";
import { createEvents } from "./events.ts";
import { createGuests } from "./guests.ts";
import { createHealthRoutes, type HealthOf } from "./health-routes.ts";
import { identityApp } from "./identity/app.ts";
import type { Identity } from "./identity/identity.ts";
import type { Log } from "./log.ts";
import { type AppObjects, createAppObjects, noObjects } from "./objects/app-objects.ts";
import { addObjectRoutes, OBJECT_PATHS } from "./objects/object-routes.ts";
import { describeApi } from "./openapi.ts";
import { answerPlatform, answerReadOnly, isRead, type PlatformFiles } from "./platform-files.ts";
import { type Problem, problem } from "./problem.ts";
import { baseHeaders, epochOf, respond } from "./reply.ts";
import { createRoutingRoutes } from "./routing-routes.ts";
import { type Platform, Scope } from "./scope.ts";
import { isOfPage, PAGE_POLICY, unrouted } from "./unrouted.ts";
import { badAddressPart } from "./utf8.ts";

/** What a request came to; for metrics. `route` is a pattern, so that its values are few. */
export interface RequestSample {
  readonly app: string;
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
}

export interface RegionApiOptions {
  readonly deployment: Deployment;
  readonly region: string;
  readonly storeOf: (app: string) => KeyValueStore;
  /** Of an app with buckets; without it, its objects cannot be used. */
  readonly bytesOf?: (app: string) => ByteStore;
  /** Without it an app that takes pictures says so when one comes. */
  readonly images?: ImageProcessor;
  readonly routing: Routing;
  readonly identity: Identity;
  readonly now: () => Instant;
  readonly ids: () => string;
  /** For trace ids. */
  readonly rng: Rng;
  /** SHA-256 as base64url; synchronous, because every write pays for it. */
  readonly digest: (text: string) => string;
  readonly operatorToken: string;
  readonly deploymentSecret: string;
  /** In the names of cookies; needed where another deployment may be on the same host. */
  readonly deploymentId?: string;
  readonly log: Log;
  readonly version: string;
  readonly healthOf?: HealthOf;
  /** What the voters' configured checks have found; absent where there are none. */
  readonly healthChecks?: () => readonly HealthCheckView[];
  /** The Prometheus text, and its content type. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly docsFile?: DocsFile;
  /** Pages and whatever else the target serves; undefined where it has nothing. */
  readonly pages?: (request: Request, path: string) => Promise<Response | undefined>;
  readonly observe?: (sample: RequestSample) => void;
  /** Of the regions and the front door; by default those of the regions. */
  readonly origins?: () => readonly string[];
  /** Runs the apps' code; by default it just runs. */
  readonly guard?: AppGuard;
}

export interface RegionApi {
  fetch(request: Request): Promise<Response>;
  /** What the routes of an app were given. */
  contextOf(app: string): AppContext;
  readonly openapi: () => unknown;
  /** Ends open event streams; what is being answered goes on. */
  close(): void;
}

interface Part {
  readonly app: string;
  readonly hono: Hono<{ Bindings: Scope }>;
  /** Undefined: everything below the first segment. */
  readonly apiPaths: readonly string[] | undefined;
}

const SECRET_LENGTH = 32;

export function createRegionApi(options: RegionApiOptions): RegionApi {
  const { deployment, region, routing, identity, now, log, digest } = options;
  for (const name of ["operatorToken", "deploymentSecret"] as const) {
    if (options[name].length >= SECRET_LENGTH) continue;
    const got = `${options[name].length} characters`;
    const fix = `Give at least ${SECRET_LENGTH} random characters.`;
    throw new ConfigurationError({ what: `createRegionApi: ${name} is too short`, got, fix });
  }
  const guard = options.guard ?? noGuard;
  const faulted = (app: string, error: unknown, scope?: Scope): void => {
    logFault(log, app, error, scope);
    guard.caught(app);
  };
  const platform: Platform = {
    region,
    routing,
    log,
    now,
    digest,
    verifier: identity.verifier,
    rng: options.rng,
    origins: options.origins ?? (() => routing.regions().map((known) => new URL(known.url).origin)),
    cookies: cookieNamesOf(options.deploymentId),
    guests: createGuests(options.deploymentSecret),
    hashSalt: digest(`understudy request hash 1\n${options.deploymentSecret}`),
  };
  const closing = new AbortController();
  const contextOf = (
    appId: string,
    store: KeyValueStore,
    tables: readonly TableDefinition[] = [],
    objects = noObjects(appId, "no buckets"),
  ): AppContext => ({
    appId,
    region,
    ...guardListeners(appId, { store, routing }, guard, (error) => faulted(appId, error)),
    tables,
    objects,
    images: options.images ?? noImages,
    now: () => now().wall,
    ids: options.ids,
    digest,
    log,
    closing: closing.signal,
  });

  const parts = new Map<string, Part>();
  const contexts = new Map<string, AppContext>();
  const endpoints: Endpoint[] = [];
  const others: OpenAPIHono[] = [];
  const mount = (
    segment: string,
    app: string,
    api: AppApi | Hono,
    apiPaths?: readonly string[],
  ) => {
    const hono = "endpoints" in api ? api.hono : (api as unknown as AppApi["hono"]);
    if ("endpoints" in api) endpoints.push(...api.endpoints);
    else if ("openAPIRegistry" in api) others.push(api as OpenAPIHono);
    prepare(hono, faulted);
    parts.set(segment, { app, hono, apiPaths });
  };
  for (const app of deployment.apps) {
    const store = options.storeOf(app.id);
    const context = contextOf(app.id, store, app.tables, objectsOf(app, store, options));
    contexts.set(app.id, context);
    if (app.id === identityApp.id) {
      mount(app.id, app.id, identity.api(context));
      continue;
    }
    const api = made(app.id, () => guard.run(app.id, () => app.api(context)));
    const paths = app.apiPaths ?? ["api"];
    const hasObjects = (app.buckets ?? []).length > 0;
    if (hasObjects) addObjectRoutes("endpoints" in api ? api.hono : (api as never), context);
    mount(app.id, app.id, api, hasObjects ? [...paths, OBJECT_PATHS] : paths);
  }
  const healthOf = options.healthOf ?? (() => undefined);
  const appIds = deployment.apps.map((app) => app.id);
  const { operatorToken, healthChecks = () => [] } = options;
  const own = { operatorToken, healthChecks };
  mount("routing", "", createRoutingRoutes(contextOf("routing", noStore), own));
  mount("health", "", createHealthRoutes(contextOf("health", noStore), appIds, healthOf));

  const events = createEvents(routing);
  let document: string | undefined;
  const openapi = (): string => {
    document ??= JSON.stringify(describeApi(endpoints, others, options.version));
    return document;
  };
  const files: PlatformFiles = {
    openapi,
    events,
    metrics: options.metrics,
    docsFile: options.docsFile,
  };

  const answer = async (
    scope: Scope,
    segment: string,
    part: Part | undefined,
  ): Promise<Response> => {
    const { request, path } = scope;
    if (part !== undefined && belongs(part, segment, path)) {
      if (path !== "/routing/events") {
        const { app, hono } = part;
        const run = () => hono.fetch(request, scope);
        return app === "" ? run() : guard.answer(app, run);
      }
    }
    const own = await answerPlatform(scope, files);
    if (own !== undefined) return own;
    const asked = isRead(request.method) ? request : new Request(request.url, { method: "HEAD" });
    const page = await options.pages?.(asked, path);
    if (page !== undefined && asked !== request) return answerReadOnly(scope);
    return page ?? respond(scope, problem("not-found", `Nothing is at ${path.slice(0, 200)}.`));
  };

  const fetch = async (request: Request): Promise<Response> => {
    const path = pathOf(request.url);
    const end = path.indexOf("/", 1);
    const segment = end < 0 ? path.slice(1) : path.slice(1, end);
    const part = parts.get(segment);
    const scope = new Scope(platform, request, path, part?.app ?? "");
    let response: Response;
    try {
      const bad = badAddressPart(request.url);
      response =
        bad === undefined ? await answer(scope, segment, part) : respond(scope, notUtf8(bad));
    } catch (error) {
      faulted(scope.app, error, scope);
      response = respond(scope, FAULT);
    }
    if (!scope.finished) response = adopt(scope, response);
    record(scope, options.observe);
    return response;
  };

  return {
    fetch,
    contextOf: (app) => must(contexts.get(app), `no app is named ${app}`),
    openapi: () => JSON.parse(openapi()),
    close: () => {
      closing.abort();
      events.close();
    },
  };
}

const notUtf8 = (part: string): Problem =>
  problem("invalid-request", `The address holds ${part}, which is no percent-encoded UTF-8.`);

/** Met by who starts the deployment, with the place in the code, and not by who uses the app. */
function made(app: string, make: () => AppApi | Hono): AppApi | Hono {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigurationError || !(error instanceof Error)) throw error;
    const [, place = ""] = error.stack?.split("\n") ?? [];
    throw new ConfigurationError({
      what: `the api of the app ${app} cannot be made`,
      got: `${error.name}: ${error.message} ${place.trim()}`,
      fix: "Correct defineApp({ api }): it must return the routes without throwing.",
    });
  }
}

function objectsOf(
  { id, buckets = [] }: Deployment["apps"][number],
  store: KeyValueStore,
  { bytesOf, now, deploymentSecret }: RegionApiOptions,
): AppObjects {
  if (buckets.length === 0) return noObjects(id, "no buckets");
  if (bytesOf === undefined) return noObjects(id, "a target without bytes");
  const wall = () => now().wall;
  const bytes = bytesOf(id);
  return createAppObjects({ appId: id, buckets, store, bytes, now: wall, deploymentSecret });
}

const noImages: ImageProcessor = {
  process: () => {
    throw new ConfigurationError({
      what: "a picture cannot be drawn",
      got: "a target without an ImageProcessor",
      fix: "Give createRegionApi({ images }).",
    });
  },
};

const noStore = new Proxy({} as KeyValueStore, {
  get: () => {
    throw new AssertionError("the platform's own routes keep nothing");
  },
});

function belongs({ apiPaths }: Part, segment: string, path: string): boolean {
  if (apiPaths === undefined) return true;
  const rest = path.slice(segment.length + 2);
  const end = rest.indexOf("/");
  return apiPaths.includes(end < 0 ? rest : rest.slice(0, end));
}

/** The path of an absolute URL, without building a URL object. */
function pathOf(url: string): string {
  const from = url.indexOf("/", url.indexOf("://") + 3);
  if (from < 0) return "/";
  for (let at = from; at < url.length; at++) {
    const character = url.charCodeAt(at);
    if (character === 63 || character === 35) return url.slice(from, at);
  }
  return url.slice(from);
}

/** What a router answers where it has no route, or where a handler threw. */
function prepare(
  hono: AppApi["hono"],
  faulted: (app: string, error: unknown, scope: Scope) => void,
): void {
  hono.notFound((c) => respond(c.env, unrouted(hono, c.env)));
  hono.onError((error, c) => {
    faulted(c.env.app, error, c.env);
    return respond(c.env, FAULT);
  });
}

const FAULT = problem("internal-error", "The server met a fault of its own.");

function logFault(log: Log, app: string, error: unknown, scope?: Scope): void {
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const where = scope === undefined ? {} : { traceId: scope.trace.traceId, path: scope.path };
  log.error({ event: "fault", app, ...where, error: shown }, "an app's code failed");
}

/** Gives a response that was made elsewhere the headers that every response has. */
function adopt(scope: Scope, response: Response): Response {
  scope.status = response.status;
  const headers = new Headers(response.headers);
  if (isOfPage(headers.get("content-type")) && !headers.has("content-security-policy")) {
    headers.set("content-security-policy", PAGE_POLICY);
  }
  for (const [name, value] of Object.entries(baseHeaders(scope, epochOf(scope)))) {
    if (name === "content-type" || headers.has(name)) continue;
    headers.set(name, value);
  }
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

function record(scope: Scope, observe: RegionApiOptions["observe"]): void {
  const { platform, request, path, app, status, session, trace } = scope;
  const ms = platform.now().mono - scope.started.mono;
  const { method } = request;
  observe?.({ app, route: scope.route, method, status, ms });
  const fields = {
    event: "request",
    method,
    path,
    status,
    ms,
    app,
    user: session?.userId,
    traceId: trace.traceId,
    spanId: trace.spanId,
  };
  if (status >= 500) platform.log.warn(fields, "request");
  else platform.log.debug(fields, "request");
}
