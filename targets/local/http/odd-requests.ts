/** Requests that few clients send, and what a server of ours answers each. *table for tests* */
import { expect } from "vitest";
import { sendRaw } from "./raw-client.ts";

export const head = (line: string, ...headers: string[]): string =>
  `${[line, ...headers].join("\r\n")}\r\n\r\n`;
const HOST = "Host: x";
const CLOSE = "Connection: close";
const GET = "GET /tickets/x HTTP/1.1";
const POST = "POST /tickets/x HTTP/1.1";

export interface OddRequest {
  readonly name: string;
  readonly text: string | Buffer;
  /** `own`: that of whatever is at `/tickets/x`; the request is in order. */
  readonly status: number | "own";
  readonly orOwn?: boolean;
}
export const ODD_REQUESTS: readonly OddRequest[] = [
  { name: "two Host lines", text: head(GET, HOST, "Host: y", CLOSE), status: 400 },
  { name: "two Host lines that are the same", text: head(GET, HOST, HOST, CLOSE), status: 400 },
  { name: "an empty Host", text: head(GET, "Host:", CLOSE), status: 400 },
  { name: "a Host that is none", text: head(GET, "Host: a/b", CLOSE), status: 400 },
  { name: "a port that is none", text: head(GET, "Host: x:99999", CLOSE), status: 400 },
  { name: "an address that is none", text: head(GET, "Host: 1.2.3.999", CLOSE), status: 400 },
  { name: "a name that is none", text: head(GET, "Host: xn--a", CLOSE), status: 400 },
  { name: "an empty port", text: head(GET, "Host: x:", CLOSE), status: "own" },
  { name: "an escape in Host", text: head(GET, "Host: %78", CLOSE), status: "own" },
  { name: "a long IPv6 address", text: head(GET, "Host: [0:0:0:0:0:0:0:1]"), status: "own" },
  { name: "no Host in HTTP/1.1", text: head(GET, CLOSE), status: 400 },
  { name: "no Host in HTTP/1.0", text: head("GET /tickets/x HTTP/1.0"), status: "own" },
  { name: "OPTIONS *", text: head("OPTIONS * HTTP/1.1", HOST, CLOSE), status: 204 },
  { name: "OPTIONS * of HTTP/1.0", text: head("OPTIONS * HTTP/1.0"), status: 204 },
  { name: "GET *", text: head("GET * HTTP/1.1", HOST, CLOSE), status: 400 },
  { name: "CONNECT", text: head("CONNECT shop:443 HTTP/1.1", "Host: shop:443"), status: 405 },
  { name: "a target of another scheme", text: head("GET ftp://h/x HTTP/1.1", HOST), status: 400 },
  { name: "a target without a slash", text: head("GET tickets HTTP/1.1", HOST), status: 400 },
  { name: "a tab in the target", text: head("GET /tick\tets HTTP/1.1", HOST, CLOSE), status: 400 },
  {
    name: "bytes beyond ASCII in the target",
    text: Buffer.from(head("GET /tickets/\xe9 HTTP/1.1", HOST, CLOSE), "latin1"),
    status: 400,
  },
  {
    name: "bytes beyond ASCII in a header",
    text: Buffer.from(head(GET, HOST, "X-Name: \xe9\xff", CLOSE), "latin1"),
    status: "own",
  },
  {
    name: "a control character in a header",
    text: head(GET, HOST, "X-A: \x01", CLOSE),
    status: 400,
  },
  { name: "a folded header", text: head(GET, HOST, "X-A: b", "  c", CLOSE), status: 400 },
  { name: "a space before a colon", text: head(GET, HOST, "X-A : b", CLOSE), status: 400 },
  {
    name: "two lengths",
    text: `${head(POST, HOST, "Content-Length: 2", "Content-Length: 2", CLOSE)}{}`,
    status: 400,
  },
  {
    name: "a length and chunks",
    text: `${head(POST, HOST, "Content-Length: 2", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    status: 400,
  },
  {
    name: "a length that is no number",
    text: head(POST, HOST, "Content-Length: two", CLOSE),
    status: 400,
  },
  {
    name: "a transfer encoding that is none",
    text: head(POST, HOST, "Transfer-Encoding: identity", CLOSE),
    status: 400,
  },
  {
    name: "chunks of a coding that is not read",
    text: `${head(POST, HOST, "Transfer-Encoding: gzip, chunked", CLOSE)}2\r\n{}\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "chunks in HTTP/1.0",
    text: `${head("POST /tickets/x HTTP/1.0", "Transfer-Encoding: chunked")}2\r\n{}\r\n0\r\n\r\n`,
    status: 400,
  },
  {
    name: "CHUNKED in capitals",
    text: `${head(POST, HOST, "Transfer-Encoding: CHUNKED", CLOSE)}2\r\n{}\r\n0\r\n\r\n`,
    status: "own",
  },
  { name: "HTTP/2.0 by its name", text: head("GET /tickets/x HTTP/2.0", HOST), status: 400 },
  { name: "HTTP/0.9 by its name", text: head("GET /tickets/x HTTP/0.9", HOST), status: 400 },
  {
    name: "a chunk that is none",
    text: `${head(POST, HOST, "Transfer-Encoding: chunked", CLOSE)}xyz\r\n`,
    status: 400,
  },
  {
    name: "a body that ends early",
    text: `${head(POST, HOST, "Content-Length: 100", CLOSE)}{}`,
    status: 400,
  },
  {
    name: "chunks that end early",
    text: `${head(POST, HOST, "Transfer-Encoding: chunked", CLOSE)}2\r\n{}\r\n`,
    status: 400,
  },
  {
    name: "OPTIONS * whose body ends early",
    text: head("OPTIONS * HTTP/1.1", HOST, "Content-Length: 20"),
    status: 204,
  },
  {
    name: "a Host that is none, and a body that ends early",
    text: head(POST, "Host: a/b", "Content-Length: 20"),
    status: 400,
  },
  {
    name: "a GET whose body ends early",
    text: head(GET, HOST, "Content-Length: 1048576", CLOSE),
    status: 400,
    // Whoever has no use for the body of a GET need not wait for it.
    orOwn: true,
  },
  {
    name: "chunks, a trailer, and then our half closed",
    text: `${head(POST, HOST, "Transfer-Encoding: chunked")}2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n`,
    status: "own",
  },
  {
    name: "Expect: 100-continue",
    text: `${head(POST, HOST, "Content-Length: 2", "Expect: 100-continue", CLOSE)}{}`,
    status: "own",
  },
  {
    name: "an expectation that is unknown",
    text: head(GET, HOST, "Expect: the-spanish-inquisition", CLOSE),
    status: 417,
  },
  {
    name: "an upgrade to a web socket",
    text: head(GET, HOST, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: a"),
    status: "own",
  },
  {
    name: "an upgrade to HTTP/2",
    text: head(GET, HOST, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    status: "own",
  },
  { name: "the preface of HTTP/2", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 400 },
  { name: "a method of one's own", text: head("SING /tickets/x HTTP/1.1", HOST), status: 400 },
  { name: "HEAD", text: head("HEAD /tickets/x HTTP/1.1", HOST, CLOSE), status: "own" },
  { name: "TRACE", text: head("TRACE /tickets/x HTTP/1.1", HOST, CLOSE), status: "own" },
  {
    name: "a GET with a body",
    text: `${head(GET, HOST, "Content-Length: 2", CLOSE)}{}`,
    status: "own",
  },
  {
    name: "a GET that says it has no body",
    text: head(GET, HOST, "Content-Length: 0", CLOSE),
    status: "own",
  },
  { name: "a head of 40 KB", text: head(GET, HOST, `X-A: ${"a".repeat(40_000)}`), status: 431 },
  {
    name: "a head of 30 KB",
    text: head(GET, HOST, `X-A: ${"a".repeat(30_000)}`, CLOSE),
    status: "own",
  },
  {
    name: "4,000 headers",
    text: head(GET, HOST, ...Array.from({ length: 4_000 }, () => "a: b"), CLOSE),
    status: "own",
  },
];

const AT_ONCE_MS = 5_000;

/** Each is answered at once, a refusal with a whole problem; `own`: with one of these. */
export async function expectAnswers(port: number, own: readonly number[]): Promise<void> {
  const seen: Record<string, number | "own"> = {};
  const late: string[] = [];
  for (const { name, text, status: wanted, orOwn } of ODD_REQUESTS) {
    const { status, tookMs, head, body } = await sendRaw(port, text);
    expect([name, body]).toEqual([name, expect.not.stringContaining("HTTP/1.1 ")]);
    const isOwn = own.includes(status) && (wanted === "own" || orOwn === true);
    seen[name] = isOwn ? wanted : status;
    if (head.includes("application/problem+json") && body !== "") {
      const named = /understudy-region: (\S+)/.exec(head)?.[1];
      expect({ name, ...(JSON.parse(body) as object) }).toMatchObject({ status, region: named });
    }
    if (tookMs > AT_ONCE_MS) late.push(name);
  }
  expect(seen).toEqual(Object.fromEntries(ODD_REQUESTS.map(({ name, status }) => [name, status])));
  expect(late).toEqual([]);
}
