/**
 * Objects over HTTP: bodies in, bytes out, and what their errors are called. *shell*
 *
 * Bytes never change under a digest, so the digest is the ETag: `If-None-Match`, `If-Range` and
 * ranges are answered from the row alone, and only what is sent is read.
 */
import type { Body, ByteRange, ObjectInfo, OpenOutcome, Staged } from "../../objects/port.ts";
import { type Problem, type ProblemCode, problem } from "../problem.ts";
import { baseHeaders, epochOf, respond } from "../reply.ts";
import type { Scope } from "../scope.ts";

/** A request's body, chunk by chunk; stopped where the reader stops. */
export async function* bodyOf(request: Request): AsyncIterable<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel("stopped").catch(() => undefined);
  }
}

/** For `Response`: reads when the client does, and stops when it goes away. */
export function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await iterator.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}

const CODES: Readonly<Record<string, ProblemCode>> = {
  "digest-mismatch": "digest-mismatch",
  "too-large": "too-large",
  interrupted: "body-interrupted",
  invalid: "invalid-request",
  unavailable: "unavailable",
  travelling: "bytes-travelling",
  "range-not-satisfiable": "range-not-satisfiable",
  "condition-failed": "conflict",
  fenced: "fenced",
  "not-serving": "not-serving",
  "too-few-in-sync": "too-few-in-sync",
  "idempotency-mismatch": "idempotency-mismatch",
};

/** The problem of any outcome of an object store that is not ok. */
export function problemOfObject(
  outcome:
    | { readonly kind: "failed"; readonly code: string; readonly reason: string }
    | { readonly kind: "unknown"; readonly reason: string },
): Problem {
  if (outcome.kind === "unknown") return problem("outcome-unknown", outcome.reason);
  return problem(CODES[outcome.code] ?? "unavailable", outcome.reason);
}

export interface ObjectResponseOptions {
  /** Default: `private, no-cache`, so that every use asks with the ETag. */
  readonly cacheControl?: string;
  /** A browser saves it under this name instead of showing it. */
  readonly fileName?: string;
  /** Instead of that of the row. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing that was uploaded may run as a page of this origin. */
const OBJECT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Answers GET and HEAD for an object whose row was read, ranges and conditions included. */
export async function respondObject(
  scope: Scope,
  open: (object: Staged, range?: ByteRange) => Promise<OpenOutcome>,
  info: Pick<ObjectInfo, "digest" | "sizeBytes" | "contentType" | "createdOnMs">,
  options: ObjectResponseOptions = {},
): Promise<Response> {
  const { request } = scope;
  const etag = `"${info.digest}"`;
  const headers: Record<string, string> = {
    ...baseHeaders(scope, epochOf(scope)),
    "content-security-policy": OBJECT_POLICY,
    "content-type": options.contentType ?? info.contentType,
    "cache-control": options.cacheControl ?? "private, no-cache",
    "accept-ranges": "bytes",
    etag,
    ...(options.fileName === undefined ? {} : { "content-disposition": savedAs(options.fileName) }),
    ...options.headers,
  };
  const answer = (status: number, body: ReadableStream<Uint8Array> | null): Response => {
    scope.finished = true;
    scope.status = status;
    return new Response(body, { status, headers });
  };
  if (names(request.headers.get("if-none-match"), etag)) return answer(304, null);
  const range = rangeOf(request.headers, etag);
  if (request.method === "HEAD") {
    headers["content-length"] = String(info.sizeBytes);
    return answer(200, null);
  }
  const opened = await open(info, range);
  if (opened.kind === "failed") {
    const refused = problemOfObject(opened);
    if (opened.code !== "range-not-satisfiable") return respond(scope, refused);
    return respond(scope, {
      ...refused,
      headers: { "content-range": `bytes */${info.sizeBytes}` },
    });
  }
  const { first, last, sizeBytes, from, body } = opened.value;
  headers["content-length"] = String(last - first + 1);
  if (from !== scope.platform.region) headers["understudy-bytes-from"] = from;
  if (range === undefined) return answer(200, streamOf(body));
  headers["content-range"] = `bytes ${first}-${last}/${sizeBytes}`;
  return answer(206, streamOf(body));
}

const names = (header: string | null, etag: string): boolean =>
  (header ?? "").split(",").some((given) => {
    const tag = given.trim();
    return tag === "*" || tag.replace(/^W\//, "") === etag;
  });

/** One range; several, or one that cannot be read, count as none: the whole is sent. */
function rangeOf(headers: Headers, etag: string): ByteRange | undefined {
  const ifRange = headers.get("if-range");
  if (ifRange !== null && ifRange.trim() !== etag) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.get("range")?.trim() ?? "");
  if (match === null) return undefined;
  const first = Number(match[1]);
  return match[2] === "" || match[2] === undefined ? { first } : { first, last: Number(match[2]) };
}

function savedAs(fileName: string): string {
  const plain = fileName.replace(/[^\w. -]/g, "_");
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}

/** The body as one array, bounded; for code that has to see all of it. */
export async function readBytes(
  body: Body,
  limitBytes: number,
): Promise<{ readonly kind: "ok"; readonly bytes: Uint8Array<ArrayBuffer> } | Problem> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of body instanceof Uint8Array ? [body] : body) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        const extra = { limitBytes };
        return problem("too-large", `The body is larger than ${limitBytes} bytes.`, { extra });
      }
      parts.push(chunk);
    }
  } catch {
    return problem("body-interrupted", `The body ended after ${sizeBytes} bytes.`);
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { kind: "ok", bytes };
}
