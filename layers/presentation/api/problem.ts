/**
 * What an answer that is not a success means to a page. *pure*
 *
 * The server speaks `application/problem+json` (RFC 9457) with a stable `type`; its last path
 * segment is our code. Where a proxy answered in its place there is only a status, and where the
 * network failed there is not even that: both still get a code, so that pages switch on one union
 * and never on message text.
 *
 * Invariants
 *  1 every failed request ends in exactly one ApiProblem      (request.ts throws no other)
 *  2 a code is retryable only where a second copy with the same key is harmless (RETRYABLE)
 */
import type { FieldError, ProblemCode as ServerCode } from "../../api/problem.ts";

export const PROBLEM_CODES = [
  "fenced",
  "not-serving",
  "outcome-unknown",
  "offline",
  "unavailable",
  "too-many-requests",
  "unauthenticated",
  "wrong-credentials",
  "sign-in-refused",
  "forbidden",
  "not-found",
  "conflict",
  "name-taken",
  "would-lose-data",
  "stale-version",
  "invalid",
  "too-large",
  "image-refused",
  "upload-missing",
  "key-reused",
  "no-majority",
  "internal",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

const RETRYABLE: ReadonlySet<ProblemCode> = new Set([
  "fenced",
  "not-serving",
  "outcome-unknown",
  "offline",
  "unavailable",
  "too-many-requests",
]);

/** Every type the server can send; a new one there does not compile until it is placed here. */
const BY_TYPE: Readonly<Record<ServerCode, ProblemCode>> = {
  "invalid-request": "invalid",
  "broken-json": "invalid",
  "invalid-header": "invalid",
  "malformed-request": "invalid",
  "timed-out": "unavailable",
  "expectation-failed": "invalid",
  "head-too-large": "too-large",
  "image-refused": "image-refused",
  "upload-missing": "upload-missing",
  "not-signed-in": "unauthenticated",
  "token-refused": "unauthenticated",
  "wrong-credentials": "wrong-credentials",
  "session-ended": "unauthenticated",
  "federation-failed": "sign-in-refused",
  "code-refused": "sign-in-refused",
  "provider-not-ready": "unavailable",
  "not-allowed": "forbidden",
  "cross-site-request": "forbidden",
  "not-found": "not-found",
  "method-not-allowed": "not-found",
  conflict: "conflict",
  "name-taken": "name-taken",
  "precondition-failed": "stale-version",
  "too-large": "too-large",
  "wrong-content-type": "invalid",
  "digest-mismatch": "invalid",
  "body-interrupted": "unavailable",
  "range-not-satisfiable": "invalid",
  "address-refused": "forbidden",
  "bytes-travelling": "unavailable",
  "idempotency-mismatch": "key-reused",
  "too-many-attempts": "too-many-requests",
  "internal-error": "internal",
  fenced: "fenced",
  "not-serving": "not-serving",
  elsewhere: "not-serving",
  "too-few-in-sync": "unavailable",
  unavailable: "unavailable",
  busy: "unavailable",
  unhealthy: "unavailable",
  "bad-gateway": "unavailable",
  "outcome-unknown": "outcome-unknown",
  "no-candidate": "conflict",
  "would-lose-data": "would-lose-data",
  "transition-refused": "conflict",
  "no-majority": "no-majority",
};

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: "invalid",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  412: "stale-version",
  413: "too-large",
  422: "key-reused",
  429: "too-many-requests",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

export interface ProblemParts {
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The region that serves writes, when the refusal named it. */
  readonly servingRegion?: string;
  readonly retryAfterMs?: number;
  /** What exactly was refused, where the type has several reasons. */
  readonly reason?: string;
  /** The fields that were not accepted. */
  readonly fields?: readonly FieldError[];
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly servingRegion: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly fields: readonly FieldError[];

  constructor(parts: ProblemParts, cause?: unknown) {
    super(parts.detail || parts.title, { cause });
    this.code = parts.code;
    this.status = parts.status;
    this.title = parts.title;
    this.detail = parts.detail;
    this.servingRegion = parts.servingRegion;
    this.retryAfterMs = parts.retryAfterMs;
    this.reason = parts.reason;
    this.fields = parts.fields ?? [];
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function codeOf(type: string, status: number): ProblemCode {
  const slug = type.split(/[/#:]/).filter(Boolean).at(-1) ?? "";
  const named = Object.hasOwn(BY_TYPE, slug) ? BY_TYPE[slug as ServerCode] : undefined;
  return named ?? BY_STATUS[status] ?? (status >= 500 ? "internal" : "invalid");
}

/** `Retry-After` in seconds (fractions allowed) or as an HTTP date; undefined when unreadable. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function servingRegionOf(record: Record<string, unknown>): string {
  for (const name of ["servingRegion", "serving"]) {
    const value = record[name];
    if (typeof value === "string") return value;
  }
  const list = record["servingRegions"];
  return Array.isArray(list) ? text(list[0]) : "";
}

/** The problem in an answer's body; a body that is no problem document still gives one. */
export function parseProblem(
  status: number,
  body: unknown,
  retryAfter: string | null,
  nowMs: number,
): ApiProblem {
  const record: Record<string, unknown> =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const serving = servingRegionOf(record);
  const reason = text(record["reason"]);
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  return new ApiProblem({
    code: codeOf(text(record["type"]), status),
    status,
    title: text(record["title"]) || `HTTP ${status}`,
    detail: text(record["detail"]),
    ...(serving === "" ? {} : { servingRegion: serving }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === "" ? {} : { reason }),
    ...(Array.isArray(record["errors"]) ? { fields: record["errors"] as FieldError[] } : {}),
  });
}

/** No region answered at all. */
export const offlineProblem = (cause: unknown): ApiProblem =>
  new ApiProblem({ code: "offline", status: 0, title: "No region answered", detail: "" }, cause);

/** Any thrown value as a problem, so that a page has one kind of error to show. */
export function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ code: "internal", status: 0, title: "Unexpected error", detail }, error);
}
