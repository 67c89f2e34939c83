/** Where the client has to behave as the platform's own fetch does, on real sockets. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, createClient } from "./client.ts";
import type { FetchInit } from "./request.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function setUp(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const regions = ["a", "b"].map((id) => ({ id, url: `http://127.0.0.1:${port}` }));
  const client = createClient({ regions, deadlineMs: 30_000 });
  stops.push(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

/** Whether it is refused before anything was sent or waited for. */
async function refusal(client: Client, init: FetchInit): Promise<unknown> {
  const from = performance.now();
  const error = await client.fetch("/tickets/x", init).catch((thrown: unknown) => thrown);
  expect(performance.now() - from).toBeLessThan(5_000);
  return error;
}

describe("a call", () => {
  it("that no region could be sent is refused at once", async () => {
    let sent = 0;
    const client = await setUp((_request, response) => {
      sent += 1;
      response.end();
    });
    const wrong: readonly FetchInit[] = [
      { body: "a body" },
      { method: "HEAD", body: "a body" },
      { headers: { "bad name": "x" } },
      { headers: { name: "bad\nvalue" } },
      { method: "CONNECT" },
      { method: "a b" },
      { credentials: "some" as never },
      { method: "POST", idempotencyKey: "with a space" },
      { method: "POST", idempotencyKey: "k".repeat(256) },
    ];
    for (const init of wrong) expect(await refusal(client, init)).toBeInstanceOf(TypeError);
    expect(sent).toBe(0);
  });

  it("that is aborted while its answer streams ends the answer and its connection", async () => {
    let isClosed = false;
    const client = await setUp((request, response) => {
      request.socket.on("close", () => (isClosed = true));
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\n");
    });
    const controller = new AbortController();
    const response = await client.fetch("/tickets/x", { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => isClosed).toBe(true);
  });

  it("with a stream of Node's as its body sends it once", async () => {
    const bodies: string[] = [];
    const client = await setUp((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        bodies.push(body);
        if (body === "broken") request.socket.destroy();
        else response.writeHead(201).end();
      });
    });
    const post = (parts: readonly (string | Buffer)[]) =>
      client.fetch("/tickets/x", { method: "POST", body: Readable.from(parts) });
    expect((await post(["one, ", Buffer.from("two")])).status).toBe(201);
    await expect(post(["broken"])).rejects.toMatchObject({ code: "outcome-unknown" });
    expect(bodies).toEqual(["one, two", "broken"]);
  });
});
