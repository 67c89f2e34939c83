/**
 * Keys of the engine: tuples of strings and numbers as one ordered string. *pure*
 *
 * An element is a tag and a body, so that the order of keys (by code point, as UTF-8 bytes compare)
 * is the order of the tuples, element by element, and no element can run into the next:
 *
 *   number   U+0001, then 11 digits in base 36
 *   string   U+0002, then the text with U+0000 written as U+0000 U+0003, then U+0000
 *
 * Invariants (key.test.ts, with random tuples)
 *  K1 compareKeys(tuple(a), tuple(b)) has the sign of the element-wise comparison of a and b
 *  K2 parseTuple(tuple(a)) equals a
 *  K3 tupleRange(a) holds tuple(b) exactly when b begins with all elements of a
 *
 * Not kept: text with half a surrogate pair has no UTF-8 form, and is refused.
 */
import { AssertionError, assert } from "../../base/assert.ts";

export type TuplePart = string | number;

export interface KeyRange {
  /** Included. */
  readonly from: string;
  /** Excluded. */
  readonly to: string;
}

const numberTag = "\u0001";
const stringTag = "\u0002";
/** Above every tag: what an escaped U+0000 has where a finished string has the next tag. */
const aboveTags = "\u0003";
const numberDigits = 11;

/** Cheap, and enough for nearly all keys: without any half there is no half alone. */
const anySurrogate = /[\ud800-\udfff]/;
const aloneSurrogate = /\p{Surrogate}/u;
const nul = /\u0000/g;

/** Whether the text has a UTF-8 form, that is no half of a surrogate pair. */
export const isWellFormed = (text: string): boolean =>
  !anySurrogate.test(text) || !aloneSurrogate.test(text);

const escaped = (text: string): string =>
  text.includes("\u0000") ? text.replace(nul, "\u0000\u0003") : text;

function encodePart(part: TuplePart): string {
  if (typeof part === "string") return `${stringTag}${escaped(part)}\u0000`;
  if (!Number.isSafeInteger(part) || part < 0) {
    throw new AssertionError(`tuple: ${part} is no non-negative integer`);
  }
  return numberTag + part.toString(36).padStart(numberDigits, "0");
}

export function tuple(...parts: readonly TuplePart[]): string {
  let key = "";
  for (const part of parts) key += encodePart(part);
  assert(isWellFormed(key), "tuple: half a surrogate pair cannot be stored in a key");
  return key;
}

/** The tuple that begins with all elements of another one's key and ends with `last`. */
export const tupleAfter = (key: string, last: number): string => key + encodePart(last);

/** The keys of exactly the tuples that begin with all of `prefix`, itself included. */
export function tupleRange(...prefix: readonly TuplePart[]): KeyRange {
  const from = tuple(...prefix);
  return { from, to: from + aboveTags };
}

/** The keys of exactly the tuples that begin with `parts`, then a string that begins with `text`. */
export function textRange(parts: readonly TuplePart[], text: string): KeyRange {
  const base = tuple(...parts);
  assert(isWellFormed(text), "textRange: half a surrogate pair cannot be in a key");
  const open = stringTag + escaped(text);
  return { from: base + open, to: base + successor(open) };
}

/** The least text that is above every text beginning with `text` (which has no empty answer here). */
function successor(text: string): string {
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  assert(last !== undefined, "successor: nothing is above this text");
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

export function parseTuple(key: string): TuplePart[] {
  const parts: TuplePart[] = [];
  let at = 0;
  while (at < key.length) {
    if (key[at] === numberTag) {
      const end = at + 1 + numberDigits;
      parts.push(Number.parseInt(key.slice(at + 1, end), 36));
      at = end;
      continue;
    }
    if (key[at] !== stringTag) throw noTuple(key, at);
    let end = key.indexOf("\u0000", at);
    let isEscaped = false;
    while (end >= 0 && key[end + 1] === aboveTags) {
      isEscaped = true;
      end = key.indexOf("\u0000", end + 2);
    }
    if (end < 0) throw noTuple(key, at);
    const text = key.slice(at + 1, end);
    parts.push(isEscaped ? text.replaceAll("\u0000\u0003", "\u0000") : text);
    at = end + 1;
  }
  return parts;
}

const noTuple = (key: string, at: number): AssertionError =>
  new AssertionError(`parseTuple: no tuple at ${at} of ${JSON.stringify(key)}`);

/**
 * Code-point order. JavaScript's `<` compares UTF-16 units, which puts U+E000..U+FFFF above
 * the pairs that stand for U+10000 and more.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // Halves of pairs stand for the highest code points: lift them above everything else.
    return aboveAll(left) < aboveAll(right) ? -1 : 1;
  }
  return a.length - b.length;
}

const aboveAll = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit);

/** Length in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // Each half of a pair counts 2: four bytes together.
    bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}
