import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { expectAnswers, head } from "../http/odd-requests.ts";
import { sendRaw } from "../http/raw-client.ts";
import { ampleMs } from "../tests/limits.ts";
import { type HttpServer, type ListenOptions, listen } from "./http-server.ts";

const HOST = "Host: x";
const CLOSE = "Connection: close";
let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  answer: (request: Request) => Promise<Response>,
  options: Partial<ListenOptions> = {},
): Promise<number> {
  server = await listen({ name: "a", host: "127.0.0.1", port: 0, ...options }, answer);
  return server.port;
}

const echo = async (request: Request): Promise<Response> => {
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  return new Response(hasBody && request.method !== "TRACE" ? await request.text() : "");
};

test("odd requests are answered at once, as the front door answers them", async () => {
  await expectAnswers(await start(echo), [200]);
});

test("a client that closed its half gets the whole answer", async () => {
  const port = await start(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return new Response((await request.text()).repeat(1_000_000));
  });
  const { status, body } = await sendRaw(
    port,
    `${head("POST /x HTTP/1.1", HOST, "Content-Length: 3")}abc`,
  );
  expect([status, body.length]).toEqual([200, 3_000_000]);
});

test("a target is read in its one form", async () => {
  const port = await start(async ({ url }) => new Response(url));
  for (const target of ["http://shop/a/b?c", "//a/b?c", "/x/../a/b?c"]) {
    const { body } = await sendRaw(port, head(`GET ${target} HTTP/1.1`, "Host: shop", CLOSE));
    expect(body, target).toBe("http://shop/a/b?c");
  }
});

test("a body that pauses is answered 408, and one that only takes long is taken", async () => {
  const port = await start(echo, { bodyIdleMs: 1_000 });
  const bytes = "y".repeat(10);
  const slow = connect(port, "127.0.0.1");
  let got = "";
  slow.setEncoding("latin1").on("data", (text: string) => (got += text));
  slow.write(head("POST /x HTTP/1.1", HOST, "Content-Length: 300", CLOSE));
  let sent = 0;
  const slowly = setInterval(() => {
    slow.write(bytes);
    sent += bytes.length;
    if (sent === 300) clearInterval(slowly);
  }, 50);
  const paused = await sendRaw(
    port,
    `${head("POST /x HTTP/1.1", HOST, "Content-Length: 300")}abc`,
    { halfClose: false },
  );
  expect(paused.status).toBe(408);
  expect(JSON.parse(paused.body)).toMatchObject({ code: "timed-out", type: "/problems/timed-out" });
  expect(paused.head).toContain("understudy-region: a");
  await vi.waitFor(() => expect(got).toMatch(/^HTTP\/1\.1 200 [\s\S]*y{300}/), {
    timeout: ampleMs(10_000),
  });
  slow.destroy();
});

test("what anyone but its front door says of a client is taken off", async () => {
  const port = await start(async ({ headers }) => Response.json(Object.fromEntries(headers)), {
    proxyToken: "t".repeat(43),
  });
  const claims = ["X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil"];
  const asked = async (...more: string[]) => {
    const text = head("GET /x HTTP/1.1", HOST, CLOSE, "Forwarded: for=6.6.6.6", ...claims, ...more);
    return JSON.parse((await sendRaw(port, text)).body);
  };
  expect(await asked()).toEqual({ host: "x", connection: "close" });
  expect(await asked("Understudy-Front-Door: wrong")).toEqual({ host: "x", connection: "close" });
  expect(await asked(`Understudy-Front-Door: ${"t".repeat(43)}`)).toEqual({
    host: "x",
    connection: "close",
    forwarded: "for=6.6.6.6",
    "x-forwarded-for": "6.6.6.6",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil",
  });
});
