import { decode, encode, type Packet, type RecordType } from "dns-packet";
import fc from "fast-check";
import { expect, test } from "vitest";
import { respond, respondFailure } from "../../../layers/routing/dns-respond.ts";
import { buildZone, type ZoneSettings } from "../../../layers/routing/dns-zone.ts";

/** The wire format, judged by somebody else's reader and writer of it (dns-packet). */
const settings: ZoneSettings = {
  zone: "understudy.test",
  serverAddresses: ["127.0.0.1", "::1"],
  aliases: { blog: "bookstore" },
  locations: { "10.1.0.0/16": "near", "10.2.0.0/16": "far" },
};
const many = Array.from({ length: 60 }, (_, at) => `127.0.9.${at + 1}`);
const zone = buildZone(settings, {
  serial: 4_294_967_295,
  regions: [
    { id: "near", addresses: ["127.0.7.1", "2001:db8::1"], healthy: true },
    { id: "far", addresses: ["127.0.7.2"], healthy: true },
    { id: "wide", addresses: many, healthy: true },
  ],
  apps: [
    { app: "bookstore", servingRegions: ["near", "far"], mode: "active-active", epoch: 7 },
    { app: "tickets", servingRegions: ["far"] },
  ],
});
const client = { address: { family: 4, bytes: [192, 0, 2, 1] } } as const;

const ask = (packet: Packet, transport: "udp" | "tcp" = "udp") => {
  const bytes = respond(encode({ type: "query", id: 0xbeef, ...packet }), transport, client, zone);
  if (bytes === undefined) return expect.fail("there is an answer");
  return { bytes, packet: decode(Buffer.from(bytes)) as ReturnType<typeof decode> & Flags };
};
interface Flags {
  readonly rcode: string;
  readonly flag_aa: boolean;
  readonly flag_tc: boolean;
  readonly flag_rd: boolean;
}
const question = (name: string, type: string = "A") => ({
  questions: [{ name, type: type as RecordType }],
});
const opt = (udpPayloadSize: number, more: object = {}) => ({
  additionals: [
    { type: "OPT", name: ".", udpPayloadSize, flags: 0, options: [], ...more },
  ] as never,
});

test("another reader finds in the bytes what the core answered", () => {
  const types: readonly (readonly [string, string, unknown])[] = [
    ["tickets.understudy.test", "A", "127.0.7.2"],
    ["near.understudy.test", "AAAA", "2001:db8::1"],
    ["blog.understudy.test", "CNAME", "bookstore.understudy.test"],
    ["understudy.test", "NS", "ns1.understudy.test"],
    ["tickets.understudy.test", "TXT", [Buffer.from("app=tickets"), Buffer.from("serving=far")]],
    [
      "understudy.test",
      "SOA",
      {
        mname: "ns1.understudy.test",
        rname: "hostmaster.understudy.test",
        serial: 4_294_967_295,
        refresh: 60,
        retry: 10,
        expire: 86_400,
        minimum: 1,
      },
    ],
  ];
  for (const [name, type, data] of types) {
    const { packet } = ask(question(name, type));
    expect(packet.answers).toMatchObject([{ name, type, data }]);
    expect([packet.id, packet.flag_aa, packet.flag_tc]).toEqual([0xbeef, true, false]);
  }
  expect(ask(question("understudy.test", "NS")).packet.additionals).toMatchObject([
    { type: "A", name: "ns1.understudy.test", data: "127.0.0.1" },
    { type: "AAAA", name: "ns1.understudy.test", data: "::1" },
  ]);
});

test("the question comes back as it was written, letter case included", () => {
  const { packet } = ask(question("TiCkEtS.UnDeRsTuDy.TeSt"));
  expect(packet.questions).toMatchObject([{ name: "TiCkEtS.UnDeRsTuDy.TeSt" }]);
  expect(packet.answers).toMatchObject([{ name: "TiCkEtS.UnDeRsTuDy.TeSt", data: "127.0.7.2" }]);
});

test("recursion desired is repeated, and recursion is not offered", () => {
  const { bytes } = ask({ ...question("tickets.understudy.test"), flags: 0x0100 });
  expect([(bytes[2] ?? 0) & 1, (bytes[3] ?? 0) & 0x80]).toEqual([1, 0]);
});

test("names are compressed: an answer costs 16 bytes more than its question", () => {
  const asked = encode({ type: "query", id: 1, ...question("tickets.understudy.test") });
  const { bytes } = ask(question("tickets.understudy.test"));
  expect(bytes.length - asked.length).toBe(16);
});

test("what does not fit into the datagram is truncated, and whole over TCP", () => {
  const wide = question("wide.understudy.test");
  const plain = ask(wide);
  expect([plain.packet.flag_tc, plain.packet.answers]).toEqual([true, []]);
  const edns = ask({ ...wide, ...opt(4_096) });
  expect([edns.packet.flag_tc, edns.packet.answers?.length]).toEqual([false, 60]);
  expect(edns.bytes.length).toBeLessThanOrEqual(1_232);
  expect(ask({ ...wide, ...opt(100) }).packet.flag_tc).toBe(true);
  const whole = ask(wide, "tcp");
  expect([whole.packet.flag_tc, whole.packet.answers?.length]).toEqual([false, 60]);
});

test("OPT is answered with OPT, and not where there was none", () => {
  const name = "tickets.understudy.test";
  expect(ask(question(name)).packet.additionals).toEqual([]);
  const { packet } = ask({ ...question(name), ...opt(512, { flags: 0x8000 }) });
  expect(packet.additionals).toMatchObject([
    { type: "OPT", udpPayloadSize: 1_232, ednsVersion: 0, flag_do: true },
  ]);
});

test("a version of EDNS that does not exist yet is told as BADVERS", () => {
  const { packet } = ask({
    ...question("tickets.understudy.test"),
    ...opt(512, { ednsVersion: 1 }),
  });
  expect(packet.additionals).toMatchObject([{ type: "OPT", extendedRcode: 1 }]);
  expect([packet.rcode, packet.answers]).toEqual(["NOERROR", []]);
});

test("the client's network decides, and comes back with the scope of the answer", () => {
  const options = [{ code: "CLIENT_SUBNET", family: 1, sourcePrefixLength: 24, ip: "10.2.3.0" }];
  const { packet, bytes } = ask({
    ...question("bookstore.understudy.test"),
    ...opt(1_232, { options }),
  });
  expect(packet.answers).toMatchObject([{ data: "127.0.7.2" }]);
  expect([...bytes.subarray(-11)]).toEqual([0, 8, 0, 7, 0, 1, 24, 16, 10, 2, 3]);
});

test("an empty client network is echoed, and then the address that asks decides", () => {
  const bare = encode({ type: "query", id: 1, ...question("bookstore.understudy.test") });
  bare.writeUInt16BE(1, 10);
  const option = [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 8, 0, 8, 0, 4, 0, 1, 0, 0];
  const from = { address: { family: 4, bytes: [10, 2, 0, 1] } } as const;
  const bytes = respond(Buffer.concat([bare, Buffer.from(option)]), "udp", from, zone);
  expect(decode(Buffer.from(bytes ?? [])).answers).toMatchObject([{ data: "127.0.7.2" }]);
  expect([...(bytes ?? new Uint8Array()).subarray(-8)]).toEqual([0, 8, 0, 4, 0, 1, 0, 0]);
});

test("what is no question is refused with the reason, or not answered at all", () => {
  const good = encode({ type: "query", id: 0x1234, ...question("tickets.understudy.test") });
  const changed = (change: (bytes: Buffer) => Buffer | undefined) => {
    const copy = Buffer.from(good);
    return change(copy) ?? copy;
  };
  const replace = (at: number, value: number) =>
    changed((bytes) => void bytes.writeUInt8(value, at));
  const withOption = (...option: number[]) =>
    changed((bytes) => {
      bytes.writeUInt16BE(1, 10);
      const head = [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, option.length];
      return Buffer.concat([bytes, Buffer.from([...head, ...option])]);
    });
  const cases: readonly (readonly [string, Buffer, number | undefined])[] = [
    ["too short for a header", good.subarray(0, 11), undefined],
    ["itself an answer", replace(2, 0x80), undefined],
    ["only a header", good.subarray(0, 12), 1],
    ["cut in the name", good.subarray(0, 20), 1],
    ["cut in the type", good.subarray(0, good.length - 3), 1],
    ["no question", replace(5, 0), 1],
    ["two questions", replace(5, 2), 1],
    ["an answer in the question", replace(7, 1), 1],
    ["a pointer as name", replace(12, 0xc0), 1],
    ["a reserved kind of label", replace(12, 0x40), 1],
    ["more additional records than bytes", replace(11, 1), 1],
    ["bytes after the end", Buffer.concat([good, Buffer.from([0])]), 1],
    ["an update", replace(2, 5 << 3), 4],
    ["a notify", replace(2, 4 << 3), 4],
    ["an option longer than OPT", withOption(0, 10, 0, 9, 1), 1],
    ["a network with bits beyond its prefix", withOption(0, 8, 0, 5, 0, 1, 4, 0, 0xff), 1],
    ["a network with too few bytes", withOption(0, 8, 0, 5, 0, 1, 24, 0, 10), 1],
    ["a network of no family", withOption(0, 8, 0, 4, 0, 9, 0, 0), 1],
    ["a network with a scope", withOption(0, 8, 0, 5, 0, 1, 8, 8, 10), 1],
    ["an option that nobody knows", withOption(0xff, 0xff, 0, 2, 1, 2), 0],
  ];
  for (const [what, bytes, rcode] of cases) {
    const answer = respond(bytes, "udp", client, zone);
    expect([what, answer && (answer[3] ?? 0) & 15]).toEqual([what, rcode]);
    if (answer === undefined) continue;
    expect([answer[0], answer[1], (answer[2] ?? 0) & 0x80]).toEqual([0x12, 0x34, 0x80]);
  }
});

test("a label with a dot inside is not mistaken for two", () => {
  const labels = [Buffer.from("tickets.understudy"), Buffer.from("test")];
  const name = labels.flatMap((label) => [label.length, ...label]);
  const header = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const bytes = Uint8Array.from([...header, ...name, 0, 0, 1, 0, 1]);
  const answer = respond(bytes, "udp", client, zone) ?? [];
  expect((answer[3] ?? 0) & 15).toBe(5);
});

test("a fault of ours is told as such, to questions only", () => {
  const good = encode({ type: "query", id: 5, ...question("tickets.understudy.test") });
  expect((respondFailure(good)?.[3] ?? 0) & 15).toBe(2);
  expect(respondFailure(good.subarray(0, 3))).toBeUndefined();
});

const anyBytes = fc.uint8Array({ maxLength: 600 });
/** Near to right: a good question with some bytes changed, cut or added. */
const nearlyGood = fc
  .record({
    name: fc
      .constantFrom("tickets", "bookstore", "blog", "wide", "none")
      .map((a) => `${a}.understudy.test`),
    type: fc.constantFrom("A", "AAAA", "NS", "SOA", "TXT", "ANY", "CNAME", "AXFR"),
    size: fc.integer({ min: 0, max: 65_535 }),
    changes: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
    cut: fc.nat(120),
    more: fc.uint8Array({ maxLength: 20 }),
    isWhole: fc.boolean(),
  })
  .map(({ name, type, size, changes, cut, more, isWhole }) => {
    const bytes = encode({ type: "query", id: 9, ...question(name, type), ...opt(size) });
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return isWhole ? new Uint8Array(bytes) : Buffer.concat([bytes.subarray(0, cut), more]);
  });

test("any bytes give at most one reply, whole, no larger than the asker takes", () => {
  fc.assert(
    fc.property(fc.oneof(anyBytes, nearlyGood), fc.boolean(), (bytes, isUdp) => {
      const reply = respond(bytes, isUdp ? "udp" : "tcp", client, zone);
      const isIgnored = bytes.length < 12 || (bytes[2] ?? 0) >= 0x80;
      expect(reply === undefined).toBe(isIgnored);
      if (isIgnored) return;
      if (reply === undefined) return expect.fail("a question has a reply");
      expect([reply[0], reply[1]]).toEqual([bytes[0], bytes[1]]);
      expect((reply[2] ?? 0) & 0x80).toBe(0x80);
      if (isUdp) expect(reply.length).toBeLessThanOrEqual(1_232);
      // Another reader gets through to the end of it.
      const packet = decode(Buffer.from(reply));
      const count = (list: readonly unknown[] | undefined): number => list?.length ?? 0;
      expect(count(packet.questions)).toBeLessThanOrEqual(1);
      expect(count(packet.answers)).toBeLessThanOrEqual(60);
    }),
    { numRuns: 5_000 },
  );
});

test("no question over UDP is answered with more than six times its bytes without EDNS", () => {
  for (const name of zone.names.keys()) {
    for (const type of ["A", "AAAA", "NS", "SOA", "TXT", "ANY", "CNAME"]) {
      const asked = encode({ type: "query", id: 1, ...question(name, type) });
      const reply = respond(asked, "udp", client, zone) ?? [];
      expect(reply.length / asked.length).toBeLessThan(6);
      expect(reply.length).toBeLessThanOrEqual(512);
    }
  }
});
