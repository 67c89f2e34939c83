/**
 * The supervisor's own HTTP door, on loopback, for operators only. *adapter*
 *
 *   GET    /control/status
 *   POST   /control/faults         {kind, regions?, options?: {direction, delayMs, jitterMs, loss}}
 *   POST   /control/regions        {id}
 *   DELETE /control/regions/{id}[?accept-data-loss=true]
 *   POST   /control/stop
 *
 * Every request carries the operator's token (`Authorization: Bearer`) or comes from a page of a
 * signed-in operator; the front door hands on /control/ for the console. Errors are problem objects
 * that name what was wrong, and the fix.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import {
  ConfigurationError,
  explainError,
  OperatingError,
  showValue,
} from "../../../base/errors.ts";
import type { MembersResult } from "./messages.ts";

export interface ControlDuties {
  status(): Promise<unknown>;
  /** `by`: who asks. */
  fault(body: unknown, by: string): Promise<unknown>;
  addRegion(body: unknown): Promise<MembersResult>;
  removeRegion(id: string, acceptDataLoss: boolean): Promise<MembersResult>;
  stop(): void;
  /** The name of the operator who is signed in with these headers. */
  operatorOf?(headers: IncomingHttpHeaders): Promise<string | undefined>;
}

export interface Control {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
const REGIONS_PATH = "/control/regions/";

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export async function openControl(operatorToken: string, duties: ControlDuties): Promise<Control> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(request, operatorToken, duties).then((reply) => write(response, reply));
  });
  const host = "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { host, port, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 200).unref();
  });
}

const problem = (status: number, code: string, title: string, more: object): Reply => ({
  status,
  body: { type: `/problems/${code}`, title, status, ...more },
});

async function answer(
  request: IncomingMessage,
  token: string,
  duties: ControlDuties,
): Promise<Reply> {
  const { headers } = request;
  const by = hasToken(headers.authorization, token)
    ? "operator"
    : await duties.operatorOf?.(headers);
  if (by === undefined) {
    const detail = "Send the token of the data directory's operator-token file as a bearer token.";
    return problem(401, "token-refused", "The operator's token is needed", { detail });
  }
  try {
    return await route(request, duties, by);
  } catch (error) {
    return problemOfError(error);
  }
}

async function route(request: IncomingMessage, duties: ControlDuties, by: string): Promise<Reply> {
  const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://control");
  switch (`${request.method} ${path}`) {
    case "GET /control/status":
      return { status: 200, body: await duties.status() };
    case "POST /control/faults":
      return { status: 200, body: await duties.fault(await readJson(request), by) };
    case "POST /control/regions":
      return ofMembers(await duties.addRegion(await readJson(request)));
    case "POST /control/stop":
      duties.stop();
      return { status: 202, body: { stopping: true } };
  }
  if (request.method === "DELETE" && path.startsWith(REGIONS_PATH)) {
    const id = decodeURIComponent(path.slice(REGIONS_PATH.length));
    const acceptDataLoss = searchParams.get("accept-data-loss") === "true";
    return ofMembers(await duties.removeRegion(id, acceptDataLoss));
  }
  const detail = `${request.method} ${path} is not a control route`;
  return problem(404, "not-found", "Nothing has this address", { detail });
}

function ofMembers(result: MembersResult): Reply {
  if (result.kind === "ok") return { status: 200, body: { done: true } };
  if (result.kind === "failed") {
    const type = result.code === "would-lose-data" ? "would-lose-data" : "transition-refused";
    return problem(409, type, "The members were not changed", { detail: result.reason });
  }
  const title = "It is not known whether the members were changed";
  return problem(504, "outcome-unknown", title, { detail: result.reason });
}

function problemOfError(error: unknown): Reply {
  if (error instanceof ConfigurationError) {
    const { message: detail, what, fix } = error;
    return problem(400, "invalid-request", what, { detail, got: showValue(error.got), fix });
  }
  if (error instanceof OperatingError) {
    return problem(409, error.code, "It could not be done", { detail: error.message });
  }
  return problem(500, "internal-error", "A fault of the supervisor", {
    detail: explainError(error),
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new ConfigurationError({
        what: "the body is too large",
        got: bytes,
        fix: "Send at most 64 KB.",
      });
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return text === "" ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw new ConfigurationError({
      what: "the body is not JSON",
      got: text,
      fix: "Send one JSON object.",
    });
  }
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function hasToken(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}

function write(response: ServerResponse, reply: Reply): void {
  const type = reply.status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(reply.status, { "content-type": type, "cache-control": "no-store" });
  response.end(JSON.stringify(reply.body));
}
