/** What the front door itself answers with, in the words of the regions (RFC 9457). */
import type { ServerResponse } from "node:http";

export type DoorProblem = "unavailable" | "outcome-unknown" | "busy" | "too-large" | "timed-out";

const ROWS: Readonly<Record<DoorProblem, { status: number; title: string; retryAfter?: number }>> =
  {
    unavailable: { status: 503, title: "Not available right now", retryAfter: 1 },
    "outcome-unknown": { status: 504, title: "It is not known whether this happened" },
    busy: { status: 503, title: "Too much to do right now", retryAfter: 1 },
    "too-large": { status: 413, title: "Too large" },
    "timed-out": { status: 408, title: "The body did not arrive in time" },
  };

export function answerProblem(
  response: ServerResponse,
  code: DoorProblem,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, title, retryAfter } = ROWS[code];
  const body = { type: `/problems/${code}`, title, status, detail, code, ...extra };
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "understudy-region": "front-door",
  };
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  // What is left of the request's body is not read: the connection cannot be used again.
  if (!response.req.complete) headers["connection"] = "close";
  response.writeHead(status, headers).end(JSON.stringify(body));
}
