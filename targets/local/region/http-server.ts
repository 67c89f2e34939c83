/** The region's HTTP server: a function from Request to Response on a port of its own. *adapter* */
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";

export interface HttpServer {
  readonly port: number;
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
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  await bind(server, host, port).catch(async (error: NodeJS.ErrnoException) => {
    if (port === 0 || error.code !== "EADDRINUSE") throw error;
    await bind(server, host, 0);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        const limit = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(limit);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
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
