/**
 * What a call sends, made once so that every attempt sends the same bytes. *shell*
 *
 * A form is encoded here: encoded per attempt it would get another boundary each time, and the
 * region would refuse the retry as another request under the same key. The result is plain data,
 * so that it can be kept and sent later.
 */
import { type BodySource, isSource, streamOf } from "./body-source.ts";
import type { Access } from "./decide.ts";

export interface FetchInit extends Omit<RequestInit, "body"> {
  /** A stream of any kind, also one of Node's, is sent once. */
  readonly body?: BodyInit | BodySource | null;
  /** Which app's serving region to ask; default: the first segment of the path. */
  readonly app?: string;
  /** One's own key (at most 255 characters), or `false`: no key, and then no retry. */
  readonly idempotencyKey?: string | false;
  /** From the call to the head of the answer; default: the client's. */
  readonly deadlineMs?: number;
  /** Takes the near region's answer, however old its data (reads). */
  readonly stale?: boolean;
}

export interface Outgoing {
  readonly app: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body?: BodyInit;
  /** Taken over unseen: credentials, cache, redirect, and what else the platform's fetch knows. */
  readonly rest: RequestInit;
  readonly access: Access;
  readonly sizeBytes: number;
  /** Why the caller's own stream broke, where it did: no region is to blame for that. */
  readonly sourceFault: () => TypeError | undefined;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export async function createOutgoing(
  path: string,
  init: FetchInit,
  newKey: () => string,
): Promise<Outgoing> {
  if (!path.startsWith("/") || path.startsWith("//")) {
    throw new TypeError(`fetch: the path must start with one slash, got "${path}"; give no origin`);
  }
  const { app, idempotencyKey, deadlineMs: _d, stale: _s, signal, ...given } = init;
  const { method: rawMethod, headers: rawHeaders, body: rawBody, ...rest } = given;
  const method = (rawMethod ?? "GET").toUpperCase();
  const headers = new Headers(rawHeaders);
  const safe = SAFE.has(method);
  if (!safe && idempotencyKey !== false && !headers.has("idempotency-key")) {
    headers.set("idempotency-key", checkedKey(idempotencyKey ?? newKey()));
  }
  check(method, rest, rawBody, signal);
  let fault: TypeError | undefined;
  const body = isSource(rawBody)
    ? streamOf(rawBody, (found) => {
        fault = found;
      })
    : rawBody instanceof FormData
      ? await encodedForm(rawBody, headers)
      : rawBody;
  const replayable = !(body instanceof ReadableStream);
  const keyed = headers.has("idempotency-key") && replayable;
  const name = app ?? path.split(/[/?#]/, 2)[1] ?? "";
  return {
    app: name,
    path,
    method,
    headers,
    rest,
    access: safe && replayable ? "read" : keyed ? "keyed" : "bare",
    sizeBytes: sizeOf(body),
    sourceFault: () => fault,
    ...(body === undefined || body === null ? {} : { body }),
  };
}

/** What the platform's fetch would refuse in every region is refused at once. */
function check(
  method: string,
  rest: RequestInit,
  body: FetchInit["body"],
  signal: FetchInit["signal"],
): void {
  if ((method === "GET" || method === "HEAD") && body !== undefined && body !== null) {
    throw new TypeError(`fetch: a ${method} has no body; leave it out, or use POST`);
  }
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
    throw new TypeError("fetch: signal has to be an AbortSignal");
  }
  // The platform's own checks, of which those of other bodies would use them up.
  if (body instanceof ReadableStream) new Response(body);
  new Request("http://region.invalid/", { ...rest, method });
}

function checkedKey(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new TypeError(
    `idempotencyKey: 1 to 255 visible ASCII characters are needed, got ${JSON.stringify(key)}`,
  );
}

async function encodedForm(form: FormData, headers: Headers): Promise<Blob> {
  const encoded = new Response(form);
  const type = encoded.headers.get("content-type");
  const blob = await encoded.blob();
  if (type !== null) headers.set("content-type", type);
  return blob;
}

function sizeOf(body: BodyInit | null | undefined): number {
  if (typeof body === "string") return body.length;
  if (body instanceof Blob) return body.size;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return 0;
}
