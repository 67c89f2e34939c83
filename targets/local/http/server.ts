/**
 * The HTTP server of regions and front doors: what both read, refuse and wait for alike. *shell*
 *
 *   socket --> node:http --> malformed? 400, 431, 408 --> one target, one Host --> `answer`
 *
 * Invariants
 *  H1 whatever a client sends gets an answer, or its connection ends: nothing waits for it for ever
 *                                                                (onMalformed, limitPauses)
 *  H2 a client that has sent its request and closed its half gets the whole answer (RFC 9112, 9.6)
 *                                                                        (httpAllowHalfOpen)
 *  H3 `request.url` begins with one slash, names no dot segments, and `request.headers.host` is the
 *     one host that it was sent to                                                 (readHead)
 *
 * Price of H2: a client that goes away looks like one that closed its half, until something is
 * written to it, and what it asked for is finished. An event stream has no end to wait for: there,
 * a closed half means that its reader has gone.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { answerProblem, endSoon, endWithProblem, type OwnProblem } from "./problem.ts";
import { limitPauses } from "./slow-body.ts";
import { readHost, readTarget } from "./target.ts";

export interface HttpServerOptions {
  /** What `Understudy-Region` says of answers that no route made. */
  readonly name: string;
  /** Beyond HEAD_BYTES: what a proxy of ours adds on the way. */
  readonly extraHeadBytes?: number;
  readonly keepAliveMs: number;
  readonly headersMs?: number;
  /** How often heads that are late are looked for: connections that say nothing end as soon. */
  readonly lateLookMs?: number;
  /** The longest pause within a body. */
  readonly bodyIdleMs?: number;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends a request whose body does not arrive; default: answers, whatever `answer` is at. */
  readonly refuse?: (request: IncomingMessage, problem: OwnProblem) => void;
}

/** Of a request's head: its first line and its header. */
export const HEAD_BYTES = 32 * 1024;
export const BODY_IDLE_MS = 30_000;
/** Of what a client sent, in what it is told. */
const SHOWN = 80;
const HEADERS_MS = 10_000;
const LATE_LOOK_MS = 2_000;
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Whether a server there has its port on every address of the machine. */
export const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

export const EVENT_STREAM = "text/event-stream";

export function createHttpServer(options: HttpServerOptions): Server {
  const { name, bodyIdleMs = BODY_IDLE_MS, answer } = options;
  /** The newest request of each connection: what its bytes belong to. */
  const newest = new WeakMap<Socket, ServerResponse>();
  const ended = new WeakSet<Socket>();

  // The socket is given: by its end a request may have let go of it.
  const refuse = (socket: Socket, response: ServerResponse, own: OwnProblem): void => {
    if (response.writableFinished) return void socket.destroy();
    response.once("close", () => socket.destroy());
    if (options.refuse === undefined) answerProblem(response, own, name);
    else options.refuse(response.req, own);
  };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    newest.set(socket, response);
    const objection = readHead(request);
    if (objection !== undefined) {
      response.shouldKeepAlive = false;
      return answerProblem(response, objection, name);
    }
    if (request.url === "*") {
      response.writeHead(204, { allow: METHODS, "understudy-region": name }).end();
      return;
    }
    if (!request.complete) {
      limitPauses(request, response, bodyIdleMs, (detail) =>
        refuse(socket, response, { code: "timed-out", detail }),
      );
    }
    if (request.headers.accept === EVENT_STREAM) endWithReader(request, response);
    answer(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES + (options.extraHeadBytes ?? 0),
      headersTimeout: options.headersMs ?? HEADERS_MS,
      connectionsCheckingInterval: options.lateLookMs ?? LATE_LOOK_MS,
      // A large upload may take long; its pauses are what is bounded.
      requestTimeout: 0,
      keepAliveTimeout: options.keepAliveMs,
      // Told in our own words (readHead).
      requireHostHeader: false,
      noDelay: true,
    },
    take,
  );
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  // Bytes are what is bounded. Node drops silently what is beyond its number.
  server.maxHeadersCount = 0;

  const onMalformed = (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (ended.has(socket)) return;
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy(error);
    ended.add(socket);
    const own = problemOf(error);
    const response = newest.get(socket);
    if (response === undefined || (response.writableFinished && response.req.complete)) {
      return endWithProblem(socket, own, name);
    }
    if (!response.req.complete) {
      // What was answered before its end came is not answered twice.
      if (response.writableEnded) return endSoon(socket);
      if (response.headersSent) return void socket.destroy();
      return refuse(socket, response, own);
    }
    // The requests before it are answered first; and Node may end the connection when they are.
    response.prependOnceListener("finish", () => endWithProblem(socket, own, name));
  };
  server.on("clientError", (error, socket) => onMalformed(error, socket as Socket));
  server.on("checkExpectation", (request, response) => {
    response.shouldKeepAlive = false;
    const detail = `Expect is ${request.headers.expect?.slice(0, SHOWN)}.`;
    answerProblem(response, { code: "expectation-failed", detail }, name);
  });
  server.on("connect", (_request, socket) => {
    const detail = "CONNECT is for proxies that lead elsewhere; this is none.";
    const headers = { allow: METHODS };
    endWithProblem(socket as Socket, { code: "method-not-allowed", detail, headers }, name);
  });
  return server;
}

function endWithReader({ socket }: IncomingMessage, response: ServerResponse): void {
  const end = (): void => void socket.destroy();
  socket.once("end", end);
  response.once("close", () => socket.off("end", end));
}

function problemOf({ code, message }: NodeJS.ErrnoException): OwnProblem {
  if (code === "HPE_HEADER_OVERFLOW") {
    const detail = `The head of a request may have ${HEAD_BYTES} bytes.`;
    return { code: "head-too-large", detail, extra: { limitBytes: HEAD_BYTES } };
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return { code: "timed-out", detail: "The head did not arrive in time." };
  }
  return { code: "malformed-request", detail: `The request cannot be read: ${message}.` };
}

/** Brings the head into its one form (H3); else says what is wrong with it. */
function readHead(request: IncomingMessage): OwnProblem | undefined {
  const framing = objectToFraming(request);
  if (framing !== undefined) return malformed(framing);
  const target = readTarget(request.method ?? "GET", request.url ?? "");
  if (target.kind === "malformed") return malformed(target.detail);
  const given = hostIn(request);
  if (typeof given === "object") return given;
  request.url = target.kind === "server" ? "*" : target.path;
  const authority = target.kind === "path" ? target.authority : undefined;
  const host = authority ?? given ?? ownHost(request.socket);
  if (host !== request.headers.host) setHost(request, host);
  return undefined;
}

/**
 * A body in a coding that is not taken off would be kept as something else than was sent; and where
 * a body of HTTP/1.0 ends, a proxy before us may see otherwise (RFC 9112, 6.1).
 */
function objectToFraming(request: IncomingMessage): string | undefined {
  const { httpVersion, httpVersionMajor, httpVersionMinor, headers } = request;
  if (httpVersionMajor !== 1) return `HTTP/${httpVersion} is not spoken here`;
  const coding = headers["transfer-encoding"];
  if (coding === undefined) return undefined;
  if (httpVersionMinor === 0) return "HTTP/1.0 has no Transfer-Encoding";
  if (coding.trim().toLowerCase() === "chunked") return undefined;
  return `Transfer-Encoding has to be chunked, got ${coding.slice(0, SHOWN)}`;
}

/** Undefined: none, as HTTP/1.0 allows. */
function hostIn(request: IncomingMessage): string | undefined | OwnProblem {
  let host: string | undefined;
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (host !== undefined) return malformed("the request has more than one Host");
    host = rawHeaders[at + 1] ?? "";
  }
  if (host !== undefined) {
    const read = readHost(host);
    return read.kind === "host" ? read.host : malformed(read.detail);
  }
  if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) return undefined;
  return malformed("the request has no Host");
}

function setHost(request: IncomingMessage, host: string): void {
  request.headers.host = host;
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if ((rawHeaders[at] ?? "").toLowerCase() !== "host") continue;
    rawHeaders[at + 1] = host;
    return;
  }
  rawHeaders.push("Host", host);
}

function ownHost({ localAddress = "", localPort }: Socket): string {
  const address = localAddress.replace(/^::ffff:/, "");
  return `${address.includes(":") ? `[${address}]` : address}:${localPort}`;
}

const malformed = (detail: string): OwnProblem => ({ code: "malformed-request", detail });
