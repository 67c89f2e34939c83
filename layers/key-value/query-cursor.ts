/**
 * Cursors: where a page ended, as text that a client keeps for a while. *pure*
 *
 *   base64url( "1" + checksum + ":" + what the engine key has after the partition )
 *
 * The checksum binds it to the table, index, partition and order it came from, so that one used
 * elsewhere, cut off or made up is told as such. It is no signature: it protects from mistakes, and
 * a made-up position could only ever point inside the partition that was asked for anyway.
 */
import { isWellFormed, tuple } from "./key.ts";

export interface CursorScope {
  readonly table: string;
  readonly index: string | undefined;
  readonly partition: string;
  readonly order: "ascending" | "descending";
}

const format = "1";
/** The longest key, with room for the checksum, in base64. */
const maxCursorLength = 4096;

export function encodeCursor(scope: CursorScope, position: string): string {
  return toBase64Url(`${format}${checksum(scope, position)}:${position}`);
}

export type DecodedCursor =
  | { readonly kind: "ok"; readonly position: string }
  | { readonly kind: "failed"; readonly reason: string };

const failed = (reason: string): DecodedCursor => ({ kind: "failed", reason });

export function decodeCursor(scope: CursorScope, cursor: unknown): DecodedCursor {
  if (typeof cursor !== "string" || cursor.length > maxCursorLength || !/^[\w-]+$/.test(cursor)) {
    return failed("the cursor is none of ours; leave it out to begin with the first page");
  }
  const text = fromBase64Url(cursor);
  if (text === undefined) {
    return failed("the cursor is damaged; leave it out to begin with the first page");
  }
  if (!text.startsWith(format)) return failed("the cursor is of another version; begin again");
  const colon = text.indexOf(":");
  const position = text.slice(colon + 1);
  const isOurs = colon > 0 && isWellFormed(position);
  if (!isOurs || text.slice(format.length, colon) !== checksum(scope, position)) {
    return failed("the cursor belongs to another query (table, index, partition or order)");
  }
  return { kind: "ok", position };
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Written out, because a core has neither TextEncoder nor btoa.
function toBase64Url(text: string): string {
  let encoded = "";
  let bits = 0;
  let held = 0;
  for (const [unit, hex] of encodeURIComponent(text).matchAll(/%([0-9A-F]{2})|./g)) {
    held = (held << 8) | (hex === undefined ? unit.charCodeAt(0) : Number.parseInt(hex, 16));
    for (bits += 8; bits >= 6; bits -= 6) encoded += digits[(held >> (bits - 6)) & 63];
    held &= 63;
  }
  return bits === 0 ? encoded : encoded + digits[(held << (6 - bits)) & 63];
}

function fromBase64Url(encoded: string): string | undefined {
  let escaped = "";
  let bits = 0;
  let held = 0;
  for (const digit of encoded) {
    held = ((held << 6) | digits.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    escaped += `%${((held >> bits) & 255).toString(16).padStart(2, "0")}`;
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}

/** FNV-1a, twice 32 bits with different offsets. */
function checksum({ table, index, partition, order }: CursorScope, position: string): string {
  const text = tuple(table, index ?? "", partition, order, position);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36).padStart(7, "0");
}
