import fc from "fast-check";
import { expect, test } from "vitest";
import { contains, isClean, parseAddress, parseSubnet } from "./dns-address.ts";

const subnet = (text: string) => parseSubnet(text) ?? expect.fail(`${text} is a network`);

test("addresses are read in every form that people write", () => {
  const six = (...groups: number[]) => groups.flatMap((group) => [group >> 8, group & 255]);
  expect(parseAddress("127.0.0.1")).toEqual({ family: 4, bytes: [127, 0, 0, 1] });
  expect(parseAddress("::1")?.bytes).toEqual(six(0, 0, 0, 0, 0, 0, 0, 1));
  expect(parseAddress("::")?.bytes).toEqual(six(0, 0, 0, 0, 0, 0, 0, 0));
  expect(parseAddress("2001:DB8::8:1")?.bytes).toEqual(six(0x2001, 0xdb8, 0, 0, 0, 0, 8, 1));
  expect(parseAddress("1:2:3:4:5:6:7:8")?.bytes).toEqual(six(1, 2, 3, 4, 5, 6, 7, 8));
  expect(parseAddress("64:ff9b::192.0.2.1")?.bytes).toEqual(
    six(0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x201),
  );
  expect(parseAddress("::ffff:10.0.0.1")).toEqual({ family: 4, bytes: [10, 0, 0, 1] });
});

test("what is no address is none", () => {
  const wrong = [
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3.4 ",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::1.2.3",
    "fe80::1%lo",
    "1:2:3:4:5:6:7:8::",
  ];
  for (const text of wrong) expect([text, parseAddress(text)]).toEqual([text, undefined]);
});

test("a network with bits beyond its prefix is none", () => {
  expect(subnet("10.1.0.0/16").bits).toBe(16);
  expect(subnet("10.1.2.3").bits).toBe(32);
  for (const text of ["10.1.2.0/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::1/64"]) {
    expect([text, parseSubnet(text)]).toEqual([text, undefined]);
  }
});

test("a network contains exactly what begins with its prefix", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const bytesOf = fc.array(byte, { minLength: 4, maxLength: 4 });
  const toBits = (bytes: readonly number[]) =>
    bytes.map((one) => one.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(bytesOf, bytesOf, fc.integer({ min: 0, max: 32 }), (outer, inner, bits) => {
      const address = { family: 4, bytes: outer } as const;
      const begins = toBits(inner).startsWith(toBits(outer).slice(0, bits));
      const whole = { address: { family: 4, bytes: inner }, bits: 32 } as const;
      expect(contains({ address, bits }, whole)).toBe(begins);
      expect(isClean({ address, bits })).toBe(!toBits(outer).slice(bits).includes("1"));
    }),
  );
  expect(contains(subnet("0.0.0.0/0"), subnet("::1"))).toBe(false);
});
