import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emailAddress } from "./email-address.ts";

const accepts = (address: string): boolean => emailAddress.safeParse(address).success;

describe("an e-mail address", () => {
  test.each([
    ["in ASCII", "r@example.com", "first.last+tag@mail.example.co.uk", "o'brien@x-y.example"],
    ["with the signs of an atom", "a!#$%&'*+/=?^_`{|}~-b@example.com"],
    ["with a domain of another script", "info@münchen.de", "я@почта.рф", "a@例え.テスト"],
    ["with a name of another script", "schäfer@example.com", "用户@example.com", "θ@παράδειγμα.gr"],
    ["with marks", "สวัสดี@ไทย.ไทย", "नमस्ते@उदाहरण.भारत"],
    ["written from the right", "משה@דוגמה.ישראל", "محمد@مثال.مصر"],
    ["with an emoji", "\u{1f984}@example.com"],
    ["with a domain in ASCII form", "info@xn--mnchen-3ya.de", "a@xn--e1afmkfd.xn--p1ai"],
    ["as long as it may be", `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.de`],
  ])("%s is accepted", (_, ...addresses) => {
    for (const address of addresses) expect(accepts(address), address).toBe(true);
  });

  test.each([
    ["without its parts", "", "@", "a", "a@", "@example.com", "a@@example.com", "a@b@c.de"],
    ["without a domain of two labels", "a@localhost", "a@münchen", "a@.de", "a@de.", "a@x..de"],
    ["of a machine", "a@127.0.0.1", "a@[127.0.0.1]", "a@example.123"],
    ["with dots that part nothing", ".a@example.com", "a.@example.com", "a..b@example.com"],
    ["with spaces, quotes or brackets", "a b@example.com", '"a"@example.com', "<a@example.com>"],
    ["with another header", "a@example.com\r\nBcc: b@example.com", "a\n@example.com"],
    ["of two people", "a@example.com, b@example.com", "a@example.com;b@example.com"],
    [
      "with what cannot be seen",
      "a\u200b@example.com",
      "a@exam\u00adple.com",
      "\u3164@example.com",
    ],
    ["with marks for the direction", "\u202ea@example.com", "a@example\u200f.com"],
    ["with half a character", "a\ud800@example.com"],
    ["with hyphens at an end", "a@-example.com", "a@example-.com"],
    ["whose domain no IDNA form has", "a@xn--a.de", "a@mu\u0338nchen\u2024.de", "a@exa_mple.de"],
    ["with other dots", "a@example\u3002com", "a@example\uff0ecom"],
    ["that is too long", `${"a".repeat(65)}@example.com`, `${"ä".repeat(33)}@example.com`],
    ["with labels that are too long", `a@${"b".repeat(64)}.de`, `a@${"ü".repeat(60)}.de`],
    ["that is too long in all", `a@${`${"b".repeat(50)}.`.repeat(5)}de`],
  ])("%s is refused", (_, ...addresses) => {
    for (const address of addresses) expect(accepts(address), JSON.stringify(address)).toBe(false);
  });

  test("is taken in one form, whatever keyboard it was typed on", () => {
    expect(emailAddress.parse("scha\u0308fer@mu\u0308nchen.de")).toBe("schäfer@münchen.de");
  });

  test("is one line of one address, whatever is sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
        const parsed = emailAddress.safeParse(`${one}@${other}.de`);
        if (parsed.success) expect(parsed.data).toMatch(/^[^\s<>,;"()@]+@[^\s<>,;"()@]+$/u);
      }),
    );
  });
});
