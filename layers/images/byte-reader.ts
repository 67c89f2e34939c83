/** Numbers and text out of bytes, with undefined past the end. *pure* */
export const u8 = (bytes: Uint8Array, at: number): number | undefined => bytes[at];

function take(bytes: Uint8Array, at: number, count: number, little: boolean): number | undefined {
  if (at < 0 || at + count > bytes.length) return undefined;
  let value = 0;
  for (let step = 0; step < count; step++) {
    value = value * 256 + (bytes[little ? at + count - 1 - step : at + step] ?? 0);
  }
  return value;
}

export const u16be = (bytes: Uint8Array, at: number) => take(bytes, at, 2, false);
export const u32be = (bytes: Uint8Array, at: number) => take(bytes, at, 4, false);
export const u64be = (bytes: Uint8Array, at: number) => take(bytes, at, 8, false);
export const u16le = (bytes: Uint8Array, at: number) => take(bytes, at, 2, true);
export const u24le = (bytes: Uint8Array, at: number) => take(bytes, at, 3, true);
export const u32le = (bytes: Uint8Array, at: number) => take(bytes, at, 4, true);

/** As many characters as there are, each one byte. */
export function latin(bytes: Uint8Array, at: number, count: number): string {
  let text = "";
  for (let i = at; i < Math.min(at + count, bytes.length); i++) {
    text += String.fromCharCode(bytes[i] ?? 0);
  }
  return text;
}

/** Where a piece of ASCII text begins, at or after `from` and before `to`; -1 where it does not. */
export function find(bytes: Uint8Array, text: string, from = 0, to = bytes.length): number {
  const first = text.charCodeAt(0);
  const last = Math.min(to, bytes.length) - text.length;
  for (let at = bytes.indexOf(first, from); at >= 0 && at <= last; ) {
    let same = 1;
    while (same < text.length && bytes[at + same] === text.charCodeAt(same)) same++;
    if (same === text.length) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return -1;
}
