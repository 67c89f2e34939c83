/**
 * Requests of a page: JSON in, JSON or an ApiProblem out. *shell*
 *
 * Adds the session's receipts to every request and an Idempotency-Key to every unsafe one, keeps
 * receipts and observations of the answers, and renews an expired sign-in once.
 *
 * Invariants
 *  1 every unsafe request carries a key                                       (headersOf)
 *  2 a retry, by whoever, can carry the key of the first try                  (options.key)
 *  3 nothing but ApiProblem (or an abort) is thrown                           (request)
 */
import type { Bearer } from "./bearer.ts";
import type { Observations } from "./observation.ts";
import { ApiProblem, offlineProblem, parseProblem } from "./problem.ts";
import type { OnProgress } from "./progress-fetch.ts";
import type { Receipts } from "./receipts.ts";
import type { UnderstudyFetch } from "./transport.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestOptions {
  readonly body?: unknown;
  /** Instead of `body`: bytes as they are, with the headers they need. */
  readonly bytes?: {
    readonly content: Blob;
    readonly headers: Readonly<Record<string, string>>;
    readonly onProgress: OnProgress;
  };
  /** How long an answer may take before another region is asked. */
  readonly attemptMs?: number;
  /** The same key for each try of one intent; made here when absent. */
  readonly key?: string;
  readonly ifMatch?: string;
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

export interface Answer<Value> {
  readonly value: Value;
  readonly etag: string | undefined;
  readonly status: number;
}

export interface Api {
  request<Value>(method: Method, path: string, options?: RequestOptions): Promise<Answer<Value>>;
  get<Value>(path: string, signal?: AbortSignal): Promise<Value>;
  /** New tokens for the session; false where there is none. */
  renew(): Promise<boolean>;
  readonly observations: Observations;
}

export interface ApiOptions {
  readonly fetch: UnderstudyFetch;
  readonly receipts: Receipts;
  readonly observations: Observations;
  /** Whether this browser has been signed in: without it a 401 is not worth a renewal. */
  readonly hasSignedIn: () => boolean;
  readonly newKey?: () => string;
  readonly bearer?: Bearer;
  /** The session was refused and cannot be renewed: who is signed in has to be asked again. */
  readonly onSignedOut?: () => void;
}

/** The app that a path belongs to: its first segment. */
export const appOf = (path: string): string => path.split(/[/?]/).filter(Boolean)[0] ?? "";

/** `crypto.randomUUID` exists only in secure contexts; a region's plain address may be none. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * One tab of this browser at a time: a token that was replaced is taken for a stolen one as soon as
 * its successor is used, and the tabs share one cookie.
 */
async function alone<Value>(work: () => Promise<Value>): Promise<Value> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks === undefined ? work() : locks.request("understudy.renewal", work);
}

/** `unknown`: no region said whether the session stands. */
type Renewal = "renewed" | "ended" | "unknown";

const NO_WORD: ReadonlySet<number> = new Set([408, 425, 429]);

function renewalOf(status: number): Renewal {
  if (status < 300) return "renewed";
  return status >= 500 || NO_WORD.has(status) ? "unknown" : "ended";
}

/** Not a sign-out: the session is as good as before once a region can renew it. */
const renewalFailed = new ApiProblem({
  code: "unavailable",
  status: 503,
  title: "The sign-in could not be renewed",
  detail: "",
});

/** Whether a 401 speaks of the session, and not of a token or of credentials in the request. */
const isOfSession = (path: string, { bearer }: RequestOptions): boolean =>
  bearer === undefined && !/^\/identity\/(me$|sign-|refresh|link|federation)/.test(path);

export function createApi(options: ApiOptions): Api {
  const newKey = options.newKey ?? newIdempotencyKey;
  let renewal: Promise<Renewal> | undefined;

  const headersOf = (
    method: Method,
    app: string,
    request: RequestOptions,
    key: string,
  ): Headers => {
    const headers = new Headers({ Accept: "application/json" });
    if (request.body !== undefined) headers.set("Content-Type", "application/json");
    if (method !== "GET") headers.set("Idempotency-Key", key);
    if (request.ifMatch !== undefined) headers.set("If-Match", request.ifMatch);
    if (request.bearer !== undefined) headers.set("Authorization", `Bearer ${request.bearer}`);
    const session = options.receipts.header(app);
    if (session !== undefined) headers.set("Understudy-Session", session);
    for (const [name, value] of Object.entries(request.bytes?.headers ?? {})) {
      headers.set(name, value);
    }
    return headers;
  };

  const send = async (method: Method, path: string, request: RequestOptions, key: string) => {
    const app = appOf(path);
    const { bytes, attemptMs } = request;
    const response = await options.fetch(path, {
      method,
      headers: headersOf(method, app, request, key),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(bytes === undefined ? {} : { body: bytes.content, onProgress: bytes.onProgress }),
      ...(attemptMs === undefined ? {} : { attemptMs }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    options.observations.note(app, response.headers, method === "GET");
    const receipt = response.headers.get("Understudy-Receipt");
    if (receipt !== null) options.receipts.add(app, receipt);
    return response;
  };

  /** One renewal at a time, shared by all the requests that met the expired token. */
  const renewed = (): Promise<Renewal> => {
    renewal ??= alone(async () => {
      const response = await send("POST", "/identity/refresh", { body: {} }, newKey());
      options.bearer?.note("/identity/refresh", response.ok, await bodyOf(response));
      return renewalOf(response.status);
    })
      .catch((): Renewal => "unknown")
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  const mayRenew = (path: string, request: RequestOptions): boolean =>
    request.bearer === undefined &&
    options.hasSignedIn() &&
    !/^\/identity\/(sign-in|sign-up|sign-out|refresh)/.test(path);

  const request = async <Value>(
    method: Method,
    path: string,
    given: RequestOptions = {},
  ): Promise<Answer<Value>> => {
    const key = given.key ?? newKey();
    let response: Response;
    let body: unknown;
    try {
      response = await send(method, path, given, key);
      if (response.status === 401 && mayRenew(path, given)) {
        const renewal = await renewed();
        if (renewal === "unknown") throw renewalFailed;
        if (renewal === "renewed") response = await send(method, path, given, key);
      }
      body = await bodyOf(response);
      options.bearer?.note(path, response.ok, body);
    } catch (error) {
      if (given.signal?.aborted || error instanceof ApiProblem) throw error;
      throw offlineProblem(error);
    }
    if (response.status === 401 && isOfSession(path, given)) options.onSignedOut?.();
    if (!response.ok) {
      throw parseProblem(response.status, body, response.headers.get("Retry-After"), Date.now());
    }
    const etag = response.headers.get("ETag") ?? undefined;
    return { value: body as Value, etag, status: response.status };
  };

  return {
    request,
    renew: async () => (await renewed()) === "renewed",
    get: async <Value>(path: string, signal?: AbortSignal) =>
      (await request<Value>("GET", path, signal ? { signal } : {})).value,
    observations: options.observations,
  };
}
