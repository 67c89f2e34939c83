import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import { afterEach, expect, test } from "vitest";
import { buildZone, type ZoneState } from "../../../layers/routing/dns-zone.ts";
import { ampleMs } from "../tests/limits.ts";
import { type DnsServer, type DnsServerOptions, startDnsServer } from "./server.ts";
import { createFrameReader } from "./tcp.ts";

const DIG = "/usr/bin/dig";
const hasDig = existsSync(DIG);
if (!hasDig) console.log(`${DIG} is not installed: what it would check is not checked here`);

const zoneServedBy = (serving: string, many = 60): ZoneState =>
  buildZone(
    {
      zone: "understudy.test",
      serverAddresses: ["127.0.0.1"],
      aliases: { blog: "bookstore" },
      locations: { "10.1.0.0/16": "near", "10.2.0.0/16": "far" },
    },
    {
      serial: 1,
      regions: [
        { id: "near", addresses: ["127.0.7.1", "2001:db8::1"], healthy: true },
        { id: "far", addresses: ["127.0.7.2"], healthy: true },
        {
          id: "wide",
          addresses: Array.from({ length: many }, (_, at) => `127.0.${at >> 7}.${(at & 127) + 1}`),
          healthy: true,
        },
      ],
      apps: [
        { app: "tickets", servingRegions: [serving] },
        { app: "bookstore", servingRegions: ["near", "far"] },
      ],
    },
  );

let open: DnsServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await open?.close();
  open = undefined;
});

async function start(options: Partial<DnsServerOptions> = {}): Promise<DnsServer> {
  open = await startDnsServer({ host: "127.0.0.1", state: () => zoneServedBy("near"), ...options });
  return open;
}

const asking = (name: string, id = 7): Packet => ({
  type: "query",
  id,
  questions: [{ name, type: "A" }],
});
const TICKETS = "tickets.understudy.test";

async function dig(server: DnsServer, ...words: string[]): Promise<string> {
  const fixed = ["@127.0.0.1", "-p", String(server.port), "+tries=2", "+time=5"];
  const { stdout } = await promisify(execFile)(DIG, [...fixed, ...words], {
    timeout: ampleMs(20_000),
  });
  return stdout;
}

/** A question for the changes since a serial, as dig puts it: with the SOA that the asker has. */
const askingForChanges = (): Uint8Array =>
  encode({
    type: "query",
    id: 9,
    questions: [{ name: "understudy.test", type: "IXFR" as never }],
    authorities: [
      {
        name: "understudy.test",
        type: "SOA",
        data: { mname: ".", rname: ".", serial: 1, refresh: 0, retry: 0, expire: 0, minimum: 0 },
      },
    ],
  });

/** One datagram, and the first that comes back. */
function overUdp(server: DnsServer, bytes: Uint8Array): Promise<Buffer> {
  const socket = createSocket("udp4");
  return new Promise<Buffer>((resolve, reject) => {
    socket.once("message", resolve).once("error", reject);
    socket.send(bytes, server.port, server.address);
  }).finally(() => socket.close());
}

function overTcp(server: DnsServer): Socket {
  const socket = connect(server.port, server.address);
  sockets.push(socket);
  return socket;
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.once("close", () => resolve());
    socket.resume();
  });

test.skipIf(!hasDig)("dig gets every type, and the end of a chain of aliases", async () => {
  const server = await start();
  expect(await dig(server, "+short", TICKETS)).toBe("127.0.7.1\n");
  expect(await dig(server, "+short", TICKETS, "AAAA")).toBe("2001:db8::1\n");
  expect(await dig(server, "+short", "understudy.test", "NS")).toBe("ns1.understudy.test.\n");
  expect(await dig(server, "+short", "blog.understudy.test", "CNAME")).toBe(
    "bookstore.understudy.test.\n",
  );
  expect(await dig(server, "+short", "blog.understudy.test")).toBe(
    "bookstore.understudy.test.\n127.0.7.1\n",
  );
  expect(await dig(server, "+short", TICKETS, "TXT")).toBe('"app=tickets" "serving=near"\n');
  expect(await dig(server, "+short", "understudy.test", "SOA")).toBe(
    "ns1.understudy.test. hostmaster.understudy.test. 1 60 10 86400 1\n",
  );
});

test.skipIf(!hasDig)(
  "dig finds nothing malformed, and the right status for each case",
  async () => {
    const server = await start();
    const cases: readonly (readonly [readonly string[], string, RegExp])[] = [
      [["none.understudy.test"], "NXDOMAIN", /AUTHORITY: 1[\s\S]*\sSOA\s/],
      [["far.understudy.test", "AAAA"], "NOERROR", /ANSWER: 0, AUTHORITY: 1[\s\S]*\sSOA\s/],
      [["example.com"], "REFUSED", /ANSWER: 0, AUTHORITY: 0/],
      [["understudy.test", "AXFR", "+tcp"], "", /Transfer failed/],
      [["understudy.test", "IXFR=1", "+tcp"], "", /Transfer failed/],
      [["version.bind", "CH", "TXT"], "REFUSED", /ANSWER: 0/],
      [[TICKETS, "+opcode=update"], "NOTIMP", /opcode: UPDATE/],
      [[TICKETS, "+edns=1", "+noednsneg"], "BADVERS", /EDNS: version: 0/],
      [[TICKETS, "ANY", "+notcp"], "NOERROR", /HINFO\s+"RFC8482" ""/],
      [
        ["bookstore.understudy.test", "+subnet=10.2.3.0/24"],
        "NOERROR",
        /10\.2\.3\.0\/24\/16[\s\S]*127\.0\.7\.2/,
      ],
      [[TICKETS, "+noedns"], "NOERROR", /ADDITIONAL: 0/],
      [["wide.understudy.test", "+noedns"], "NOERROR", /ANSWER: 60,/],
      [[TICKETS, "+cookie"], "NOERROR", /127\.0\.7\.1/],
      [[TICKETS, "+dnssec"], "NOERROR", /flags: do; udp: 1232/],
    ];
    for (const [words, status, content] of cases) {
      const out = await dig(server, "+norec", ...words);
      if (status !== "")
        expect([words, out]).toEqual([words, expect.stringContaining(`status: ${status}`)]);
      expect(out).toMatch(content);
      expect(out).not.toMatch(/malformed|extra bytes/i);
    }
  },
);

test.skipIf(!hasDig)("dig comes again over TCP for what was truncated", async () => {
  const server = await start({ state: () => zoneServedBy("near", 1_000) });
  const lines = (await dig(server, "+short", "wide.understudy.test")).trim().split("\n");
  expect(lines.filter((line) => line.startsWith("127.0."))).toHaveLength(1_000);
  expect(server.counts()).toMatchObject({ udp: 1, tcp: 1 });
});

test("an answer follows the state of the moment of its question", async () => {
  let serving = "near";
  const server = await start({ state: () => zoneServedBy(serving) });
  const address = async () => decode(await overUdp(server, encode(asking(TICKETS)))).answers;
  expect(await address()).toMatchObject([{ data: "127.0.7.1", ttl: 1 }]);
  serving = "far";
  expect(await address()).toMatchObject([{ data: "127.0.7.2", ttl: 1 }]);
});

test("garbage gets no answer, and does not stop the next question from getting one", async () => {
  const server = await start();
  const socket = createSocket("udp4");
  const answers: Buffer[] = [];
  socket.on("message", (bytes) => answers.push(bytes));
  for (const bytes of ["", "x", "0123456789a"]) socket.send(bytes, server.port, server.address);
  socket.send(Buffer.from([0, 9, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0]), server.port, server.address);
  socket.send(encode(asking(TICKETS, 77)), server.port, server.address);
  await expect.poll(() => answers.length).toBeGreaterThan(0);
  socket.close();
  expect(answers.map((bytes) => bytes.readUInt16BE(0))).toEqual([77]);
  expect(server.counts()).toMatchObject({ udp: 5, dropped: 4, faults: 0 });
});

test("a fault in the state is told as a failed answer, logged, and over with the fault", async () => {
  let isBroken = true;
  const logged: string[] = [];
  const nothing = () => undefined;
  const server = await start({
    state: () => (isBroken ? expect.fail("no state today") : zoneServedBy("near")),
    log: { debug: nothing, info: nothing, warn: nothing, error: (_, text) => logged.push(text) },
  });
  const rcode = async () => (await overUdp(server, encode(asking(TICKETS)))).readUInt8(3) & 15;
  expect(await rcode()).toBe(2);
  expect(logged).toEqual(["dns"]);
  isBroken = false;
  expect(await rcode()).toBe(0);
});

test("questions on one connection are answered in their order, however they are cut", async () => {
  const server = await start();
  const socket = overTcp(server);
  const ids = Array.from({ length: 50 }, (_, at) => at + 1);
  const all = Buffer.concat(ids.map((id) => streamEncode(asking(TICKETS, id))));
  const read = createFrameReader();
  const got: number[] = [];
  socket.on("data", (chunk) => {
    for (const frame of read(chunk)) got.push(decode(Buffer.from(frame)).id ?? 0);
  });
  socket.setNoDelay(true);
  for (let at = 0; at < all.length; at += 13) {
    socket.write(all.subarray(at, at + 13));
    if (at % 130 === 0) await new Promise(setImmediate);
  }
  await expect.poll(() => got.length).toBe(ids.length);
  expect(got).toEqual(ids);
});

test("who closes its side after the question still gets the answer", async () => {
  const server = await start();
  const socket = overTcp(server);
  socket.end(streamEncode(asking(TICKETS, 3)));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await ended(socket);
  expect(streamDecode(Buffer.concat(chunks)).id).toBe(3);
});

test("a connection that only trickles bytes is ended", async () => {
  const server = await start({ tcp: { idleMs: 300 } });
  const socket = overTcp(server);
  const trickle = setInterval(() => socket.write(Buffer.from([0])), 50);
  const close = ended(socket);
  socket.write(Buffer.from([255]));
  await close;
  clearInterval(trickle);
  await expect.poll(() => server.counts().connections).toBe(0);
});

test("a connection that brings no question is ended", async () => {
  const server = await start();
  const socket = overTcp(server);
  socket.write(Buffer.from([0, 3, 1, 2, 3]));
  await ended(socket);
  expect(server.counts()).toMatchObject({ tcp: 1, dropped: 1 });
});

test("one connection too many takes the place of the one that asked longest ago", async () => {
  const server = await start({ tcp: { mostConnections: 3 } });
  const all = [overTcp(server), overTcp(server), overTcp(server)] as const;
  const answered = (socket: Socket, id: number) =>
    new Promise<number>((resolve) => {
      socket.once("data", (chunk) => resolve(streamDecode(chunk).id ?? 0));
      socket.write(streamEncode(asking(TICKETS, id)));
    });
  for (const [at, socket] of all.entries()) expect(await answered(socket, at + 1)).toBe(at + 1);
  expect(await answered(all[0], 9)).toBe(9);
  const secondEnded = ended(all[1]);
  expect(await answered(overTcp(server), 4)).toBe(4);
  await secondEnded;
  expect(await answered(all[0], 10)).toBe(10);
  expect(server.counts().connections).toBe(3);
});

test("who asks and never reads is held back, and does not fill our memory", async () => {
  const server = await start({ state: () => zoneServedBy("near", 2_000), tcp: { idleMs: 1_000 } });
  const socket = overTcp(server);
  socket.pause();
  const question = streamEncode(asking("wide.understudy.test"));
  const block = Buffer.concat(Array.from({ length: 500 }, () => question));
  const close = new Promise((resolve) => socket.on("error", resolve).once("close", resolve));
  const flood = setInterval(() => {
    if (!socket.writableNeedDrain) socket.write(block);
  }, 2);
  await close;
  clearInterval(flood);
  // 32 kB an answer: what was answered is what the system's buffers and one chunk hold.
  expect(server.counts().tcp).toBeLessThan(5_000);
});

test("closing ends open connections and frees the port for the next", async () => {
  const server = await start();
  const socket = overTcp(server);
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const close = ended(socket);
  await Promise.all([server.close(), server.close()]);
  await close;
  const again = await start({ port: server.port });
  expect(again.port).toBe(server.port);
});

test("a port in use, and an address that is none, are refused with the fix", async () => {
  const server = await start();
  const state = () => zoneServedBy("near");
  const second = startDnsServer({ host: "127.0.0.1", port: server.port, state });
  await expect(second).rejects.toThrow(/cannot listen \(EADDRINUSE\).*Choose another port/);
  await expect(startDnsServer({ host: "localhost", state })).rejects.toThrow(/IP address/);
});

test("a transfer is refused over both transports, whatever its asker says that it has", async () => {
  const server = await start();
  const socket = overTcp(server);
  const question = askingForChanges();
  const framed = Buffer.concat([Uint8Array.of(question.length >> 8, question.length), question]);
  const overOne = new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.write(framed);
  const replies = [await overUdp(server, question), (await overOne).subarray(2)];
  for (const reply of replies) expect((reply[3] ?? 0) & 15).toBe(5);
  for (const opcode of [1, 2, 3, 4, 5, 6, 15]) {
    const odd = Uint8Array.from(question);
    odd[2] = opcode << 3;
    expect(((await overUdp(server, odd))[3] ?? 0) & 15, `opcode ${opcode}`).toBe(4);
  }
  const broken = Uint8Array.from(question.subarray(0, question.length - 3));
  expect(((await overUdp(server, broken))[3] ?? 0) & 15).toBe(1);
});
