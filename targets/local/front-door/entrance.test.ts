import type { IncomingMessage } from "node:http";
import { fetch } from "undici";
import { describe, expect, it, test } from "vitest";
import { ConfigurationError } from "../../../base/errors.ts";
import { defineEntrance, type EntranceOptions } from "../../../layers/api/entrance.ts";
import { createOriginOf } from "./entrance.ts";
import { setUp } from "./test-world.ts";

const refuse = (what: string, got: unknown, fix: string): never => {
  throw new ConfigurationError({ what, got, fix });
};
const entrance = (options: EntranceOptions) => defineEntrance(options, refuse);
const from = (peer: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress: peer }, headers: { host: "door:8080", ...headers } }) as never;
const originOf = (options: EntranceOptions, request: IncomingMessage) =>
  createOriginOf(entrance(options))(request);

const CLAIMS = {
  "x-forwarded-for": "203.0.113.9",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "app.example.org",
};
const DOOR = { address: "10.0.0.1", host: "door:8080", proto: "http" };

describe("who a client is", () => {
  test("is what its connection says, whatever the client claims", () => {
    for (const options of [{}, { trustedProxies: ["10.0.0.2", "192.168.0.0/16"] }]) {
      expect(originOf(options, from("10.0.0.1", CLAIMS))).toEqual(DOOR);
      const standard = { forwarded: "for=203.0.113.9;proto=https;host=evil.example" };
      expect(originOf(options, from("::ffff:10.0.0.1", standard))).toEqual(DOOR);
    }
  });

  test("is what a trusted proxy says, up to the first address that is not trusted", () => {
    const options = { trustedProxies: ["10.0.0.0/8", "fd00::/8"] };
    const app = { host: "app.example.org", proto: "https" };
    expect(originOf(options, from("10.0.0.1", CLAIMS))).toEqual({ address: "203.0.113.9", ...app });
    const chain = { ...CLAIMS, "x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.1.1.1" };
    expect(originOf(options, from("fd00::1", chain)).address).toBe("203.0.113.9");
    const standard = {
      forwarded: 'for=6.6.6.6, For="[2001:db8::7]:4711";proto=https;host="app.example.org"',
    };
    expect(originOf(options, from("10.0.0.1", standard))).toEqual({
      address: "2001:db8::7",
      ...app,
    });
    const odd = {
      "x-forwarded-for": "unknown",
      "x-forwarded-proto": "gopher",
      "x-forwarded-host": "a/b",
    };
    expect(originOf(options, from("10.0.0.1", odd))).toEqual(DOOR);
    for (const none of ["dead", "1.2.3", "203.0.113.999", ":::", "10.0.0.9, face"]) {
      const { address } = originOf(options, from("10.0.0.9", { "x-forwarded-for": none }));
      expect([none, address]).toEqual([none, "10.0.0.9"]);
    }
    const noHost = { "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "app:99999" };
    expect(originOf(options, from("10.0.0.1", noHost)).host).toBe(DOOR.host);
  });

  test("comes by the public URL, where there is one", () => {
    const options = { publicUrl: "https://app.example.org" };
    expect(originOf(options, from("10.0.0.1", {}))).toEqual({
      address: "10.0.0.1",
      host: "app.example.org",
      proto: "https",
    });
  });
});

test("an entrance that cannot be used is refused with its fix", () => {
  for (const publicUrl of ["app.example.org", "ftp://a", "https://a/path", "https://a?x", "", 7]) {
    expect(() => entrance({ publicUrl: publicUrl as never }), String(publicUrl)).toThrow(
      "publicUrl",
    );
  }
  for (const one of ["proxy", "10.0.0.0/33", "fd00::/129", "1.2.3", "10.0.0.1/8/8", "", 7]) {
    expect(() => entrance({ trustedProxies: [one as never] }), String(one)).toThrow(
      "trustedProxies",
    );
  }
  expect(() => entrance({ trustedProxies: "10.0.0.1" as never })).toThrow("trustedProxies");
  expect(entrance({ publicUrl: "https://app.example.org/" }).publicUrl).toBe(
    "https://app.example.org",
  );
});

describe("a front door", () => {
  it("hands on what its trusted proxy says, and shows regions that it is theirs", async () => {
    const { a, call, door } = await setUp({
      proxyToken: "t".repeat(43),
      entrance: { trustedProxies: ["127.0.0.0/8"] },
    });
    const headers = { ...CLAIMS, "understudy-front-door": "forged", forwarded: "for=6.6.6.6" };
    await call("/tickets/x", { headers });
    expect(a.got[0]?.headers).toMatchObject({ ...CLAIMS, "understudy-front-door": "t".repeat(43) });
    expect(a.got[0]?.headers.forwarded).toBeUndefined();
    door.setEntrance({ trustedProxies: [], publicUrl: "https://shop.example" });
    await call("/tickets/x", { headers });
    expect(a.got[1]?.headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
    });
  });

  it("listens where it is told, and says how this machine reaches it", async () => {
    const { door } = await setUp({ host: "0.0.0.0" });
    expect(door.url).toBe(`http://127.0.0.1:${door.port}`);
    expect((await fetch(`http://127.0.0.2:${door.port}/tickets/x`)).status).toBe(200);
    await expect(setUp({ host: "203.0.113.1" })).rejects.toThrow("does not have the address");
  });
});
