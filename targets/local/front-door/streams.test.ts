import { connect } from "node:net";
import { fetch } from "undici";
import { describe, expect, it } from "vitest";
import { post, setUp, stops, until } from "./test-world.ts";

describe("what passes a front door", () => {
  it("streams a large answer at its reader's pace", async () => {
    const { door, a } = await setUp();
    const size = 64 * 1024 * 1024;
    let written = 0;
    a.answer = (_got, response) => {
      const chunk = Buffer.alloc(256 * 1024, 1);
      const more = (): void => {
        while (written < size) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    };
    const socket = connect(door.port, "127.0.0.1");
    stops.push(() => socket.destroy());
    socket.write("GET /tickets/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    let last = -1;
    const isStill = () => {
      const before = last;
      last = written;
      return written === before;
    };
    await expect.poll(isStill, { interval: 200 }).toBe(true);
    expect(written).toBeLessThan(size / 2);
    let read = 0;
    socket.on("data", (chunk) => (read += chunk.length));
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    expect(read).toBeGreaterThan(size - 256 * 1024);
  });

  it("passes an event stream on as it comes, and ends it when it closes", async () => {
    const { call, a, door } = await setUp();
    let send: ((text: string) => void) | undefined;
    a.answer = (_got, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      send = (text) => void response.write(text);
    };
    const headers = { accept: "text/event-stream" };
    const response = await call("/tickets/api/events", { headers });
    expect(response.status).toBe(200);
    const reader = response.body?.getReader();
    for (const text of ["data: one\n\n", "data: two\n\n"]) {
      send?.(text);
      const chunk = await reader?.read();
      expect(Buffer.from(chunk?.value ?? []).toString()).toBe(text);
    }
    const ended = reader?.read().then(
      () => "ended",
      () => "broken off",
    );
    await door.close();
    expect(await ended).toBe("broken off");
  });

  it("breaks off an answer that its client does not take, and one that stands still", async () => {
    const { call, a, door } = await setUp({ limits: { answerIdleMs: 100 } });
    let isClosed = false;
    a.answer = (_got, response) => {
      response.on("close", () => (isClosed = true));
      response.writeHead(200, { "content-length": String(1024 * 1024 * 1024) });
      response.write(Buffer.alloc(32 * 1024 * 1024));
    };
    const still = await call("/tickets/x");
    await expect(still.arrayBuffer()).rejects.toThrow();
    await until(() => isClosed);
    isClosed = false;
    const socket = connect(door.port, "127.0.0.1");
    stops.push(() => socket.destroy());
    socket.write("GET /tickets/x HTTP/1.1\r\nhost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    await until(() => isClosed);
  });

  it("refuses what its region cannot do in time, and never sends it all at once", async () => {
    const { call, a } = await setUp();
    let inside = 0;
    let most = 0;
    // One at a time, 5 ms each.
    let turn = Promise.resolve();
    a.answer = (_got, response) => {
      inside += 1;
      most = Math.max(most, inside);
      turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, 5)));
      void turn.then(() => {
        inside -= 1;
        response.end("done");
      });
    };
    const statuses = await Promise.all(
      Array.from({ length: 1_500 }, async () => {
        const response = await call("/tickets/x");
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(20);
    expect(most).toBeLessThan(200);
  });

  it("streams a large upload, and sends it once even with a key", async () => {
    const { call, a } = await setUp();
    const response = await call("/tickets/x", post("k", "y".repeat(3 * 1024 * 1024)));
    expect(response.status).toBe(201);
    expect(a.got[0]?.body).toHaveLength(3 * 1024 * 1024);
  });

  it("keeps a body of unknown length while it is small, and streams it when it is not", async () => {
    const { call, a } = await setUp();
    for (const size of [10_000, 2_000_000]) {
      const body = new Blob(["z".repeat(size)]).stream();
      const headers = { "idempotency-key": `k${size}` };
      const response = await call("/tickets/x", { method: "POST", body, headers, duplex: "half" });
      expect(response.status).toBe(201);
      expect(a.got.at(-1)?.body).toHaveLength(size);
    }
  });

  it("breaks an answer off when its region dies in the middle of a large one", async () => {
    const { call, a } = await setUp();
    a.answer = (_got, response) => {
      response.writeHead(200, { "content-length": "1000000" });
      response.write("x".repeat(1000));
    };
    const response = await call("/tickets/x");
    a.kill();
    await expect(response.text()).rejects.toThrow();
  });

  it("reads a small answer again elsewhere when its region dies in the middle", async () => {
    const { call, a } = await setUp();
    a.answer = (_got, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("x");
      setImmediate(() => a.kill());
    };
    expect(await (await call("/tickets/x")).json()).toMatchObject({ from: "b" });
  });

  it("takes an attempt back when the client leaves", async () => {
    const { call, a } = await setUp();
    let isGone = false;
    a.answer = (_got, response) => void response.on("close", () => (isGone = true));
    const controller = new AbortController();
    const read = call("/tickets/x", { signal: controller.signal });
    await until(() => a.got.length === 1);
    controller.abort();
    await expect(read).rejects.toThrow();
    await until(() => isGone);
  });

  it("ends a body that stops arriving, and a head that never ends", async () => {
    const { door } = await setUp({ limits: { bodyIdleMs: 50 } });
    const socket = connect(door.port, "127.0.0.1");
    socket.write("POST /tickets/x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    await new Promise((resolve) => socket.once("close", resolve));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    const long = connect(door.port, "127.0.0.1");
    let answer = "";
    long.on("data", (chunk) => (answer += chunk.toString()));
    long.write(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(40_000)}\r\n\r\n`);
    await new Promise((resolve) => long.once("close", resolve));
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });

  it("ends a body that trickles, a byte before each time-out", async () => {
    const { door } = await setUp({ limits: { bodyIdleMs: 200 } });
    const socket = connect(door.port, "127.0.0.1");
    socket.write("POST /tickets/x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n");
    const trickle = setInterval(() => socket.write("x"), 20);
    stops.push(() => clearInterval(trickle));
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
  });

  it("finishes open requests before it closes, and takes no new ones", async () => {
    const { call, a, door } = await setUp();
    let finish: (() => void) | undefined;
    a.answer = (_got, response) => (finish = () => response.end("late"));
    const read = call("/tickets/x");
    await until(() => finish !== undefined);
    const closed = door.close();
    await expect(fetch(door.url)).rejects.toThrow();
    finish?.();
    expect(await (await read).text()).toBe("late");
    await closed;
  });
});
