/**
 * Values and keys as bytes. *pure*
 *
 * A value is one tag byte and JSON: most is ASCII, which reads back faster as Latin-1. Bytes inside
 * (which JSON cannot say) make it the third form, where they stand as base64 text under a name.
 */
const tagAscii = 1;
const tagUtf8 = 2;
const tagBytes = 3;
const bytesField = "\u0000bytes";

/** Appends bytes to one growing buffer. */
export class ByteWriter {
  bytes: Buffer;
  length = 0;

  constructor(sizeBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
  }

  reserve(moreBytes: number): void {
    const needed = this.length + moreBytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** The text as UTF-8; answers how many bytes it took. */
  text(text: string): number {
    this.reserve(text.length * 3);
    const written =
      text.length < 96
        ? writeShort(text, this.bytes, this.length)
        : this.bytes.write(text, this.length);
    this.length += written;
    return written;
  }

  value(value: unknown): void {
    const at = this.length;
    this.reserve(1);
    this.length += 1;
    if (hasBytes(value)) {
      this.bytes[at] = tagBytes;
      this.text(JSON.stringify(value, replaceBytes));
      return;
    }
    const json = JSON.stringify(value);
    const written = this.text(json);
    this.bytes[at] = written === json.length ? tagAscii : tagUtf8;
  }
}

/** Short ASCII text is faster written here than by a call into C++. */
function writeShort(text: string, target: Buffer, position: number): number {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return target.write(text, position);
    target[position + at] = unit;
  }
  return length;
}

export function readValue(bytes: Buffer, start: number, end: number): unknown {
  const tag = bytes[start];
  const json = bytes.toString(tag === tagAscii ? "latin1" : "utf8", start + 1, end);
  return tag === tagBytes ? JSON.parse(json, restoreBytes) : JSON.parse(json);
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) {
    for (const element of value) {
      if (typeof element === "object" && hasBytes(element)) return true;
    }
    return false;
  }
  const fields = value as Record<string, unknown>;
  for (const field in fields) {
    const element = fields[field];
    if (typeof element === "object" && hasBytes(element)) return true;
  }
  return false;
}

function replaceBytes(this: unknown, field: string, value: unknown): unknown {
  // Buffer has a toJSON that has already run on `value`; the holder still has the bytes.
  const held =
    field === "" && !isHolder(this, field) ? value : (this as Record<string, unknown>)[field];
  if (!(held instanceof Uint8Array)) return value;
  return { [bytesField]: Buffer.from(held).toString("base64") };
}

const isHolder = (holder: unknown, field: string): boolean =>
  typeof holder === "object" && holder !== null && field in holder;

function restoreBytes(_field: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(bytesField in value)) return value;
  return new Uint8Array(Buffer.from(String(value[bytesField]), "base64"));
}

/** Keys as LMDB compares them: UTF-8, whose byte order is code-point order. */
export const keyEncoder = {
  writeKey: (key: string, target: Buffer, position: number): number =>
    position + writeShort(key, target, position),
  readKey: (source: Buffer, start: number, end: number): string =>
    source.toString("utf8", start, end),
};
