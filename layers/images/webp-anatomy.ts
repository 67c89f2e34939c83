/** A WebP's RIFF chunks. *pure* */
import type { Anatomy } from "./anatomy.ts";
import { latin, u16le, u24le, u32le } from "./byte-reader.ts";

const FIRST_CHUNK = 12;
const CHUNK_HEAD_BYTES = 8;
const SIDE_BITS = 0x3fff;

interface Size {
  readonly width: number;
  readonly height: number;
}

export function anatomyOfWebp(bytes: Uint8Array): Anatomy {
  const declared = (u32le(bytes, 4) ?? 0) + CHUNK_HEAD_BYTES;
  const isWhole = declared <= bytes.length && declared > FIRST_CHUNK + CHUNK_HEAD_BYTES;
  let size: Size = { width: 0, height: 0 };
  let frames = 0;
  const until = Math.min(declared, bytes.length);
  for (let at = FIRST_CHUNK; at + CHUNK_HEAD_BYTES <= until; ) {
    const type = latin(bytes, at, 4);
    const length = u32le(bytes, at + 4) ?? 0;
    const own = sizeIn(type, bytes, at + CHUNK_HEAD_BYTES);
    size = {
      width: Math.max(size.width, own.width),
      height: Math.max(size.height, own.height),
    };
    if (type === "ANMF") frames += 1;
    at += CHUNK_HEAD_BYTES + length + (length % 2);
  }
  return { ...size, frames: Math.max(1, frames), end: isWhole ? declared : undefined };
}

function sizeIn(type: string, bytes: Uint8Array, at: number): Size {
  if (type === "VP8X") {
    return { width: 1 + (u24le(bytes, at + 4) ?? 0), height: 1 + (u24le(bytes, at + 7) ?? 0) };
  }
  if (type === "VP8L") {
    const bits = u32le(bytes, at + 1) ?? 0;
    return { width: 1 + (bits & SIDE_BITS), height: 1 + ((bits >>> 14) & SIDE_BITS) };
  }
  if (type === "VP8 ") {
    const width = (u16le(bytes, at + 6) ?? 0) & SIDE_BITS;
    return { width, height: (u16le(bytes, at + 8) ?? 0) & SIDE_BITS };
  }
  return { width: 0, height: 0 };
}
