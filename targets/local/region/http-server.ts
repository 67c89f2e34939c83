/**
 * The region's HTTP server: a function from Request to Response on a port of its own. *adapter*
 *
 * What is read before there is a Request, and refused, is the same as at the front door
 * (http/server.ts).
 */
import type { IncomingMessage, Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { believeOwnProxy, proxyTokenOf } from "../http/own-proxy.ts";
import { writtenProblem } from "../http/problem.ts";
import { createHttpServer } from "../http/server.ts";
import type { ChildConfig } from "../supervisor/messages.ts";

export interface HttpServer {
  readonly port: number;
  /** On one more address; rejects where that cannot be. */
  listenAlso(host: string, port: number): Promise<void>;
  /** Accepts no more, lets what is being answered end (bounded), and closes. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 65_000;
const DRAIN_MS = 1500;
/** Addresses and Host, as the front door repeats them. */
const FORWARDED_BYTES = 1_024;

export interface ListenOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly bodyIdleMs?: number;
  /** What its front door shows (own-proxy.ts); absent: whatever anyone says of a client counts. */
  readonly proxyToken?: string;
}

export const listenOptionsOf = (config: ChildConfig): ListenOptions => ({
  name: config.site,
  host: config.host,
  port: config.httpPort,
  proxyToken: proxyTokenOf(config.secretHex),
});

/** On `port` when it is free, else on any: a region that starts again keeps its address if it can. */
export async function listen(
  { name, host, port, bodyIdleMs, proxyToken }: ListenOptions,
  answer: (request: Request) => Promise<Response>,
): Promise<HttpServer> {
  const refusals = new WeakMap<IncomingMessage, (response: Response) => void>();
  const listener = getRequestListener(
    (request, { incoming }) => {
      const message = incoming as IncomingMessage;
      if (message.complete) return answer(request);
      const refused = new Promise<Response>((resolve) => refusals.set(message, resolve));
      return Promise.race([answer(request), refused]);
    },
    { overrideGlobalObjects: true },
  );
  const make = (): Server =>
    createHttpServer({
      name,
      keepAliveMs: KEEP_ALIVE_MS,
      extraHeadBytes: FORWARDED_BYTES,
      ...(bodyIdleMs === undefined ? {} : { bodyIdleMs }),
      answer: (request, response) => {
        if (proxyToken !== undefined) believeOwnProxy(request, proxyToken);
        void listener(request, response);
      },
      refuse: (request, own) => {
        const { status, text, headers } = writtenProblem(own, name);
        headers["connection"] = "close";
        refusals.get(request)?.(new Response(text, { status, headers }));
      },
    });
  const server = make();
  const servers = [server];
  await bind(server, host, port).catch(async (error: NodeJS.ErrnoException) => {
    if (port === 0 || error.code !== "EADDRINUSE") throw error;
    await bind(server, host, 0);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    listenAlso: async (also, at) => {
      const one = make();
      await bind(one, also, at);
      servers.push(one);
    },
    close: async () => void (await Promise.all(servers.map(closed))),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(limit);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
