/**
 * One route: what it accepts, who may use it, and the order in which that is checked. *shell*
 *
 *   headers -> session, role -> path, query -> requester -> body (type, size, JSON, schema)
 *           -> replay -> handle
 *
 * Invariants
 *  N1 nothing that fails a check reaches `handle`                                     (runEndpoint)
 *  N2 a body is parsed once; the text that was hashed is the text that was parsed        (readBody)
 *  N3 an unsafe route's refusal that rests on data (404, 409 ...) is given only by a region that
 *     may write: elsewhere the data may be old, and the answer is the way out                (own)
 */
import { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import { type KeysOf, refuseUnknownKeys } from "../../base/known-keys.ts";
import type { Role } from "../identity/roles.ts";
import { authenticate, isSafe } from "./authenticate.ts";
import { JSON_LIMIT_BYTES, parseJson, readJsonText } from "./body.ts";
import { Call, type CallInput, type Idempotency, requestHash } from "./call.ts";
import type { AppContext } from "./define-app.ts";
import { PROBLEMS, type Problem, problem } from "./problem.ts";
import { type Reply, refusalOf } from "./reply.ts";
import { NO_VERSION, parseIdempotencyKey, parseIfMatch, parseReading } from "./request-headers.ts";
import {
  guestRequester,
  type Identify,
  type Requester,
  requesterOf,
  userRequester,
} from "./requester.ts";
import type { Scope } from "./scope.ts";
import { fieldErrorsOf } from "./validation.ts";

type Auth = "none" | "guest" | "session" | readonly Role[];

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface ReplyDescription {
  readonly description: string;
  readonly schema?: z.ZodType;
}

export interface EndpointOptions<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  readonly summary: string;
  readonly description?: string;
  /**
   * `session` (default): whoever is signed in; a list: whoever has one of these roles; `guest`:
   * whoever is signed in, and any browser, which gets an id of its own (guests.ts).
   */
  readonly auth?: Auth;
  /**
   * For routes with `auth: "none"` whose app signs people in itself: who asks, so that everyone has
   * idempotency keys of their own. See requester.ts for what holds without it.
   */
  readonly identify?: Identify<Call<z.output<Params>, z.output<Query>, undefined>>;
  /** All schemas should be strict, so that unknown fields are refused. */
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly replies: Readonly<Record<number, ReplyDescription>>;
  readonly bodyLimitBytes?: number;
  /**
   * The body is no JSON, or not always: `handle` reads it, and then says with `call.ofBody` what it
   * was. Until then the request has no hash, so an answer is not looked up before.
   */
  readonly readsBody?: boolean;
  /** No body at all counts as {}. */
  readonly bodyOptional?: boolean;
  /**
   * Look for a stored answer before `handle` (default on unsafe routes). A route whose decision
   * rests on the request alone may leave that to the transaction, and save a read.
   */
  readonly recallFirst?: boolean;
  /**
   * What it changes has no version: a request that names one in If-Match is refused with 412 before
   * `handle`. Otherwise `call.stale` compares it, and `call.commit` refuses where nothing did.
   */
  readonly unversioned?: true;
  readonly handle: (
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Reply | Promise<Reply>;
}

/** The options with their types forgotten: what the machinery works on. */
export interface Endpoint {
  readonly method: Method;
  /** With `:name` for parameters, from the root. */
  readonly path: string;
  readonly options: EndpointOptions;
  readonly context: AppContext;
  readonly queryKeys: readonly string[];
  readonly bodyKeys: readonly string[];
}

const ROUTE_KEYS: KeysOf<EndpointOptions> = {
  summary: true,
  description: true,
  auth: true,
  identify: true,
  params: true,
  query: true,
  body: true,
  replies: true,
  bodyLimitBytes: true,
  readsBody: true,
  bodyOptional: true,
  recallFirst: true,
  unversioned: true,
  handle: true,
};
const REPLY_KEYS: KeysOf<ReplyDescription> = { description: true, schema: true };

/** Throws a ConfigurationError for a declaration with an option that nothing reads. */
export function createEndpoint(
  method: Method,
  path: string,
  options: EndpointOptions,
  context: AppContext,
): Endpoint {
  const route = `${method.toUpperCase()} ${path}`;
  refuseUnknownKeys(route, options, ROUTE_KEYS);
  for (const [status, reply] of Object.entries(options.replies ?? {})) {
    refuseUnknownKeys(`${route}: reply ${status}`, reply, REPLY_KEYS);
  }
  if (options.identify !== undefined && (options.auth ?? "session") !== "none") {
    throw new ConfigurationError({
      what: `${route}: identify names who asks beside a session`,
      got: `auth: ${JSON.stringify(options.auth ?? "session")}`,
      fix: 'Leave identify out, or give auth: "none".',
    });
  }
  const bodyKeys = options.body instanceof z.ZodObject ? Object.keys(options.body.shape) : [];
  const queryKeys = options.query === undefined ? [] : Object.keys(options.query.shape);
  return { method, path, options, context, queryKeys, bodyKeys };
}

const NOTHING = Object.freeze({});

export async function runEndpoint(
  endpoint: Endpoint,
  scope: Scope,
  params: Record<string, string>,
): Promise<Reply> {
  const { options, context } = endpoint;
  const headers = scope.request.headers;
  const safe = isSafe(scope.request.method);

  const key = safe ? NO_KEY : parseIdempotencyKey(headers.get("idempotency-key"));
  if (key.kind === "problem") return key;
  const reading = parseReading(
    headers.get("understudy-session"),
    headers.get("understudy-consistency"),
  );
  if (reading.kind === "problem") return reading;
  const ifMatch = safe ? NO_KEY : parseIfMatch(headers.get("if-match"));
  if (ifMatch.kind === "problem") return ifMatch;
  if (options.unversioned === true && Array.isArray(ifMatch.value)) return NO_VERSION;

  const refused = await admit(scope, options.auth ?? "session", key.value, context.ids);
  if (refused !== undefined) return refused;

  const path = check(options.params, params, "path", []);
  if (path.kind === "problem") return path;
  const query = readQuery(endpoint, scope.request.url);
  if (query.kind === "problem") return query;
  const known = {
    context,
    scope,
    params: path.value,
    query: query.value,
    reading: reading.value,
    ifMatch: ifMatch.value,
  };
  const requester = await findRequester(endpoint, known, key.value !== undefined);
  if (requester?.kind === "problem") return requester;
  if (requester !== undefined && requester.carried !== "") warnOnce(endpoint);
  const body = await readBody(endpoint, scope);
  if (body.kind === "problem") return body;

  const idempotency: Idempotency | undefined =
    key.value === undefined || requester === undefined
      ? undefined
      : {
          scope: requester.scope,
          key: key.value,
          requestHash:
            options.readsBody === true
              ? ""
              : requestHash(scope, body.text, requester.carried, queryOf(scope.request.url)),
        };
  const call = new Call({ ...known, body: body.value, requester, idempotency });
  if (idempotency !== undefined && options.recallFirst !== false && options.readsBody !== true) {
    const replayed = await call.replay();
    if (replayed !== undefined) return own(scope, withGuest(scope, replayed));
  }
  const reply = withGuest(scope, await options.handle(call as Call<never, never, never>));
  return safe ? reply : own(scope, reply);
}

/** A new guest is told its cookie with the first answer. */
function withGuest({ guest }: Scope, reply: Reply): Reply {
  if (guest?.cookie === undefined || reply.kind !== "answer") return reply;
  return { ...reply, cookies: [...(reply.cookies ?? []), guest.cookie] };
}

const NO_KEY = { kind: "ok", value: undefined } as const;

/** Who asks; undefined where neither the route's `identify` nor an idempotency key asks for it. */
function findRequester(
  { options }: Endpoint,
  known: Omit<CallInput<unknown, unknown, undefined>, "body" | "requester" | "idempotency">,
  hasKey: boolean,
): Requester | Problem | undefined | Promise<Requester | Problem | undefined> {
  const { scope } = known;
  if (scope.session !== undefined) return userRequester(scope.session.userId);
  if (scope.guest !== undefined) return guestRequester(scope.guest.id);
  const { identify } = options;
  if (typeof identify !== "function") {
    return hasKey
      ? requesterOf(scope, { byBody: identify === "by-body", name: undefined })
      : undefined;
  }
  const nothing = { body: undefined, requester: undefined, idempotency: undefined };
  return identified(scope, identify(new Call({ ...known, ...nothing }) as never));
}

async function identified(
  scope: Scope,
  saying: ReturnType<Exclude<Identify<never>, string>>,
): Promise<Requester | Problem> {
  const said = await saying;
  return typeof said === "object" ? said : requesterOf(scope, { byBody: false, name: said });
}

const warned = new WeakSet<Endpoint>();

/** For the app's developer: what a retry with a renewed token meets without `identify`. */
function warnOnce(endpoint: Endpoint): void {
  if (warned.has(endpoint)) return;
  warned.add(endpoint);
  const route = `${endpoint.method.toUpperCase()} ${endpoint.path}`;
  const text = "this route does not identify who asks: a retry with other credentials gets 422";
  endpoint.context.log.warn({ event: "no-identify", route }, text);
}

function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}

/** Statuses of a refusal that another region, with newer data, might not give. */
const DATA_DECIDED: readonly number[] = [401, 403, 404, 409, 412];

function own(scope: Scope, reply: Reply): Reply {
  if (reply.kind !== "problem" || !DATA_DECIDED.includes(PROBLEMS[reply.code].status)) return reply;
  return refusalOf(scope.platform.routing, scope.app) ?? reply;
}

function admit(
  scope: Scope,
  auth: Auth,
  key: string | undefined,
  newId: () => string,
): Problem | undefined | Promise<Problem | undefined> {
  if (auth === "none") return undefined;
  if (auth === "guest") return admitGuest(scope, key, newId);
  const done = authenticate(scope);
  if (done instanceof Promise) return done.then((result) => allow(result, auth));
  return allow(done, auth);
}

/** Whoever shows a token has to show a good one; whoever shows none is a guest. */
async function admitGuest(
  scope: Scope,
  key: string | undefined,
  newId: () => string,
): Promise<Problem | undefined> {
  const found = await authenticate(scope);
  if (found.kind === "ok") return undefined;
  if (found.code !== "not-signed-in") return found;
  const guest = await scope.platform.guests.guestOf(scope, key, newId);
  if (guest.kind === "problem") return guest;
  scope.guest = guest;
  return undefined;
}

function allow(
  result: Awaited<ReturnType<typeof authenticate>>,
  auth: "session" | readonly Role[],
): Problem | undefined {
  if (result.kind === "problem") return result;
  if (auth === "session" || result.session.roles.some((role) => auth.includes(role))) {
    return undefined;
  }
  return problem("not-allowed", `This route is for the role ${auth.join(" or ")}.`);
}

type Checked = { readonly kind: "ok"; readonly value: unknown } | Problem;

function check(
  schema: z.ZodType | undefined,
  input: unknown,
  where: "path" | "query" | "body",
  known: readonly string[],
): Checked {
  if (schema === undefined) return { kind: "ok", value: input };
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: "ok", value: parsed.data };
  const errors = fieldErrorsOf(parsed.error.issues, input, where, known);
  const first = errors[0];
  const detail =
    first === undefined
      ? `The ${where} is not valid.`
      : `${first.field}: ${first.message} Got ${first.got}. ${first.fix}`;
  return problem("invalid-request", detail, { errors });
}

function readQuery(endpoint: Endpoint, url: string): Checked {
  const at = url.indexOf("?");
  const { query } = endpoint.options;
  if (at < 0) return query === undefined ? NO_QUERY : check(query, NOTHING, "query", []);
  if (query === undefined) return NO_QUERY;
  const given = [...new URLSearchParams(url.slice(at + 1))];
  // An empty value asks for nothing: forms send all of their fields.
  const named = namedOnce(
    given.filter(([, value]) => value !== ""),
    "query",
  );
  if (named.kind === "problem") return named;
  return check(query, named.fields, "query", endpoint.queryKeys);
}

/** Fields by their names. One that comes twice is refused: whichever is taken, the other is lost. */
export function namedOnce(
  given: Iterable<readonly [string, string]>,
  where: "query" | "form",
): { readonly kind: "ok"; readonly fields: Readonly<Record<string, string>> } | Problem {
  const fields = new Map<string, string>();
  for (const [name, value] of given) {
    if (fields.has(name)) {
      return problem("invalid-request", `The ${where} names ${name.slice(0, 40)} twice.`);
    }
    fields.set(name, value);
  }
  return { kind: "ok", fields: Object.fromEntries(fields) };
}

const NO_QUERY = { kind: "ok", value: NOTHING } as const;

async function readBody(
  endpoint: Endpoint,
  scope: Scope,
): Promise<{ readonly kind: "ok"; readonly value: unknown; readonly text: string } | Problem> {
  const { body, bodyLimitBytes, bodyOptional, readsBody } = endpoint.options;
  if (body === undefined || readsBody === true) return { kind: "ok", value: undefined, text: "" };
  if (bodyOptional && hasNoBody(scope.request)) {
    const checked = check(body, {}, "body", endpoint.bodyKeys);
    return checked.kind === "problem" ? checked : { ...checked, text: "" };
  }
  return readJson(scope, body, bodyLimitBytes ?? JSON_LIMIT_BYTES);
}

/** A JSON body that a schema accepts, with the text that was parsed. For routes with `readsBody`. */
export async function readJson<Body extends z.ZodType>(
  scope: Scope,
  schema: Body,
  limitBytes: number = JSON_LIMIT_BYTES,
): Promise<
  { readonly kind: "ok"; readonly value: z.output<Body>; readonly text: string } | Problem
> {
  const read = await readJsonText(scope.request, limitBytes);
  if (read.kind === "problem") return read;
  const parsed = parseJson(read.text);
  if (parsed.kind === "problem") return parsed;
  const checked = checkFields(schema, parsed.value, "body");
  return checked.kind === "problem" ? checked : { ...checked, text: read.text };
}

/** What a schema says of values, as every route says it. */
export function checkFields<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  where: "query" | "body",
): { readonly kind: "ok"; readonly value: z.output<Schema> } | Problem {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return check(schema, input, where, known) as never;
}

const hasNoBody = (request: Request): boolean =>
  request.headers.get("content-type") === null &&
  (request.headers.get("content-length") ?? "0") === "0" &&
  request.headers.get("transfer-encoding") === null;
