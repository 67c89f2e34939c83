/** Whatever comes in over HTTP or on the wire: a clear problem, nothing lost, and all stay up. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAnswers, head } from "../http/odd-requests.ts";
import { sendRaw } from "../http/raw-client.ts";
import { createLink } from "../link/link.ts";
import type { Programs } from "../supervisor/sites.ts";
import {
  A,
  B,
  buildPrograms,
  endReal,
  type RealDeployment,
  removePrograms,
  startReal,
} from "./real-regions.ts";
import { type Asked, ask, signUp, submitTicket, until } from "./region-client.ts";

const TICKETS = "/tickets/api/tickets";
const WORDS = "A ticket that is quite in order";

let programs: Programs;
let deployment: RealDeployment;
let token = "";
let ticketId = "";
let pids: readonly number[] = [];
const places: Record<string, string> = {};

const pidsNow = async (): Promise<number[]> => {
  const { frontDoorPid } = await deployment.running.status();
  return [
    await deployment.pidOf(A),
    await deployment.pidOf(B),
    await deployment.witnessPid(),
    frontDoorPid ?? 0,
  ];
};

beforeAll(async () => {
  programs = await buildPrograms();
  deployment = await startReal(programs);
  const { frontDoor } = await deployment.running.status();
  places["the region"] = await deployment.urlOf(A);
  places["the front door"] = frontDoor ?? "";
  token = await signUp(await deployment.urlOf(A), "requester");
  ticketId = (await submitTicket(await deployment.urlOf(A), token, WORDS)).body.id;
  const headers = { "idempotency-key": "used-before" };
  const body = { description: WORDS };
  await ask(await deployment.urlOf(A), TICKETS, { method: "POST", token, headers, body });
  pids = await pidsNow();
});
afterAll(async () => {
  await endReal(deployment);
  removePrograms(programs);
});

/** The ticket made at first is there, a new one is taken, and no process was started anew. */
async function allIsWell(): Promise<void> {
  const a = await deployment.urlOf(A);
  const read = await ask(a, `${TICKETS}/${ticketId}`, { token });
  expect([read.status, read.body.description]).toEqual([200, WORDS]);
  expect((await submitTicket(a, token, WORDS)).status).toBe(201);
  expect(await pidsNow()).toEqual(pids);
}

interface Case {
  readonly name: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signedOut?: boolean;
  readonly expect: readonly [status: number, code: string];
  /** Part of what it says. */
  readonly says: RegExp;
}

const json = { "content-type": "application/json" };
const post = { method: "POST", path: TICKETS };

const CASES: readonly Case[] = [
  {
    name: "an oversized body",
    ...post,
    body: { description: "x".repeat(80_000) },
    expect: [413, "too-large"],
    says: /65536|64 KB|64 KiB|bytes/,
  },
  {
    name: "broken JSON",
    ...post,
    text: '{"description": ',
    expect: [400, "broken-json"],
    says: /JSON/,
  },
  { name: "JSON that is no object", ...post, text: "7", expect: [400, "*"], says: /object/ },
  {
    name: "an unknown field",
    ...post,
    body: { description: WORDS, colour: "red" },
    expect: [400, "invalid-request"],
    says: /colour/,
  },
  {
    name: "a value that is none of those allowed",
    ...post,
    body: { description: WORDS, priority: "huge" },
    expect: [400, "invalid-request"],
    says: /priority.*huge/,
  },
  {
    name: "text that is too short",
    ...post,
    body: { description: "short" },
    expect: [400, "invalid-request"],
    says: /10 characters/,
  },
  {
    name: "an unknown id",
    path: `${TICKETS}/nobody-has-this`,
    expect: [404, "not-found"],
    says: /nobody-has-this/,
  },
  {
    name: "an id of other characters",
    path: `${TICKETS}/..%2f..%2fetc`,
    expect: [400, "invalid-request"],
    says: /id/,
  },
  { name: "an unknown address", path: "/nowhere/at/all", expect: [404, "*"], says: /nowhere/ },
  {
    name: "a method that the route does not have",
    ...post,
    method: "DELETE",
    expect: [405, "method-not-allowed"],
    says: /GET/,
  },
  {
    name: "a body of another type",
    ...post,
    text: "<ticket/>",
    headers: { "content-type": "text/xml" },
    expect: [415, "wrong-content-type"],
    says: /text\/xml/,
  },
  {
    name: "the same key with another body",
    ...post,
    body: { description: `${WORDS}, but another one` },
    headers: { "idempotency-key": "used-before" },
    expect: [422, "idempotency-mismatch"],
    says: /key/,
  },
  {
    name: "a key that is too long",
    ...post,
    body: { description: WORDS },
    headers: { "idempotency-key": "k".repeat(2_000) },
    expect: [400, "invalid-header"],
    says: /Idempotency-Key/i,
  },
  {
    name: "a cursor that nobody gave",
    path: `${TICKETS}?cursor=made-up`,
    expect: [400, "invalid-request"],
    says: /cursor/,
  },
  {
    name: "a page without end",
    path: `${TICKETS}?limit=100000`,
    expect: [400, "invalid-request"],
    says: /limit/,
  },
  {
    name: "a level of consistency that there is not",
    path: TICKETS,
    headers: { "understudy-consistency": "whatever" },
    expect: [400, "invalid-header"],
    says: /whatever/,
  },
  {
    name: "more receipts than a session has",
    path: TICKETS,
    headers: { "understudy-session": Array.from({ length: 50 }, () => "r1.x.y.1.1").join(",") },
    expect: [400, "invalid-header"],
    says: /20/,
  },
  {
    name: "no session",
    path: TICKETS,
    signedOut: true,
    expect: [401, "not-signed-in"],
    says: /access token/,
  },
  {
    name: "a token that nobody issued",
    path: TICKETS,
    signedOut: true,
    headers: { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
    expect: [401, "token-refused"],
    says: /token/,
  },
  {
    name: "a command without the operator's token",
    path: "/routing/apps/tickets/fence",
    method: "POST",
    body: {},
    expect: [403, "*"],
    says: /operator/,
  },
];

async function send(url: string, one: Case) {
  const { path = "/", text, body, signedOut = false } = one;
  const own = text === undefined ? {} : json;
  const headers = { ...own, ...one.headers };
  const asked: Asked = {
    method: one.method ?? "GET",
    ...(signedOut ? {} : { token }),
    ...(body === undefined ? {} : { body }),
  };
  if (text === undefined) return ask(url, path, { ...asked, headers });
  const auth = signedOut ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}${path}`, {
    method: one.method ?? "GET",
    headers: { ...auth, ...headers },
    body: text,
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
}

const portOf = (place: string): number => Number(new URL(places[place] ?? "").port);

/** As `nc -N` gets it. */
async function theWholeAnswer(port: number) {
  const text = head("GET /routing/apps HTTP/1.1", "Host: x", "Connection: close");
  const { body, tookMs } = await sendRaw(port, text);
  return { text: body, took: tookMs };
}

describe("over HTTP", () => {
  for (const place of ["the region", "the front door"]) {
    test.each(CASES)(`${place} tells $name as a problem that says what to do`, async (one) => {
      const answer = await send(places[place] ?? "", one);
      const { status, body } = answer;
      const code = one.expect[1] === "*" ? body.code : one.expect[1];
      expect([status, body.code, body.status]).toEqual([one.expect[0], code, status]);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(body.type).toBe(`/problems/${code}`);
      expect(`${body.detail} ${body.title}`).toMatch(one.says);
      expect(body.advice.length).toBeGreaterThan(10);
    });
  }

  test.each(["the region", "the front door"])("%s answers odd requests at once", async (place) => {
    await expectAnswers(portOf(place), [200, 404, 405]);
    const { text, took } = await theWholeAnswer(portOf(place));
    expect(JSON.parse(text).items.length).toBeGreaterThan(0);
    expect(took).toBeLessThan(5_000);
    expect((await deployment.running.status()).regions.map(({ up }) => up)).toEqual([true, true]);
  });

  test("a stale If-Match is refused, and the newer version stays", async () => {
    const a = await deployment.urlOf(A);
    const made = await submitTicket(a, token, WORDS);
    const path = `${TICKETS}/${made.body.id}`;
    const etag = made.headers.get("etag") ?? "";
    const patch = (status: string) =>
      ask(a, path, { method: "PATCH", token, headers: { "if-match": etag }, body: { status } });
    expect((await patch("in-progress")).status).toBe(200);
    const stale = await patch("closed");
    expect([stale.status, stale.body.code]).toEqual([412, "precondition-failed"]);
    expect((await ask(a, path, { token })).body.status).toBe("in-progress");
  });

  test("all is well after it", allIsWell);
});

/** What a process listens on, as the kernel tells. */
function portsOf(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const rows = readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1);
  return rows.flatMap((row) => {
    const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
    const isListening = state === "0A" && sockets.has(inode);
    return isListening ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}

/** Resolves when the other side has closed, or after a while of silence. */
function pour(port: number, bytes: Buffer, limitMs = 300): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(limitMs, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** Every byte is possible, and the same each time. */
const noise = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 73 + (at >> 3) * 151 + 7) & 0xff));

describe.skipIf(!existsSync("/proc/self/net/tcp"))(
  "on every port that a process listens on",
  () => {
    const huge = Buffer.from([0x55, 0x4c, 1, 5, 0xff, 0xff, 0xff, 0xff]);
    const GARBAGE: readonly (readonly [string, Buffer])[] = [
      ["noise", noise(100_000)],
      ["a frame that says it is huge", Buffer.concat([huge, noise(5_000)])],
      ["a frame of a version to come", Buffer.from([0x55, 0x4c, 99, 1, 0, 0, 0, 2, 0x7b, 0x7d])],
      ["half a request", Buffer.from("POST /identity/sign-in HTTP/1.1\r\nhost: x\r\ncontent-le")],
      ["a head without end", Buffer.from(`GET / HTTP/1.1\r\nx: ${"y".repeat(200_000)}`)],
    ];

    test.each(GARBAGE)("%s changes nothing for anybody", async (_name, bytes) => {
      const ports = pids.flatMap(portsOf);
      // HTTP, the region's link and the voter's link of two regions; witness; front door.
      expect(ports.length).toBeGreaterThanOrEqual(8);
      await Promise.all(ports.map((port) => pour(port, bytes)));
      await allIsWell();
    });

    test("a peer with a wrong secret is heard by nobody", async () => {
      const told: string[] = [];
      const thieves = await Promise.all(
        portsOf(await deployment.pidOf(B)).map(async (port) => {
          const thief = await createLink({
            address: `voter/${A}`,
            incarnation: 1_000_000,
            secret: Buffer.alloc(32, 7),
            host: "127.0.0.1",
            log: (line) => told.push(line),
          });
          thief.setPeers({ [`voter/${B}`]: { host: "127.0.0.1", port } });
          return thief;
        }),
      );
      try {
        await until("its proof was refused", () => {
          for (const thief of thieves) thief.send(`voter/${B}`, { type: "probe", from: A });
          return told.some((line) => line.includes("does not know"));
        });
      } finally {
        await Promise.all(thieves.map((thief) => thief.close()));
      }
      await allIsWell();
    });
  },
);
