import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";

/** A region of one process: real sockets, which can be cut as a killed process cuts them. */
async function startRegion(id: string, answer: (path: string, response: ServerResponse) => void) {
  const sockets = new Set<Socket>();
  const keys: string[] = [];
  const server: Server = createServer((request, response) => {
    const key = request.headers["idempotency-key"];
    if (typeof key === "string") keys.push(key);
    request.resume();
    response.setHeader("understudy-region", id);
    request.on("end", () => answer(request.url ?? "", response));
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kill = (): void => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  stops.push(kill);
  const { port } = server.address() as AddressInfo;
  return { id, url: `http://127.0.0.1:${port}`, kill, keys };
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const json = (response: ServerResponse, status: number, body: unknown, epoch: number): void => {
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "content-type": type, "understudy-epoch": String(epoch) });
  response.end(JSON.stringify(body));
};

describe("against real sockets", () => {
  it("a killed region fails no read, and its keyed writes reach the one that takes over", async () => {
    let taken = Number.POSITIVE_INFINITY;
    const a = await startRegion("a", (_path, response) => json(response, 200, { from: "a" }, 1));
    const b = await startRegion("b", (path, response) => {
      const serves = performance.now() >= taken;
      const isRead = path.startsWith("/tickets/read");
      if (serves || isRead) return json(response, 200, { from: "b" }, serves ? 2 : 1);
      json(response, 503, { type: "x/not-serving", servingRegion: "a" }, 1);
    });
    const client = createClient({ regions: [a, b] });
    stops.push(() => client.close());
    const warm = await client.fetch("/tickets/write", { method: "POST", body: "{}" });
    expect(await warm.json()).toEqual({ from: "a" });

    a.kill();
    taken = performance.now() + 60;
    const reads = Array.from({ length: 50 }, () => client.fetch("/tickets/read"));
    const writes = Array.from({ length: 50 }, (_, n) =>
      client.fetch("/tickets/write", { method: "POST", idempotencyKey: `key-${n}`, body: "{}" }),
    );
    for (const response of await Promise.all(reads)) expect(response.status).toBe(200);
    for (const response of await Promise.all(writes)) {
      expect(await response.json()).toEqual({ from: "b" });
    }
    expect(new Set(b.keys)).toEqual(new Set(Array.from({ length: 50 }, (_, n) => `key-${n}`)));
    expect(client.events.state("tickets")).toEqual({ state: "active", servingRegion: "b" });
  });

  it("an answer cut in the middle of its body is read again elsewhere", async () => {
    const a = await startRegion("a", (_path, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "20" });
      response.write('{"from":');
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    const b = await startRegion("b", (_path, response) => json(response, 200, { from: "b" }, 1));
    const client = createClient({ regions: [a, b] });
    stops.push(() => client.close());
    const response = await client.fetch("/tickets/read");
    expect(await response.json()).toEqual({ from: "b" });
  });

  it("a body that is a stream is sent once, as it comes", async () => {
    const a = await startRegion("a", (_path, response) => json(response, 201, {}, 1));
    const client = createClient({ regions: [a] });
    stops.push(() => client.close());
    const body = new Blob(["one", "two"]).stream();
    const response = await client.fetch("/photos/api/photos", { method: "POST", body });
    expect(response.status).toBe(201);
    expect(a.keys).toHaveLength(1);
  });

  it("a client whose front door dies goes on through the regions, also one that is new", async () => {
    const a = await startRegion("a", (_path, response) => json(response, 200, { from: "a" }, 1));
    const door = await startRegion("door", (path, response) => {
      const items = [{ id: "a", url: a.url }];
      json(response, 200, path === "/routing/regions" ? { items } : { from: "door" }, 1);
    });
    const client = createClient({ regions: door.url });
    stops.push(() => client.close());
    expect(await (await client.fetch("/tickets/x")).json()).toEqual({ from: "a" });
    door.kill();
    const write = await client.fetch("/tickets/x", { method: "POST", body: "{}" });
    expect(await write.json()).toEqual({ from: "a" });
    // A page that was opened without the list, from a front door and one region.
    const late = createClient({ regions: [{ id: "door", url: door.url }, a] });
    stops.push(() => late.close());
    expect(await (await late.fetch("/tickets/x")).json()).toEqual({ from: "a" });
  });

  it("an aborted call ends with the caller's reason, and its region is told", async () => {
    let isThere = false;
    let isGone = false;
    const a = await startRegion("a", (_path, response) => {
      isThere = true;
      response.on("close", () => (isGone = true));
    });
    const client = createClient({ regions: [a] });
    stops.push(() => client.close());
    const controller = new AbortController();
    const call = client.fetch("/tickets/x", { signal: controller.signal });
    await expect.poll(() => isThere).toBe(true);
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await expect.poll(() => isGone).toBe(true);
  });
});
