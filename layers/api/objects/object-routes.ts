/**
 * What signed addresses lead to: PUT and GET of one object, in every target alike. *composition*
 *
 *   PUT  /{app}/objects/{bucket}/{key}?...&signature=   the bytes, of the type and size permitted
 *   GET  /{app}/objects/{bucket}/{key}?...&signature=   the bytes, with ranges
 *
 * There is no session: the address is the permission. Who may have one is the app's to decide.
 */
import type { Hono } from "hono";
import { isDigest } from "../../objects/names.ts";
import type { Conditions } from "../../objects/port.ts";
import { encodingProblem } from "../body.ts";
import type { AppContext } from "../define-app.ts";
import { type Problem, problem } from "../problem.ts";
import { refusalOf, respond } from "../reply.ts";
import { parseIfMatch } from "../request-headers.ts";
import type { Scope } from "../scope.ts";
import { contentDigestOf } from "./content-digest.ts";
import { bodyOf, problemOfObject, respondObject } from "./object-response.ts";
import type { SignedAddress, SignedMethod } from "./signed-url.ts";

export const OBJECT_PATHS = "objects";

export function addObjectRoutes(hono: Hono<{ Bindings: Scope }>, context: AppContext): void {
  const path = `/${context.appId}/${OBJECT_PATHS}/*`;
  hono.put(path, (c) => putObject(c.env, context));
  hono.get(path, (c) => getObject(c.env, context));
}

async function permitOf(
  scope: Scope,
  { objects, now }: AppContext,
  method: SignedMethod,
): Promise<SignedAddress | Problem> {
  const url = new URL(scope.request.url);
  const found = await objects.signer.check(method, url.pathname, url.searchParams, now() / 1000);
  if (found === undefined) {
    return problem("address-refused", "The signature does not fit the address.");
  }
  if (found === "expired") return problem("address-refused", "The address has expired.");
  return found;
}

async function putObject(scope: Scope, context: AppContext): Promise<Response> {
  scope.route = `/${context.appId}/${OBJECT_PATHS}/`;
  const permit = await permitOf(scope, context, "PUT");
  if ("kind" in permit) return respond(scope, permit);
  const refused = refusalOf(scope.platform.routing, context.appId) ?? checkHeaders(scope, permit);
  if (refused !== undefined) return respond(scope, refused);
  const digest = contentDigestOf(scope.request.headers);
  if (digest !== undefined && !isDigest(digest)) {
    const detail = "Content-Digest is such as sha-256=:BASE64:, of 32 bytes.";
    return respond(scope, problem("invalid-header", detail));
  }
  const { bucket, key, contentType = "application/octet-stream", limitBytes, keep } = permit;
  const conditions = await conditionsOf(scope, context, permit);
  if ("kind" in conditions) return respond(scope, conditions);
  const put = await context.objects.put(bucket, key, bodyOf(scope.request), {
    contentType,
    ...conditions,
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(digest === undefined ? {} : { digest }),
    ...(keep === undefined ? {} : { expires: keep }),
  });
  if (put.kind !== "ok") {
    const isStale = put.kind === "failed" && put.code === "condition-failed";
    return respond(scope, isStale ? CHANGED : problemOfObject(put));
  }
  const { version, receipt, sizeBytes } = put.value;
  const body = { bucket, key, digest: put.value.digest, sizeBytes, contentType, version };
  const epoch = scope.platform.routing.app(context.appId)?.epoch ?? 0;
  const headers = { etag: `"${put.value.digest}"` };
  return respond(scope, {
    kind: "answer",
    status: 201,
    body,
    headers,
    acknowledged: { receipt, version, epoch },
  });
}

const CHANGED = problem("precondition-failed", "Another object has this name by now, or none.");

/** What `If-Match` and `If-None-Match: *` ask of the object that has the name; its ETag is known. */
async function conditionsOf(
  scope: Scope,
  { objects }: AppContext,
  { bucket, key }: SignedAddress,
): Promise<Conditions | Problem> {
  const { headers } = scope.request;
  const wanted = parseIfMatch(headers.get("if-match"));
  if (wanted.kind === "problem") return wanted;
  const isNew = headers.get("if-none-match")?.trim() === "*";
  if (wanted.value === undefined) return isNew ? { ifAbsent: true } : {};
  const found = await objects.head(bucket, key);
  if (found.kind === "failed") return problemOfObject(found);
  const object = found.value;
  const isMet =
    object !== undefined && (wanted.value === "any" || wanted.value.includes(object.digest));
  return isMet && !isNew ? { ifVersion: object.version } : CHANGED;
}

const PART = problem(
  "invalid-header",
  "Content-Range says that the body is a part; an object is put whole.",
);

function checkHeaders(scope: Scope, permit: SignedAddress): Problem | undefined {
  const { headers } = scope.request;
  const encoded = encodingProblem(headers);
  if (encoded !== undefined) return encoded;
  if (headers.has("content-range")) return PART;
  const type = headers.get("content-type")?.trim().toLowerCase();
  if (permit.contentType !== undefined && type !== permit.contentType.toLowerCase()) {
    const detail = `Content-Type is ${type ?? "missing"}; this address takes ${permit.contentType}.`;
    const advice = `Send \`Content-Type: ${permit.contentType}\`, or ask for another address.`;
    return problem("wrong-content-type", detail, { advice });
  }
  const { limitBytes } = permit;
  const declared = headers.get("content-length");
  if (limitBytes === undefined || declared === null || !(Number(declared) > limitBytes)) {
    return undefined;
  }
  const detail = `The body is larger than ${limitBytes} bytes.`;
  return problem("too-large", detail, { extra: { limitBytes } });
}

async function getObject(scope: Scope, context: AppContext): Promise<Response> {
  scope.route = `/${context.appId}/${OBJECT_PATHS}/`;
  const permit = await permitOf(scope, context, "GET");
  if ("kind" in permit) return respond(scope, permit);
  const { objects } = context;
  const found = await objects.head(permit.bucket, permit.key);
  if (found.kind === "failed") return respond(scope, problemOfObject(found));
  if (found.value === undefined) {
    return respond(scope, problem("not-found", "No object has this name."));
  }
  const { fileName } = permit;
  return respondObject(
    scope,
    objects.open,
    found.value,
    fileName === undefined ? {} : { fileName },
  );
}
