/** An app's routes: the builder that app authors use. *composition* */
import { Hono } from "hono";
import type { z } from "zod";
import { type KeysOf, refuseUnknownKeys } from "../../base/known-keys.ts";
import type { Call } from "./call.ts";
import type { AppContext } from "./define-app.ts";
import {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type Method,
  runEndpoint,
} from "./endpoint.ts";
import { respond } from "./reply.ts";
import type { Identify } from "./requester.ts";
import type { Scope } from "./scope.ts";

type Add = <Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  path: string,
  options: EndpointOptions<Params, Query, Body>,
) => AppApi;

export interface AppApi {
  /** For routes that are not JSON; their handlers find the request's Scope in `c.env`. */
  readonly hono: Hono<{ Bindings: Scope }>;
  readonly endpoints: readonly Endpoint[];
  readonly get: Add;
  readonly post: Add;
  readonly put: Add;
  readonly patch: Add;
  readonly delete: Add;
}

export interface AppApiOptions {
  /** Of every route with `auth: "none"` that has none of its own: see EndpointOptions. */
  readonly identify?: Identify<Call>;
  /** Of every route: see EndpointOptions. */
  readonly unversioned?: true;
}

const API_KEYS: KeysOf<AppApiOptions> = { identify: true, unversioned: true };

/** Paths are relative to `/{app id}` and name parameters as `:name`. */
export function createAppApi(context: AppContext, given: AppApiOptions = {}): AppApi {
  refuseUnknownKeys(`createAppApi(${context.appId})`, given, API_KEYS);
  const { identify, unversioned } = given;
  const hono = new Hono<{ Bindings: Scope }>();
  const endpoints: Endpoint[] = [];
  const adder =
    (method: Method): Add =>
    (path, route) => {
      const full = `/${context.appId}${path}`;
      const options = {
        ...(identify !== undefined && route.auth === "none" && { identify }),
        ...(unversioned !== undefined && { unversioned }),
        ...route,
      };
      const endpoint = createEndpoint(method, full, options as never, context);
      endpoints.push(endpoint);
      hono.on(method.toUpperCase(), full, async (c) => {
        const scope = c.env;
        scope.route = full;
        return respond(scope, await runEndpoint(endpoint, scope, c.req.param()));
      });
      return api;
    };
  const api: AppApi = {
    hono,
    endpoints,
    get: adder("get"),
    post: adder("post"),
    put: adder("put"),
    patch: adder("patch"),
    delete: adder("delete"),
  };
  return api;
}
