/**
 * The request headers that say how to treat a request: key, session, consistency, precondition.
 * *pure*; everything from outside is bounded here.
 */
import type { Consistency, ReadOptions, Version } from "../key-value/port.ts";
import { type Problem, problem } from "./problem.ts";

export const RECEIPTS_LIMIT = 20;
const ETAGS_LIMIT = 20;
const RECEIPT = /^[!-+\--~]{1,256}$/;
const IDEMPOTENCY_KEY = /^[!-~]{1,255}$/;
/** One of a list, up to the comma behind it; it may be missing, and hold commas (RFC 9110, 5.6.1). */
const NEXT_ETAG = /[ \t]*(?:(W\/)?"([!#-~]{0,256})"[ \t]*)?(?:,|$)/y;
const LEVELS: readonly string[] = ["current", "leased", "stale"] satisfies Consistency[];

type Parsed<Value> = { readonly kind: "ok"; readonly value: Value } | Problem;
const ok = <Value>(value: Value): Parsed<Value> => ({ kind: "ok", value });

export function parseIdempotencyKey(header: string | null): Parsed<string | undefined> {
  if (header === null) return ok(undefined);
  if (IDEMPOTENCY_KEY.test(header)) return ok(header);
  return problem(
    "invalid-header",
    `Idempotency-Key has to be 1 to 255 visible ASCII characters, got ${header.length}` +
      " characters, or some that are not visible ASCII.",
  );
}

const NO_READING: ReadOptions = {};

/** What `Understudy-Session` and `Understudy-Consistency` ask of a read. */
export function parseReading(session: string | null, level: string | null): Parsed<ReadOptions> {
  if (session === null && level === null) return ok(NO_READING);
  if (level !== null && !LEVELS.includes(level)) {
    return problem(
      "invalid-header",
      `Understudy-Consistency has to be one of ${LEVELS.join(", ")}, got ${level.slice(0, 40)}.`,
    );
  }
  const receipts =
    session === null
      ? []
      : session
          .split(",", RECEIPTS_LIMIT + 2)
          .map((part) => part.trim())
          .filter((part) => part !== "");
  if (receipts.length > RECEIPTS_LIMIT) {
    return problem(
      "invalid-header",
      `Understudy-Session has to name at most ${RECEIPTS_LIMIT} receipts; send the newest ones.`,
    );
  }
  const wrong = receipts.find((receipt) => !RECEIPT.test(receipt));
  if (wrong !== undefined) {
    return problem("invalid-header", `Understudy-Session holds no receipt: ${wrong.slice(0, 40)}.`);
  }
  return ok({
    ...(level === null ? {} : { consistency: level as Consistency }),
    ...(receipts.length === 0 ? {} : { session: receipts }),
  });
}

/** The versions a client accepts; `any` is `*`. A weak tag names none of them (RFC 9110, 13.1.1). */
export type IfMatch = "any" | readonly Version[];

export function parseIfMatch(header: string | null): Parsed<IfMatch | undefined> {
  if (header === null) return ok(undefined);
  if (header.trim() === "*") return ok("any");
  const versions: Version[] = [];
  let count = 0;
  for (let at = 0; at < header.length; at = NEXT_ETAG.lastIndex) {
    NEXT_ETAG.lastIndex = at;
    const found = NEXT_ETAG.exec(header);
    if (found === null) return wrongIfMatch(header);
    const [, weak, version] = found;
    if (version === undefined) continue;
    count++;
    // A weak tag is one, and matches nothing: If-Match compares strongly (RFC 9110, 13.1.1).
    if (weak === undefined) versions.push(version);
  }
  return count === 0 || count > ETAGS_LIMIT ? wrongIfMatch(header) : ok(versions);
}

const wrongIfMatch = (header: string): Problem =>
  problem(
    "invalid-header",
    `If-Match has to be * or at most ${ETAGS_LIMIT} ETags in double quotes, e.g. "v1"; ` +
      `got ${header.slice(0, 80)}.`,
  );

/** The answer to a version in If-Match where there is none to compare it with. */
export const NO_VERSION = problem(
  "precondition-failed",
  "What this route changes has no version, so none of those in If-Match is its present one.",
);

export const etagOf = (version: Version): string => `"${version}"`;

/** One cookie's value out of a `Cookie` header. */
export function cookieOf(header: string | null, name: string): string | undefined {
  if (header === null) return undefined;
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

const BEARER = /^Bearer +([\w.~+/=-]{1,4096})$/i;

/** Whether the header holds a token, or means to. */
export const isBearer = (header: string): boolean => /^\s*Bearer(?:\s|$)/i.test(header);

export const bearerOf = (header: string | null): string | undefined =>
  header === null ? undefined : BEARER.exec(header)?.[1];
