import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visibleLength } from "./visible-text.ts";

describe("the length that can be seen", () => {
  test.each([
    ["no character", ""],
    ["spaces of every width", " \u00a0\u1680\u2003\u3000\t\r\n\u0085\u2028"],
    ["zero-width spaces", "\u200b".repeat(10)],
    ["joiners and direction marks", "\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\u061c"],
    ["byte order marks and word joiners", "\ufeff\u2060\u2064"],
    ["empty Braille patterns", "\u2800".repeat(10)],
    ["Hangul fillers", "\u3164\u115f\u1160\uffa0"],
    ["variation selectors and tags", "\ufe0f\ufe00\u{e0100}\u{e0061}\u{e007f}"],
    ["combining marks that stand on nothing", "\u0301\u0308 \u034f\u20dd"],
    ["control characters", "\u0000\u0007\u001b\u009b"],
    ["soft hyphens", "\u00ad".repeat(10)],
    ["half characters and what is no character", "\ud800\ufffe\u{1ffff}"],
    ["the place of an object, and Egyptian blanks", "\ufffc\u{13441}\u{13442}\u{1d159}"],
  ])("of %s is none", (_, text) => {
    expect(visibleLength(text)).toBe(0);
  });

  test.each([
    ["Größe", 5],
    ["  two words ", 9],
    ["two\nlines", 9],
    ["می\u200cخواهم", 7],
    ["\u200fשלום\u200f", 4],
    ["\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", 3],
    ["❤\ufe0f", 1],
    ["नमस्ते", 6],
    ["!", 1],
    ["\u{1fae9}", 1],
    ["\ue000", 1],
  ])("of %j is %i", (text, length) => expect(visibleLength(text)).toBe(length));

  test("is never more than there are characters, and blanks around change nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const length = visibleLength(text);
        expect(length).toBeLessThanOrEqual([...text].length);
        expect(visibleLength(`\u200b ${text}\u2800\u3000`)).toBe(length);
      }),
    );
  });
});
