/**
 * What an HTTP server of ours answers by itself, in the words of the regions' routes (RFC 9457).
 * *shell*
 */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEMS, type ProblemCode, typeOf } from "../../../layers/api/problem.ts";

export interface OwnProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that sends on is read, and not listened to, for so long: a reset would eat the answer. */
const LINGER_MS = 1_000;

/** `server`: what `Understudy-Region` says. */
export function writtenProblem({ code, detail, extra, headers }: OwnProblem, server: string) {
  const { status, title, advice, retryAfterSeconds } = PROBLEMS[code];
  const text = JSON.stringify({
    type: typeOf(code),
    title,
    status,
    detail,
    code,
    advice,
    region: server,
    ...extra,
  });
  return {
    status,
    text,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "understudy-region": server,
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      ...headers,
    } as Record<string, string>,
  };
}

export function answerProblem(response: ServerResponse, own: OwnProblem, server: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, text, headers } = writtenProblem(own, server);
  headers["content-length"] = String(Buffer.byteLength(text));
  // What is left of the request's body is not read: the connection cannot be used again.
  if (!response.req.complete) headers["connection"] = "close";
  response.writeHead(status, headers).end(text);
}

/** Where there is no request that could be answered: as bytes, and then the connection ends. */
export function endWithProblem(socket: Socket, own: OwnProblem, server: string): void {
  if (!socket.writable) return void socket.destroy();
  const { status, text, headers } = writtenProblem(own, server);
  headers["content-length"] = String(Buffer.byteLength(text));
  headers["connection"] = "close";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  endSoon(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`);
}

/** With what was written before, and `last`. */
export function endSoon(socket: Socket, last = ""): void {
  socket.end(last);
  const ended = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(ended));
}
