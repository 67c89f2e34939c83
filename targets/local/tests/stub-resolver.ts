/**
 * A client that knows a name and a port, and nothing of Understudy: a stub resolver of its own that
 * keeps an answer for its TTL, and plain HTTP on a new connection each time. *shell*
 */
import { createSocket } from "node:dgram";
import { get } from "node:http";

export interface Resolved {
  readonly address: string;
  readonly ttlMs: number;
}

const ANSWER_MS = 1_000;

/** A question for the address of a name, as RFC 1035 writes it. */
export function questionOf(name: string, id: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  const header = [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return Buffer.from([...header, ...labels, 0, 0, 1, 0, 1]);
}

const A = 1;

/** The first address of a reply to one question; undefined where it holds none. */
export function addressIn(reply: Buffer): Resolved | undefined {
  const answers = reply.readUInt16BE(6);
  let at = afterName(reply, 12) + 4;
  for (let one = 0; one < answers; one++) {
    at = afterName(reply, at);
    const [type, ttl, length] = [
      reply.readUInt16BE(at),
      reply.readUInt32BE(at + 4),
      reply.readUInt16BE(at + 8),
    ];
    at += 10;
    if (type === A && length === 4) {
      return { address: reply.subarray(at, at + 4).join("."), ttlMs: ttl * 1_000 };
    }
    at += length;
  }
  return undefined;
}

/** A name ends with an empty label, or with a pointer to where it goes on. */
function afterName(reply: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = reply.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** The first address, asked for anew. */
export function lookUp(dnsPort: number, name: string): Promise<Resolved> {
  const id = 1 + Math.floor(Math.random() * 65_534);
  const socket = createSocket("udp4");
  return new Promise<Resolved>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("no answer from DNS")), ANSWER_MS);
    socket.once("error", reject);
    socket.on("message", (reply) => {
      if (reply.readUInt16BE(0) !== id) return;
      clearTimeout(limit);
      const found = addressIn(reply);
      if (found === undefined) reject(new Error("DNS has no address"));
      else resolve(found);
    });
    socket.send(questionOf(name, id), dnsPort, "127.0.0.1");
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
