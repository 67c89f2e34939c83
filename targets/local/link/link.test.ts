import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Link, LinkOptions } from "./link.ts";
import { createLink } from "./link.ts";

const SECRET = Buffer.from("0123456789abcdef0123456789abcdef");
const A = "region/eu-west-1";
const B = "region/ap-southeast-1";
const VOTER_B = "voter/ap-southeast-1";

const open: Link[] = [];
const logs: string[] = [];

async function start(address: string, options: Partial<LinkOptions> = {}): Promise<Link> {
  const log = (line: string) => void logs.push(line);
  const link = await createLink({ address, incarnation: 1, secret: SECRET, log, ...options });
  open.push(link);
  return link;
}

function introduce(...links: Link[]): void {
  const peers = Object.fromEntries(links.map((l) => [l.address, { host: l.host, port: l.port }]));
  for (const link of links) link.setPeers(peers);
}

const until = (condition: () => boolean) => expect.poll(condition, { interval: 2 }).toBe(true);

const seesUp = (link: Link, ...peers: string[]) =>
  until(() => peers.every((peer) => link.peerState(peer) === "up"));

function received(link: Link): unknown[] {
  const messages: unknown[] = [];
  link.onMessage((_from, message) => messages.push(message));
  return messages;
}

async function pair(options: Partial<LinkOptions> = {}): Promise<[Link, Link]> {
  const a = await start(A, options);
  const b = await start(B, options);
  introduce(a, b);
  await seesUp(a, B);
  await seesUp(b, A);
  return [a, b];
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((link) => link.close()));
  logs.length = 0;
});

describe("a link", () => {
  test("brings a message whole, with who sent it and in which incarnation", async () => {
    const a = await start(A, { incarnation: 7 });
    const b = await start(B);
    introduce(a, b);
    const got: unknown[][] = [];
    b.onMessage((...args) => got.push(args));
    await seesUp(a, B);
    const message = { n: 1, big: 2 ** 40, none: null, text: "köln", list: [1.5, { deep: true }] };
    a.send(B, { ...message, bytes: new Uint8Array([0, 255, 7]) });
    await until(() => got.length === 1);
    const [from, arrived, incarnation] = got[0] as [
      string,
      typeof message & { bytes: Uint8Array },
      number,
    ];
    expect([from, incarnation]).toEqual([A, 7]);
    expect(arrived.bytes).toBeInstanceOf(Uint8Array);
    expect([...arrived.bytes]).toEqual([0, 255, 7]);
    expect({ ...arrived, bytes: undefined }).toEqual({ ...message, bytes: undefined });
  });

  test("keeps the order of messages of all sizes", async () => {
    const [a, b] = await pair();
    const got = received(b) as { n: number; fill: Uint8Array }[];
    const sizes = Array.from(
      { length: 600 },
      (_, n) => [0, 10, 16_375, 16_384, 65_528, 200_000][n % 6] ?? 0,
    );
    for (const [n, size] of sizes.entries())
      a.send(B, { n, fill: new Uint8Array(size).fill(n & 255) });
    await until(() => got.length === sizes.length);
    expect(got.map((m) => m.n)).toEqual(sizes.map((_, n) => n));
    expect(
      got.every((m, n) => m.fill.length === sizes[n] && m.fill.every((byte) => byte === (n & 255))),
    ).toBe(true);
  });

  test("brings what it sends to itself as a copy, in a later turn", async () => {
    const a = await start(A);
    const got = received(a);
    const message = { n: 1 };
    a.send(A, message);
    message.n = 2;
    expect(got).toEqual([]);
    await until(() => got.length === 1);
    expect(got).toEqual([{ n: 1 }]);
  });

  test("drops and counts a message for a peer that is down, and never throws", async () => {
    const a = await start(A);
    const b = await start(B);
    introduce(a, b);
    await seesUp(a, B);
    await b.close();
    await until(() => a.peerState(B) === "refused");
    a.send(B, "lost");
    a.send("region/unknown", "lost");
    expect(a.counters().peers[B]?.droppedDown).toBe(1);
    expect(a.queuedBytes(B)).toBe(0);
  });

  test("refuses a message that fits into no frame, and says so", async () => {
    const [a, b] = await pair();
    const got = received(b);
    a.send(B, new Uint8Array(16 * 1024 * 1024 + 1));
    a.send(B, "after");
    await until(() => got.length === 1);
    expect(got).toEqual(["after"]);
    expect(a.counters().peers[B]?.droppedTooLarge).toBe(1);
    expect(logs.join("\n")).toContain("send it in parts");
  });

  test("drops and counts what goes beyond the queue, and says when it is empty again", async () => {
    const [a, b] = await pair({ maxQueuedBytes: 300_000 });
    const got = received(b);
    for (let n = 0; n < 10; n++) a.send(B, new Uint8Array(100_000));
    expect(a.queuedBytes(B)).toBeGreaterThan(200_000);
    expect(a.queuedBytes(B)).toBeLessThanOrEqual(300_000);
    expect(a.counters().peers[B]?.droppedFull).toBe(8);
    await a.whenBelow(B, 0);
    expect(a.queuedBytes(B)).toBe(0);
    await until(() => got.length === 2);
  });

  test("tells down and up when a peer comes back on another port", async () => {
    const [a, b] = await pair();
    const news: string[] = [];
    a.onPeer((peer, state) => news.push(`${peer} ${state}`));
    await until(() => news.length === 1);
    await b.close();
    await until(() => a.peerState(B) === "refused");
    const again = await start(B, { incarnation: 2 });
    a.setPeers({ [B]: { host: again.host, port: again.port } });
    await seesUp(a, B);
    expect(news).toEqual([`${B} up`, `${B} down`, `${B} refused`, `${B} up`]);
  });
});

describe("a stranger", () => {
  /** Speaks to the link with bytes of its own; resolves when the link has closed the connection. */
  function speak(link: Link, say: (socket: Socket) => void): Promise<Buffer> {
    return new Promise((resolve) => {
      const heard: Buffer[] = [];
      const socket = connect({ host: link.host, port: link.port }, () => say(socket));
      socket.on("data", (chunk) => heard.push(chunk));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(Buffer.concat(heard)));
    });
  }

  test("with another secret gets no message through, in either direction", async () => {
    const [a, b] = await pair();
    const got = received(a);
    const thief = await start("region/us-east-1", { secret: Buffer.alloc(32, 9) });
    thief.setPeers({ [A]: { host: a.host, port: a.port } });
    a.setPeers({
      [B]: { host: b.host, port: b.port },
      [thief.address]: { host: thief.host, port: thief.port },
    });
    await until(() => logs.filter((line) => line.includes("does not know")).length >= 2);
    thief.send(A, "stolen");
    a.send(thief.address, "leaked");
    b.send(A, "honest");
    await until(() => got.length === 1);
    expect(got).toEqual(["honest"]);
    expect(thief.counters().received).toBe(0);
    expect(a.peerState(thief.address)).not.toBe("up");
  });

  test("who answers at a port under another address is not taken for the peer", async () => {
    const a = await start(A);
    const other = await start(VOTER_B);
    a.setPeers({ [B]: { host: other.host, port: other.port } });
    await until(() => logs.some((line) => line.includes(`looks for ${B} here`)));
    expect(a.peerState(B)).toBeUndefined();
  });

  test("who says nothing is closed after the limit", async () => {
    const a = await start(A, { handshakeMs: 50 });
    await speak(a, () => undefined);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toContain("no handshake within 50 ms");
  });

  test("random bytes are closed with one line each, and others are not affected", async () => {
    const [a, b] = await pair({ handshakeMs: 200 });
    const got = received(a);
    const rounds = 200;
    let seed = 1;
    const next = () => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff);
    const attempts: Promise<Buffer>[] = [];
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(Array.from({ length: next() % 300 }, () => next() & 255));
      // Two of three look like a frame, so that the parts behind the header are reached as well.
      if (round % 3 > 0 && bytes.length >= 8) {
        bytes.writeUInt32BE(0x554c0100 | (next() % 7), 0);
        bytes.writeUInt32BE(round % 3 === 1 ? bytes.length - 8 : next(), 4);
      }
      attempts.push(speak(a, (socket) => socket.write(bytes)));
      b.send(A, round);
      if (attempts.length % 50 === 0) await Promise.all(attempts);
    }
    await Promise.all(attempts);
    await until(() => got.length === rounds);
    expect(logs).toHaveLength(rounds);
    expect(a.peerState(B)).toBe("up");
    expect(b.peerState(A)).toBe("up");
  });
});

describe("a fault", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  test("drops in one direction only, and closes nothing", async () => {
    const [a, b] = await pair();
    const news: string[] = [];
    a.onPeer((_peer, state) => news.push(state));
    b.onPeer((_peer, state) => news.push(state));
    await until(() => news.length === 2);
    const atA = received(a);
    const atB = received(b);
    a.setFaults({ "ap-southeast-1": { out: { drop: true } } });
    a.send(B, "lost");
    b.send(A, "arrives");
    await until(() => atA.length === 1);
    a.setFaults({});
    a.send(B, "healed");
    await until(() => atB.length === 1);
    expect([atA, atB]).toEqual([["arrives"], ["healed"]]);
    expect(a.counters().peers[B]?.droppedFault).toBe(1);
    expect(news).toEqual(["up", "up"]);
  });

  test("drops at the receiving end as well", async () => {
    const [a, b] = await pair();
    const got = received(b);
    b.setFaults({ "eu-west-1": { in: { drop: true } } });
    a.send(B, "lost");
    await until(() => b.counters().receivedDroppedFault === 1);
    b.setFaults({});
    a.send(B, "healed");
    await until(() => got.length === 1);
    expect(got).toEqual(["healed"]);
  });

  test("hits every process of a site, and no other site", async () => {
    const a = await start(A);
    const b = await start(B);
    const voter = await start(VOTER_B);
    const witness = await start("voter/witness");
    introduce(a, b, voter, witness);
    await seesUp(a, B, VOTER_B, "voter/witness");
    const got = received(witness);
    a.setFaults({ "ap-southeast-1": { out: { drop: true } } });
    for (const to of [B, VOTER_B, "voter/witness"]) a.send(to, "hello");
    await until(() => got.length === 1);
    expect(a.counters().peers[B]?.droppedFault).toBe(1);
    expect(a.counters().peers[VOTER_B]?.droppedFault).toBe(1);
  });

  test("delays without changing the order, at either end", async () => {
    const [a, b] = await pair();
    const got = received(b);
    a.setFaults({ "ap-southeast-1": { out: { delayMs: 20, jitterMs: 20 } } });
    b.setFaults({ "eu-west-1": { in: { delayMs: 10, jitterMs: 20 } } });
    const startedAt = performance.now();
    for (const n of numbers(100)) a.send(B, n);
    expect(a.queuedBytes(B)).toBeGreaterThan(0);
    await until(() => got.length > 0);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
    a.setFaults({});
    b.setFaults({});
    for (const n of numbers(100)) a.send(B, 100 + n);
    await until(() => got.length === 200);
    expect(got).toEqual(numbers(200));
  });

  test("loses about the share that it was told to, and keeps the order of the rest", async () => {
    const [a, b] = await pair();
    const got = received(b) as number[];
    a.setFaults({ "ap-southeast-1": { out: { loss: 0.5 } } });
    for (const n of numbers(2000)) a.send(B, n);
    a.setFaults({});
    a.send(B, 2000);
    await until(() => got.at(-1) === 2000);
    expect(got.length).toBeGreaterThan(800);
    expect(got.length).toBeLessThan(1200);
    expect(got).toEqual([...got].sort((x, y) => x - y));
  });

  test("what waits on a slow link when a cut begins does not arrive", async () => {
    const [a, b] = await pair();
    const got = received(b);
    a.setFaults({ "ap-southeast-1": { out: { delayMs: 60_000 } } });
    a.send(B, "on its way");
    a.setFaults({ "ap-southeast-1": { out: { drop: true } } });
    a.setFaults({});
    a.send(B, "healed");
    await until(() => got.length === 1);
    expect(got).toEqual(["healed"]);
  });

  test("that cuts a site off hides that it ended and came back, until it is healed", async () => {
    const [a, b] = await pair();
    const news: string[] = [];
    a.onPeer((_peer, state) => news.push(state));
    await until(() => news.length === 1);
    a.setFaults({ "ap-southeast-1": { in: { drop: true } } });
    const port = b.port;
    await b.close();
    const again = await start(B, { port, incarnation: 2 });
    const sentBefore = a.counters().peers[B]?.sent ?? 0;
    await until(() => {
      a.send(B, "probe");
      return (a.counters().peers[B]?.sent ?? 0) > sentBefore && again.counters().received > 0;
    });
    expect(news).toEqual(["up"]);
    a.setFaults({});
    expect(news).toEqual(["up", "down", "up"]);
  });
});
