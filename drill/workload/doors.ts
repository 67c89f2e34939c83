/**
 * The two ways in which people reach an app: the smart client, and a bare fetch by the front door,
 * as a page without the client would do. *adapter*
 *
 * A door belongs to one session: it keeps the receipts of what was acknowledged, and sends them.
 */
import { Pool } from "undici";
import { type Client, ClientError, createClient, type Region } from "../../client/index.ts";
import type { PathName } from "../history.ts";
import type { Answer, Silence } from "./answers.ts";

export interface Request {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly consistency?: "current" | "stale";
}

export interface Door {
  readonly path: PathName;
  send(request: Request): Promise<Answer | Silence>;
  close(): void;
}

export const DEADLINE_MS = 10_000;
const RECEIPTS_KEPT = 20;
const CONNECTIONS_MOST = 256;

const headersOf = ({ token, body, consistency }: Request): Record<string, string> => ({
  accept: "application/json",
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  ...(body === undefined ? {} : { "content-type": "application/json" }),
  ...(consistency === undefined ? {} : { "understudy-consistency": consistency }),
});

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const header = (name: string): string | null => response.headers.get(name);
  return { status: response.status, header, body: parsed(text) };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The regions' addresses are given, so that the front door has no part in it. */
export function openClientDoor(regions: readonly Region[]): Door {
  const client: Client = createClient({ regions, deadlineMs: DEADLINE_MS });
  return {
    path: "client",
    close: () => client.close(),
    async send(request) {
      const { method, path, body, key } = request;
      try {
        const response = await client.fetch(path, {
          method,
          headers: headersOf(request),
          ...(key === undefined ? {} : { idempotencyKey: key }),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return await readAnswer(response);
      } catch (error) {
        if (!(error instanceof ClientError)) return { code: nameOf(error), isCertain: false };
        return { code: error.code, isCertain: error.code === "unavailable" };
      }
    },
  };
}

/**
 * Straight to one address: the front door, or a region. Over undici's own interface, which costs a
 * third of `fetch`: a load generator that is busy with itself measures itself.
 */
export function openPlainDoor(origin: string): Door {
  const receipts: string[] = [];
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MOST,
    pipelining: 1,
    headersTimeout: DEADLINE_MS,
    bodyTimeout: DEADLINE_MS,
  });
  return {
    path: "front-door",
    close: () => void pool.destroy(),
    async send(request) {
      const { method, path, body, key } = request;
      const headers = headersOf(request);
      if (key !== undefined) headers["idempotency-key"] = key;
      if (receipts.length > 0) headers["understudy-session"] = receipts.join(",");
      try {
        const sent = body === undefined ? null : JSON.stringify(body);
        const response = await pool.request({ method, path, headers, body: sent });
        const { statusCode: status } = response;
        const header = (name: string): string | null => {
          const value = response.headers[name];
          return typeof value === "string" ? value : null;
        };
        const answer = { status, header, body: parsed(await response.body.text()) };
        const receipt = header("understudy-receipt");
        if (status < 300 && receipt !== null) {
          receipts.push(receipt);
          if (receipts.length > RECEIPTS_KEPT) receipts.shift();
        }
        return answer;
      } catch (error) {
        const code = nameOf(error);
        return { code, isCertain: code === "ECONNREFUSED" };
      }
    },
  };
}

function nameOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  for (const told of [cause?.code, code]) if (typeof told === "string") return told;
  return error instanceof Error ? error.name : "error";
}
