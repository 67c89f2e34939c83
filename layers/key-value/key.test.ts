import { describe, expect, it } from "vitest";
import { createRng } from "../../base/rng.ts";
import { compareKeys, parseTuple, textRange, tuple, tupleRange, utf8Bytes } from "./key.ts";

const letters = ["a", "b", "\u0000", "\u0001", "\u0002", "\u0003", "\uffff", "\ue000", "\u{10000}"];
const rng = createRng(20);
const text = (): string => Array.from({ length: rng.below(4) }, () => rng.pick(letters)).join("");
const part = (): string | number => (rng.chance(0.2) ? rng.below(3) * 2 ** 50 : text());
const parts = (): (string | number)[] => Array.from({ length: 1 + rng.below(3) }, part);

const points = (one: string): number[] => Array.from(one, (each) => each.codePointAt(0) ?? 0);

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [at, one] of a.entries()) {
    const two = b[at];
    if (two === undefined) return 1;
    if (one !== two) return one - two;
  }
  return a.length - b.length;
}

/** The order that the encoding has to have, said without it: numbers before texts. */
function compareTuples(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [at, one] of a.entries()) {
    const two = b[at];
    if (two === undefined) return 1;
    if (typeof one !== typeof two) return typeof one === "number" ? -1 : 1;
    const order =
      typeof one === "number"
        ? one - (two as number)
        : compareLists(points(one), points(two as string));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

describe("keys", () => {
  it("have the order of the tuples, element by element", () => {
    for (let round = 0; round < 20_000; round++) {
      const [a, b] = [parts(), parts()];
      const expected = Math.sign(compareTuples(a, b));
      const keys = [tuple(...a), tuple(...b)] as const;
      expect(Math.sign(compareKeys(...keys)), JSON.stringify([a, b])).toBe(expected);
    }
  });

  it("compare as their UTF-8 bytes do", () => {
    for (let round = 0; round < 5_000; round++) {
      const [a, b] = [text(), text()];
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareKeys(a, b))).toBe(bytes);
      expect(utf8Bytes(a)).toBe(Buffer.byteLength(a));
    }
  });

  it("read back as the tuple they were made of", () => {
    for (let round = 0; round < 5_000; round++) {
      const one = parts();
      expect(parseTuple(tuple(...one))).toEqual(one);
    }
  });

  it("are in the range of a tuple exactly when they begin with all its elements", () => {
    let inside = 0;
    for (let round = 0; round < 20_000; round++) {
      const prefix = parts().slice(0, 1 + rng.below(2));
      const one = rng.chance(0.3) ? [...prefix, ...parts()] : parts();
      const begins = prefix.every((element, at) => one[at] === element);
      const { from, to } = tupleRange(...prefix);
      const key = tuple(...one);
      const isIn = compareKeys(key, from) >= 0 && compareKeys(key, to) < 0;
      expect(isIn, JSON.stringify([prefix, one])).toBe(begins);
      if (begins) inside += 1;
    }
    expect(inside).toBeGreaterThan(1_000);
  });

  it("are in the range of a text exactly when that element begins with it", () => {
    for (let round = 0; round < 20_000; round++) {
      const [base, prefix] = [text(), text() + (rng.chance(0.2) ? "\u{10ffff}" : "")];
      const one = rng.chance(0.5) ? prefix + text() : text();
      const { from, to } = textRange([base], prefix);
      const key = tuple(base, one, ...(rng.chance(0.5) ? parts() : []));
      const isIn = compareKeys(key, from) >= 0 && compareKeys(key, to) < 0;
      expect(isIn, JSON.stringify([prefix, one])).toBe(one.startsWith(prefix));
    }
  });

  it("refuse what has no place in the order", () => {
    for (const bad of ["\ud800", "a\udc00", "\udc00\ud800", -1, 1.5, 2 ** 53, Number.NaN]) {
      expect(() => tuple(bad)).toThrow(/tuple/);
    }
    expect(parseTuple(tuple(Number.MAX_SAFE_INTEGER))).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(() => parseTuple("nonsense")).toThrow(/no tuple/);
  });
});
