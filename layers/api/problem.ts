/**
 * Every error a client can meet, in one table. *pure*, *public*
 *
 * Errors are `application/problem+json` (RFC 9457). `type` is stable, is what programs compare, and
 * is a path that answers with this table's row. One function maps the outcomes of the store, so
 * that `fenced`, `outcome-unknown` and a success can never be mixed up from route to route.
 *
 * Invariants
 *  P1 an unknown outcome is 504 `outcome-unknown`: never a success, never the 503 of a refusal,
 *     which promises that nothing happened                             (problemOfWrite, its test)
 *  P2 every WriteCode and ReadCode has a row                                         (the types)
 *  P3 a status and a title belong to a type, not to a call site                       (PROBLEMS)
 */
import type { Outcome } from "../../base/outcome.ts";
import type { ReadCode, ReadInfo, WriteCode } from "../key-value/port.ts";
import type { CommandCode } from "../routing/port.ts";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the client may do about it. */
  readonly advice: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

const kinds = {
  "invalid-request": {
    status: 400,
    title: "The request is not valid",
    advice: "Correct the fields named in `errors`; each says what was got and the fix.",
  },
  "broken-json": {
    status: 400,
    title: "The body is not JSON",
    advice: "Send one JSON object in UTF-8.",
  },
  "invalid-header": {
    status: 400,
    title: "A request header is not valid",
    advice: "Correct the header that `detail` names.",
  },
  "malformed-request": {
    status: 400,
    title: "The request is not HTTP that is understood here",
    advice: "Correct what `detail` names: nothing was done.",
  },
  "timed-out": {
    status: 408,
    title: "The request did not arrive in time",
    advice: "Send it again, without long pauses within its head or its body.",
  },
  "head-too-large": {
    status: 431,
    title: "The head of the request is too large",
    advice: "Send fewer or shorter header fields; `limitBytes` is the most of all together.",
  },
  "expectation-failed": {
    status: 417,
    title: "What the request expects is not offered",
    advice: "Leave `Expect` out, or send `Expect: 100-continue`.",
  },
  "not-signed-in": {
    status: 401,
    title: "No session",
    advice: "Sign in at /identity/sign-in and send the access token as `Authorization: Bearer`.",
  },
  "token-refused": {
    status: 401,
    title: "The access token is not accepted",
    advice: "Renew it at /identity/refresh, or sign in again.",
  },
  "wrong-credentials": {
    status: 401,
    title: "User name or password is wrong",
    advice: "Check both. Which of the two was wrong is not told.",
  },
  "session-ended": {
    status: 401,
    title: "The session has ended",
    advice: "Sign in again.",
  },
  "code-refused": {
    status: 401,
    title: "The code is not accepted",
    advice: "It is wrong, was used before, or is too old: ask for another one.",
  },
  "federation-failed": {
    status: 401,
    title: "Signing in with another provider failed",
    advice: "Begin again; `detail` says what was wrong.",
  },
  "not-allowed": {
    status: 403,
    title: "Not allowed",
    advice: "Ask somebody who has the right that `detail` names.",
  },
  "cross-site-request": {
    status: 403,
    title: "Refused: the request came from another site",
    advice: "Send it from this site's own pages, or with a bearer token instead of the cookie.",
  },
  "not-found": {
    status: 404,
    title: "Nothing has this address",
    advice: "Check the path; /openapi.json lists the routes.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The route does not have this method",
    advice: "Use one of the methods in `Allow`.",
  },
  conflict: {
    status: 409,
    title: "The state of the item does not allow this",
    advice: "Read the item again and decide anew.",
  },
  "name-taken": {
    status: 409,
    title: "The name is taken",
    advice: "Choose another name, or sign in if it is yours.",
  },
  "precondition-failed": {
    status: 412,
    title: "The item has changed since",
    advice: "Read it again, and send the new ETag in `If-Match`.",
  },
  "too-large": {
    status: 413,
    title: "Too large",
    advice: "Send less; `detail` names the limit.",
  },
  "wrong-content-type": {
    status: 415,
    title: "The body is of a type this route does not read",
    advice: "Send a type the route reads, such as `application/json`, in UTF-8 and not encoded.",
  },
  "digest-mismatch": {
    status: 422,
    title: "The bytes are not what the request said they are",
    advice: "Nothing was kept. Send the bytes again; if it happens again, compute the digest anew.",
  },
  "image-refused": {
    status: 422,
    title: "The picture is not taken",
    advice: "Nothing was kept. `detail` says what is wrong with it, `reason` is its code.",
  },
  "upload-missing": {
    status: 409,
    title: "There are no bytes under this upload",
    advice: "Ask for an upload, send the bytes to its address, and then name it here.",
  },
  "body-interrupted": {
    status: 400,
    title: "The body ended before its end",
    advice: "Nothing was kept. Send it again, with the same idempotency key.",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "The range holds none of the bytes",
    advice: "`Content-Range` names the size; ask for a range within it.",
  },
  "address-refused": {
    status: 403,
    title: "The address permits nothing",
    advice: "It is wrong, was changed, or has expired: ask the app for another one.",
  },
  "bytes-travelling": {
    status: 503,
    title: "The bytes are still on their way",
    advice: "The object exists; show a placeholder, and ask again in a moment.",
    retryAfterSeconds: 1,
  },
  "idempotency-mismatch": {
    status: 422,
    title: "The idempotency key was used for another request",
    advice:
      "Use a new key for a new request, and the same body when you retry. " +
      "A key is kept for 24 hours.",
  },
  "too-many-attempts": {
    status: 429,
    title: "Too many attempts",
    advice: "Wait as long as `Retry-After` says.",
    retryAfterSeconds: 30,
  },
  "internal-error": {
    status: 500,
    title: "A fault of the server",
    advice: "Report the `traceId`; the details are in the server's log.",
  },
  fenced: {
    status: 503,
    title: "Writes are fenced",
    advice: "Reads are served. Nothing was written; try again when the app is no longer fenced.",
    retryAfterSeconds: 5,
  },
  "not-serving": {
    status: 503,
    title: "This region does not serve writes for the app",
    advice: "Nothing was written; send it to one of `servingRegions`.",
    retryAfterSeconds: 1,
  },
  elsewhere: {
    status: 503,
    title: "Another region decides this",
    advice: "Nothing was written; send it to `homeRegion`.",
    retryAfterSeconds: 1,
  },
  "too-few-in-sync": {
    status: 503,
    title: "Too few regions are in sync",
    advice: "Nothing was written: the app asks for more copies than can be made right now.",
    retryAfterSeconds: 2,
  },
  unavailable: {
    status: 503,
    title: "Not available right now",
    advice: "Nothing was written; try again.",
    retryAfterSeconds: 1,
  },
  busy: {
    status: 503,
    title: "Too much to do right now",
    advice: "Nothing was done; try again after `Retry-After`.",
    retryAfterSeconds: 1,
  },
  unhealthy: {
    status: 503,
    title: "Unhealthy",
    advice: "`detail` names the check that fails.",
  },
  "bad-gateway": {
    status: 502,
    title: "The regions broke off",
    advice: "Two connections broke under this request; it may be what ends them. Do not repeat it.",
  },
  "outcome-unknown": {
    status: 504,
    title: "It is not known whether this happened",
    advice:
      "Retry with the same `Idempotency-Key` within 24 hours: it will not happen twice. " +
      "Without a key, look.",
    retryAfterSeconds: 1,
  },
  "no-candidate": {
    status: 409,
    title: "No region can take over",
    advice: "`detail` says why; an operator may accept data loss.",
  },
  "would-lose-data": {
    status: 409,
    title: "This would lose acknowledged writes",
    advice: "Wait until the destination has caught up, or repeat with `acceptDataLoss: true`.",
  },
  "transition-refused": {
    status: 409,
    title: "The routing record does not allow this now",
    advice: "`detail` says why; see /routing/apps.",
  },
  "provider-not-ready": {
    status: 503,
    title: "The provider cannot be used",
    advice: "See /identity/providers: it names each missing or wrong setting with the fix.",
    retryAfterSeconds: 5,
  },
  "no-majority": {
    status: 503,
    title: "No majority of voters answers",
    advice: "Nothing was changed; see which voters are reachable.",
    retryAfterSeconds: 1,
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof kinds;
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = kinds;

/** One field that was not accepted. */
export interface FieldError {
  /** Dotted path, or the name of the parameter. */
  readonly field: string;
  readonly in: "body" | "query" | "path";
  readonly message: string;
  /** The value as got, shortened; never that of a secret. */
  readonly got: string;
  readonly fix: string;
}

export interface Problem {
  readonly kind: "problem";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the data that the refusal rests on: a miss has to say how current it is. */
  readonly info?: ReadInfo;
  /** In the place of the kind's own, where the route knows what would help. */
  readonly advice?: string;
  /** Members beside those of RFC 9457. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export const problem = (
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, "errors" | "headers" | "info" | "advice" | "extra"> = {},
): Problem => ({ kind: "problem", code, detail, ...more });

export const typeOf = (code: ProblemCode): string => `/problems/${code}`;

const OF_WRITE: Readonly<Record<WriteCode, ProblemCode>> = {
  "condition-failed": "conflict",
  fenced: "fenced",
  "not-serving": "not-serving",
  elsewhere: "elsewhere",
  "too-few-in-sync": "too-few-in-sync",
  "idempotency-mismatch": "idempotency-mismatch",
  "too-large": "too-large",
  invalid: "invalid-request",
  unavailable: "unavailable",
};
const OF_READ: Readonly<Record<ReadCode, ProblemCode>> = {
  "not-serving": "not-serving",
  unavailable: "unavailable",
  invalid: "invalid-request",
};
const OF_COMMAND: Readonly<Record<CommandCode, ProblemCode>> = {
  "not-allowed": "transition-refused",
  "no-candidate": "no-candidate",
  "would-lose-data": "would-lose-data",
  "no-majority": "no-majority",
  "not-serving": "not-serving",
  "key-reused": "idempotency-mismatch",
  "unknown-app": "not-found",
  "unknown-region": "invalid-request",
};

type NotOk<Code extends string> = Exclude<Outcome<never, Code>, { kind: "ok" }>;

export const problemOfWrite = (outcome: NotOk<WriteCode>): Problem =>
  outcome.kind === "unknown"
    ? problem("outcome-unknown", outcome.reason)
    : problem(OF_WRITE[outcome.code], outcome.reason);

export const problemOfRead = (outcome: {
  readonly kind: "failed";
  readonly code: ReadCode;
  readonly reason: string;
}): Problem => problem(OF_READ[outcome.code], outcome.reason);

export const problemOfCommand = (outcome: NotOk<CommandCode>): Problem =>
  outcome.kind === "unknown"
    ? problem("outcome-unknown", outcome.reason)
    : problem(OF_COMMAND[outcome.code], outcome.reason);

/** The table for docs/reference/problems.md. */
export function problemsAsMarkdown(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, kind]) =>
      `| \`${typeOf(code as ProblemCode)}\` | ${kind.status} | ${kind.title} | ${kind.advice} |`,
  );
  return [
    "# Problems",
    "",
    "Generated from `layers/api/problem.ts`. Compare `type`; titles and details are for people.",
    "",
    "| type | status | title | what to do |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
