/**
 * A client that knows a name and a port, and nothing of Understudy: a stub resolver of its own that
 * keeps an answer for its TTL, and plain HTTP on a new connection each time. *shell*
 */
import { createSocket } from "node:dgram";
import { get } from "node:http";
import { decode, encode } from "dns-packet";

export interface Resolved {
  readonly address: string;
  readonly ttlMs: number;
}

const ANSWER_MS = 1_000;

/** The first address, asked for anew. */
export function lookUp(dnsPort: number, name: string): Promise<Resolved> {
  const id = 1 + Math.floor(Math.random() * 65_534);
  const question = encode({ type: "query", id, questions: [{ name, type: "A" }] });
  const socket = createSocket("udp4");
  return new Promise<Resolved>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("no answer from DNS")), ANSWER_MS);
    socket.once("error", reject);
    socket.on("message", (bytes) => {
      const reply = decode(bytes);
      if (reply.id !== id) return;
      clearTimeout(limit);
      const found = reply.answers?.find((record) => record.type === "A");
      if (found?.type !== "A") reject(new Error("DNS has no address"));
      else resolve({ address: found.data, ttlMs: (found.ttl ?? 0) * 1_000 });
    });
    socket.send(question, dnsPort, "127.0.0.1");
  }).finally(() => socket.close());
}

export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** As a browser would, that has resolved the name. */
export function fetchPlainly(url: URL, address: string, limitMs: number): Promise<PlainAnswer> {
  const { hostname, port, pathname } = url;
  return new Promise((resolve, reject) => {
    const headers = { host: `${hostname}:${port}` };
    const options = { host: address, port, path: pathname, headers, agent: false } as const;
    const request = get(options, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => {
        clearTimeout(limit);
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    const limit = setTimeout(() => request.destroy(new Error("silent")), limitMs);
    request.on("error", (error) => {
      clearTimeout(limit);
      reject(error);
    });
  });
}

export interface CachingClient {
  get(path: string): Promise<PlainAnswer & { readonly address: string }>;
}

export function createCachingClient(dnsPort: number, name: string, port: number): CachingClient {
  let cached: { readonly address: string; readonly until: number } | undefined;
  return {
    get: async (path) => {
      if (cached === undefined || performance.now() >= cached.until) {
        const { address, ttlMs } = await lookUp(dnsPort, name);
        cached = { address, until: performance.now() + ttlMs };
      }
      const { address } = cached;
      const url = new URL(path, `http://${name}:${port}`);
      return { ...(await fetchPlainly(url, address, 500)), address };
    },
  };
}
