import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ampleMs } from "../tests/limits.ts";
import { head } from "./odd-requests.ts";
import { sendRaw } from "./raw-client.ts";
import { createHttpServer } from "./server.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function start(answer: Answer): Promise<number> {
  const ms = { keepAliveMs: 100, bodyIdleMs: 200, headersMs: 200, lateLookMs: 50 };
  const made = createHttpServer({ name: "a", ...ms, answer });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return (made.address() as AddressInfo).port;
}

const atOnce: Answer = (_request, response) => void response.end("answer");
const later: Answer = (_request, response) => void setTimeout(() => response.end("answer"), 50);
const afterBody: Answer = (request, response) =>
  void request.resume().once("end", () => response.end("answer"));
const inAnyTurn: Answer = (_request, response) => void setImmediate(() => response.end("answer"));

test.each(Object.entries({ atOnce, later, afterBody, inAnyTurn }))(
  "a connection that is idle after its answer ends (%s)",
  async (_, answer) => {
    const port = await start(answer);
    const limitMs = ampleMs(10_000);
    const texts = [
      head("GET /x HTTP/1.1", "Host: x"),
      head("HEAD /x HTTP/1.1", "Host: x"),
      `${head("POST /x HTTP/1.1", "Host: x", "Content-Length: 2")}{}`,
      head("GET /x HTTP/1.1", "Host: x").repeat(3),
    ];
    const sent = texts.map((text) => sendRaw(port, text, { halfClose: false, limitMs }));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(texts.map(() => 200));
  },
);

test("a request whose body never comes ends with its connection, answered or not", async () => {
  const limitMs = ampleMs(10_000);
  for (const [answer, wanted] of [
    [atOnce, 200],
    [later, 200],
    [afterBody, 408],
  ] as const) {
    const port = await start(answer);
    for (const method of ["GET", "POST"]) {
      const text = head(`${method} /x HTTP/1.1`, "Host: x", "Content-Length: 2");
      const { status, body } = await sendRaw(port, text, { halfClose: false, limitMs });
      expect([method, status, body.includes("HTTP/1.1")]).toEqual([method, wanted, false]);
    }
    server?.close();
  }
});

test("a head that does not come is answered 408", async () => {
  const port = await start(atOnce);
  for (const text of ["", "GET /x HTTP/1.1\r\nHost:"]) {
    const sent = await sendRaw(port, text, { halfClose: false, limitMs: ampleMs(10_000) });
    expect(sent.status).toBe(408);
  }
});
