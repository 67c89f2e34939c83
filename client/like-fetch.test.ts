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

function lockedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  return stream;
}

async function usedStream(): Promise<ReadableStream<Uint8Array>> {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
  });
  const reader = stream.getReader();
  await reader.read();
  reader.releaseLock();
  return stream;
}

async function* failing(parts: readonly string[], error: Error): AsyncGenerator<string> {
  yield* parts;
  throw error;
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
      { signal: { aborted: false } as never },
      { headers: { expect: "100-continue" } },
      { headers: { connection: "upgrade" } },
      { headers: { upgrade: "websocket" } },
      { method: "POST", body: "a body", headers: { "transfer-encoding": "chunked" } },
      { method: "POST", body: "a body", headers: { "content-length": "7" } },
      { method: "POST", body: lockedStream() },
      { method: "POST", body: await usedStream() },
      { method: "POST", idempotencyKey: "with a space" },
      { method: "POST", idempotencyKey: "k".repeat(256) },
    ];
    for (const init of wrong) expect(await refusal(client, init)).toBeInstanceOf(TypeError);
    expect(sent).toBe(0);
    client.close();
  });

  it("whose own options refuse the answer ends at once, and its region is well", async () => {
    const heard: string[] = [];
    const client = await setUp((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      if (request.headers["x-move"] !== undefined) {
        response.writeHead(302, { location: "/tickets/x" });
      }
      response.end("answer");
    });
    const redirect = "error";
    const headers = { "x-move": "yes" };
    const integrity = `sha256-${"A".repeat(43)}=`;
    for (const init of [{ redirect, headers }, { integrity }] satisfies FetchInit[]) {
      expect(await refusal(client, init)).toBeInstanceOf(TypeError);
      const method = "POST";
      expect(await refusal(client, { ...init, method })).toMatchObject({ code: "outcome-unknown" });
    }
    // One attempt each; and a region that were suspected would have been asked for its health.
    expect(heard).toEqual(["GET", "POST", "GET", "POST"].map((method) => `${method} /tickets/x`));
    expect(await refusal(client, { headers })).toBeInstanceOf(TypeError);
  });

  it("whose body breaks by itself says so, and its region is well", async () => {
    const heard: string[] = [];
    const client = await setUp((request, response) => {
      heard.push(request.url ?? "");
      request.on("error", () => undefined).on("end", () => response.end());
      request.resume();
    });
    const broken = new Error("the disk is gone");
    const bodies: readonly FetchInit["body"][] = [
      failing([], broken),
      failing(["a part"], broken),
      Readable.from(failing(["a part"], broken)),
      new ReadableStream({ pull: (controller) => controller.error(broken) }),
    ];
    for (const body of bodies) {
      const error = await refusal(client, { method: "POST", body: body ?? null });
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ cause: broken });
    }
    const odd = Readable.from([{ not: "bytes" }]);
    expect(await refusal(client, { method: "POST", body: odd })).toBeInstanceOf(TypeError);
    // A region that is suspected is asked for its health.
    expect(heard.filter((path) => path.startsWith("/health"))).toEqual([]);
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
