import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { suggestUsernames } from "./federated-name.ts";
import { foldUsername, isSameUsername } from "./same-name.ts";
import { objectToUsername } from "./user-names.ts";

describe("a new user name", () => {
  test.each([
    ["in ASCII", "ann", "a.b_c@d+e-f", "x".repeat(64), "1234"],
    ["in Latin letters with accents", "Zoë", "Zoe\u0308", "Đặng", "Łukasz", "İzmir", "ıspanak"],
    ["in Thai", "สวัสดีวัน", "น้ำใจ"],
    ["in Devanagari and its kin", "नमस्ते", "বাংলা", "தமிழ்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം"],
    ["in Arabic, with its own digits", "محمد", "فاطمة٣", "کوروش"],
    ["in Hebrew with points", "שָׁלוֹם"],
    ["in Burmese, Khmer, Lao, Tibetan", "မြန်မာ", "ភាសាខ្មែរ", "ພາສາລາວ", "བོདཡིག"],
    ["in Greek and Cyrillic", "Νίκος", "Σωκράτης", "Ёлка", "Київ"],
    ["in Armenian, Georgian, Amharic", "Հայերեն", "ქართული", "አማርኛ"],
    ["in Chinese, Japanese, Korean", "用户名", "田中さん", "カタカナー", "한국어", "二〇二六"],
    ["in what is written together", "Tanakaさん田中", "LGエレクトロ", "kim철수", "ㄅㄆㄇabc"],
    ["in Cherokee and Adlam", "ᏣᎳᎩ", "𞤀𞤁𞤂"],
  ])("%s is allowed", (_, ...names) => {
    for (const name of names) expect(objectToUsername(name)?.message, name).toBeUndefined();
  });

  test.each([
    ["too short or too long", "", "ab", "x".repeat(65)],
    ["with spaces, controls or other signs", "a b c", "a\u0000bc", "<script>", "a/b/c", "a·b·c"],
    ["of symbols", "☃☃☃", "\u{1f984}\u{1f984}\u{1f984}", "⠀⠀⠀", "abc⠀"],
    ["of Hangul fillers", "\u3164\u3164\u3164", "\u115f\u115f\u115f", "\uffa0\uffa0\uffa0"],
    ["with a filler behind it", "agent\u3164", "agent\uffa0", "agent\u1160", "agent\u17b4"],
    ["of parts of Hangul syllables", "\u1100\u1100\u1100", "\ua960abc", "abc\ud7b0"],
    ["with characters without a width", "ag\u200bent", "agent\u200d", "agent\u2060", "\ufeffagent"],
    ["with marks for the direction", "\u202eagent", "agent\u200e", "agent\u061c", "a\u2066bc"],
    ["with variation selectors and tags", "agent\ufe0f", "agent\u{e0100}", "agent\u{e0061}"],
    ["with a grapheme joiner", "agent\u034f", "a\u034fgent"],
    [
      "with marks that stand on nothing",
      "\u0301abc",
      "\u0301\u0301\u0301",
      "a.\u0301b",
      "a-\u0e31",
    ],
    ["with heaps of marks", `z${"\u0300\u0316\u0301\u0317\u0302"}lgo`, "a\u0332\u0332bc"],
    ["with enclosing marks", "agent\u20dd"],
    ["with Latin and Cyrillic letters", "\u0430gent", "ag\u0435nt", "раypal"],
    ["with Latin and Greek letters", "αgent", "agen\u03c4"],
    ["with other mixes", "агεнт", "Հello", "ᎪᏀent", "नamaste", "한カ나"],
    ["of blank hieroglyphs", "\u{13441}\u{13441}\u{13441}"],
  ])("%s is refused", (_, ...names) => {
    for (const name of names) expect(objectToUsername(name), JSON.stringify(name)).toBeDefined();
  });
});

describe("two names", () => {
  test("that differ in case, form, or in a dot on a dot are one name", () => {
    for (const [one, other] of [
      ["ANNA", "anna"],
      ["ａｎｎａ", "anna"],
      ["Zoe\u0308", "ZOË"],
      ["İzmir", "izmir"],
      ["adm\u0069\u0307n", "admin"],
      ["adm\u012fn", "adm\u0069\u0328\u0307n"],
      ["ΝΊΚΟΣ", "νίκος"],
    ] as const) {
      expect(isSameUsername(one, other), `${one} ${other}`).toBe(true);
    }
    expect(isSameUsername("anna", "hanna")).toBe(false);
    expect(isSameUsername("ızmir", "izmir")).toBe(false);
  });

  test("folded twice are as folded once", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("", "İ", "i\u0307\u0307"),
        (a, b) => {
          const name = a + b + a;
          expect(foldUsername(foldUsername(name))).toBe(foldUsername(name));
        },
      ),
    );
  });

  test("fold to where they were kept before marks were allowed", () => {
    const formerly = (name: string) => name.normalize("NFKC").toLowerCase();
    const allowedBefore = /^[\p{L}\p{N}._@+-]+$/u;
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const kept = formerly(String.fromCodePoint(code));
      if (allowedBefore.test(kept) && foldUsername(kept) !== kept) throw new Error(kept);
    }
    expect(foldUsername("agent\u3164")).toBe(formerly("agent\u3164"));
  });
});

describe("who comes from another provider gets an allowed name", () => {
  test("like the one wished for", () => {
    const names = suggestUsernames({ name: "Rider One" }, "facebook", "abcdefgh");
    expect(names).toEqual(["rider-one", "rider-one-abcd", "rider-one-abcdefg"]);
    expect(suggestUsernames({ email: "rider@example.com" }, "x", "abcdefgh")[0]).toBe("rider");
    expect(suggestUsernames({}, "facebook", "abcdefgh")[0]).toBe("facebook-user-abcd");
    expect(suggestUsernames({ name: "สมชาย ใจดี" }, "x", "abcdefgh")[0]).toBe("สมชาย-ใจดี");
    expect(suggestUsernames({ name: "Анна" }, "x", "12ab34cd")).toEqual([
      "анна",
      "анна-1278",
      "анна-1278349",
    ]);
    // The mix of scripts is refused, so that the address names the account.
    expect(suggestUsernames({ name: "Анна Smith", email: "anna@x.example" }, "x", "abcd")[0]).toBe(
      "anna",
    );
  });

  test("whatever the provider says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (name, email) => {
        for (const made of suggestUsernames({ name, email }, "oidc", "0123456789abcdef")) {
          expect(objectToUsername(made)).toBeUndefined();
        }
      }),
    );
  });
});
