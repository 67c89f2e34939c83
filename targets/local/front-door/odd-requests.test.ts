/** Requests that few clients send: each is answered at once, and held against no region. */

import { describe, expect, it, test } from "vitest";
import { expectAnswers, head } from "../http/odd-requests.ts";
import { sendRaw } from "../http/raw-client.ts";
import { ampleMs } from "../tests/limits.ts";
import { setUp, stops, takeOver, until } from "./test-world.ts";

const HOST = "Host: x";
const CLOSE = "Connection: close";
const GET = "GET /tickets/x HTTP/1.1";
const POST = "POST /tickets/x HTTP/1.1";

describe("a front door", () => {
  it("answers odd requests at once, and suspects no region for them", async () => {
    const { a, b, door, logged } = await setUp();
    await expectAnswers(door.port, [200, 201]);
    const troubles = logged.filter((one) => JSON.stringify(one).includes('"condition":"'));
    expect(troubles.filter((one) => !JSON.stringify(one).includes('"up"'))).toEqual([]);
    expect([a, b].map(({ id }) => door.table().conditions.get(id) ?? "up")).toEqual(["up", "up"]);
  });

  it("says as a problem what was wrong with what it could not read", async () => {
    const { door } = await setUp();
    for (const [text, code] of [
      [head(GET, HOST, "Host: y", CLOSE), "malformed-request"],
      [head(GET, HOST, "X-A : b"), "malformed-request"],
      [head(GET, HOST, `X-A: ${"a".repeat(40_000)}`), "head-too-large"],
      [`${head(POST, HOST, "Content-Length: 100")}{}`, "malformed-request"],
      [head("CONNECT h:1 HTTP/1.1", "Host: h:1"), "method-not-allowed"],
      [head(GET, HOST, "Expect: more"), "expectation-failed"],
    ] as const) {
      const { head: got, body, status } = await sendRaw(door.port, text);
      expect(got).toContain("content-type: application/problem+json");
      expect(JSON.parse(body)).toMatchObject({ code, status, type: `/problems/${code}` });
      expect(JSON.parse(body).advice.length).toBeGreaterThan(10);
    }
  });

  test("gives a client that closed its half the whole answer, small and large", async () => {
    const { a, door } = await setUp();
    const large = "x".repeat(3_000_000);
    a.answer = (got, response) => {
      setTimeout(
        () => response.writeHead(200).end(got.path.endsWith("large") ? large : "small"),
        50,
      );
    };
    for (const [path, length] of [
      ["small", 5],
      ["large", large.length],
    ] as const) {
      const text = head(`GET /tickets/${path} HTTP/1.1`, HOST, CLOSE);
      const { status, body } = await sendRaw(door.port, text);
      expect(status).toBe(200);
      expect(body.length).toBeGreaterThanOrEqual(length);
    }
    const write = `${head(POST, HOST, "Idempotency-Key: k", "Content-Length: 2")}{}`;
    expect((await sendRaw(door.port, write)).body).toContain("small");
    // Of several requests on one connection as well.
    const { body } = await sendRaw(door.port, head(GET, HOST).repeat(3));
    expect(body.match(/small/g)).toHaveLength(3);
  });

  test("answers the requests before one that it cannot read", async () => {
    const { a, door } = await setUp();
    a.answer = (_got, response) => void setTimeout(() => response.end("well"), 50);
    const { status, body } = await sendRaw(door.port, `${head(GET, HOST)}nonsense\r\n\r\n`);
    expect(status).toBe(200);
    expect(body).toMatch(/well[\s\S]*HTTP\/1\.1 400 /);
  });

  test("routes every form of a target as its plain one", async () => {
    const { a, b, door } = await setUp();
    takeOver(b);
    a.serves.clear();
    await until(() => door.table().apps.get("tickets")?.epoch === 2);
    const targets = [
      "http://shop.example/tickets/x?q=1",
      "HTTP://shop.example/tickets/x?q=1",
      "//tickets/x?q=1",
      "/./tickets/x?q=1",
      "/console/../tickets/x?q=1",
      "/%2e/tickets/x?q=1",
    ];
    for (const target of targets) {
      const text = `${head(`POST ${target} HTTP/1.1`, HOST, "Content-Length: 2", CLOSE)}{}`;
      expect((await sendRaw(door.port, text)).status, target).toBe(201);
    }
    expect(a.got).toEqual([]);
    expect(new Set(b.got.map(({ path }) => path))).toEqual(new Set(["/tickets/x?q=1"]));
    expect(b.got[0]?.headers.host).toBe("shop.example");
  });

  test("takes a key that it does not hand on for no key", async () => {
    const { a, b, door } = await setUp();
    b.serves.add("tickets");
    a.answer = () => a.kill();
    const connection = "Connection: close, Idempotency-Key, Host, Authorization, Cookie";
    const text = `${head(POST, HOST, connection, "Idempotency-Key: k", "Cookie: a=b", "Content-Length: 2")}{}`;
    const { status, body } = await sendRaw(door.port, text);
    expect([status, JSON.parse(body).code]).toEqual([504, "outcome-unknown"]);
    expect(JSON.parse(body).detail).toContain("without an Idempotency-Key");
    const [got] = a.got;
    expect(got?.headers["idempotency-key"]).toBeUndefined();
    expect(got?.headers.cookie).toBeUndefined();
    expect(got?.headers.host).toBe("x");
    expect(b.got).toEqual([]);
  });

  test("gives up on a body that does not come, and keeps no room for it meanwhile", async () => {
    const limits = { bodyIdleMs: 300, mostKeptBytes: 1_000_000 };
    const { a, door } = await setUp({ limits });
    const announced = { halfClose: false };
    const gets = Array.from({ length: 20 }, () =>
      sendRaw(door.port, head(GET, HOST, "Content-Length: 900000"), announced),
    );
    const key = ["Idempotency-Key: k", "Content-Length: 900000"];
    const posts = Array.from({ length: 20 }, () =>
      sendRaw(door.port, head(POST, HOST, ...key), announced),
    );
    // There is room for one that does come: it is sent again after its region broke.
    let tries = 0;
    a.answer = (_got, response) => {
      tries += 1;
      if (tries === 1) response.destroy();
      else response.writeHead(201).end("again");
    };
    const body = "y".repeat(500_000);
    const write = head(POST, HOST, "Idempotency-Key: k2", `Content-Length: ${body.length}`, CLOSE);
    expect((await sendRaw(door.port, write + body)).body).toContain("again");
    for (const one of [...gets, ...posts]) expect((await one).status).toBe(408);
  });

  test("lets an upload take its time, as long as it does not pause", async () => {
    // Longer than this machine may leave out a turn; the upload takes twice as long.
    const answerMs = ampleMs(1_000);
    const { a, door } = await setUp({ limits: { bodyIdleMs: 10 * answerMs, answerMs } });
    const everyMs = 50;
    const chunk = "z".repeat(10_000);
    const chunks = Math.ceil((2 * answerMs) / everyMs);
    const { connect } = await import("node:net");
    const socket = connect(door.port, "127.0.0.1");
    stops.push(() => socket.destroy());
    let got = "";
    socket.setEncoding("latin1").on("data", (text: string) => (got += text));
    socket.write(head(POST, HOST, `Content-Length: ${chunk.length * chunks}`, CLOSE));
    let sent = 0;
    const slowly = setInterval(() => {
      socket.write(chunk);
      sent += 1;
      if (sent >= chunks) clearInterval(slowly);
    }, everyMs);
    stops.push(() => clearInterval(slowly));
    await until(() => got.includes("\r\n\r\n"));
    expect(got).toMatch(/^HTTP\/1\.1 201 /);
    expect(a.got[0]?.body).toHaveLength(chunk.length * chunks);
  });
});
