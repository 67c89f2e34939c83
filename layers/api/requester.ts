/**
 * Whose a request's idempotency key is. *shell*
 *
 *   a session                        the user's: also after the access token was renewed
 *   a guest                          the guest's
 *   `identify` names who asks        that name's
 *   `identify: "by-body"`            nobody's by name: the body proves who asks, and is hashed
 *   else, with a good access token   the user's
 *   else                             nobody's by name; what the request carries that may say who
 *                                    sent it becomes part of the request
 *
 * Invariants
 *  W1 a stored answer is given only to the requester it was made for: the same user or name, or a
 *     request that carries the same credentials                                       (requesterOf)
 *  W2 another token of a requester without a name is refused (422), never carried out twice: the
 *     key is found, the request differs                                               (carriedBy)
 * Not promised: that two clients which carry nothing at all are told apart. Their keys are secrets.
 */
import { assert } from "../../base/assert.ts";
import { authenticate } from "./authenticate.ts";
import type { Problem } from "./problem.ts";
import { bearerOf, cookieOf } from "./request-headers.ts";
import type { Scope } from "./scope.ts";

/**
 * Names who sends a request of a route that is open to everyone, before the body is read: a string
 * that is the same for all of one person's requests and no one else's, a Problem that ends the
 * request, or undefined for a request that says nothing. `by-body` is for routes whose body holds
 * what proves it, such as a password or a code.
 */
export type Identify<Asking = never> =
  | "by-body"
  | ((call: Asking) => string | Problem | undefined | Promise<string | Problem | undefined>);

export interface Requester {
  readonly kind: "requester";
  /** Of the idempotency key. */
  readonly scope: string;
  /** Digest of what may say who sent it, where nothing else does; "" otherwise. */
  readonly carried: string;
  /** As `identify` said it, or the user's id. */
  readonly name: string | undefined;
}

const EVERYBODY = "anonymous";

export const userRequester = (userId: string): Requester => ({
  kind: "requester",
  scope: userId,
  carried: "",
  name: userId,
});

/** A name that no user's id can be. */
export function guestRequester(id: string): Requester {
  const name = `guest:${id}`;
  return { kind: "requester", scope: name, carried: "", name };
}

const UNNAMED: Requester = { kind: "requester", scope: EVERYBODY, carried: "", name: undefined };

/** `given`: what the route's `identify` is, and what it said. */
export async function requesterOf(
  scope: Scope,
  given: { readonly byBody: boolean; readonly name: string | undefined },
): Promise<Requester> {
  const { digest } = scope.platform;
  const { name } = given;
  if (name !== undefined) {
    assert(name !== "", "identify returned an empty name: return undefined where it is not known");
    // A digest, because a scope is part of a key and what an app names may be long.
    return { kind: "requester", scope: `by:${digest(`requester\n${name}`)}`, carried: "", name };
  }
  if (given.byBody) return UNNAMED;
  const { headers } = scope.request;
  const token = bearerOf(headers.get("authorization"));
  if (token !== undefined || cookieOf(headers.get("cookie"), scope.platform.cookies.access)) {
    const found = await authenticate(scope);
    if (found.kind === "ok") return userRequester(found.session.userId);
  }
  return { ...UNNAMED, carried: carriedBy(headers, digest) };
}

/**
 * Headers that describe the transport or the representation. Every other one may say who asks, so
 * a header that is missing here costs a retry (422) and shows nothing to anyone.
 */
const TRANSPORT: ReadonlySet<string> = new Set(
  (
    "accept baggage cache-control cdn-loop cf-connecting-ip cf-ipcountry cf-ray cf-visitor " +
    "connection date dnt expect forwarded from host idempotency-key keep-alive max-forwards " +
    "origin pragma prefer priority purpose range referer save-data te trailer " +
    "transfer-encoding traceparent tracestate true-client-ip upgrade " +
    "upgrade-insecure-requests user-agent via x-amzn-trace-id x-cloud-trace-context " +
    "x-correlation-id x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto " +
    "x-forwarded-server x-real-ip x-request-id x-requested-with x-request-start"
  ).split(" "),
);
const TRANSPORT_PREFIX = /^(?:accept-|content-|if-|sec-|understudy-|x-b3-|x-envoy-)/;

function carriedBy(headers: Headers, digest: (text: string) => string): string {
  const carried: string[] = [];
  for (const [name, value] of headers) {
    if (TRANSPORT.has(name) || TRANSPORT_PREFIX.test(name) || value === "") continue;
    carried.push(JSON.stringify([name, value]));
  }
  return carried.length === 0 ? "" : digest(carried.sort().join("\n"));
}
