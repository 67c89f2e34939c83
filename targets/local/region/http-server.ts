/** The region's HTTP server: a function from Request to Response on a port of its own. *adapter* */
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";

export interface HttpServer {
  readonly port: number;
  /** On one more address; rejects where that cannot be. */
  listenAlso(host: string, port: number): Promise<void>;
  /** Accepts no more, lets what is being answered end (bounded), and closes. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 20_000;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_MS = 1500;

/** On `port` when it is free, else on any: a region that starts again keeps its address if it can. */
export async function listen(
  host: string,
  port: number,
  answer: (request: Request) => Promise<Response>,
): Promise<HttpServer> {
  const listener = getRequestListener(answer, { overrideGlobalObjects: true });
  const make = (): Server => {
    const made = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
    made.headersTimeout = HEADERS_TIMEOUT_MS;
    return made;
  };
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
