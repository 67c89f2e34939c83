/** A PNG's chunks, to IEND. *pure* */
import type { Anatomy } from "./anatomy.ts";
import { latin, u32be } from "./byte-reader.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const AROUND_BYTES = 12;

export function anatomyOfPng(bytes: Uint8Array): Anatomy {
  const isHeaded = latin(bytes, SIGNATURE_BYTES + 4, 4) === "IHDR";
  const width = (isHeaded ? u32be(bytes, 16) : 0) ?? 0;
  const height = (isHeaded ? u32be(bytes, 20) : 0) ?? 0;
  let frames = 1;
  for (let at = SIGNATURE_BYTES; ; ) {
    const length = u32be(bytes, at);
    if (length === undefined) return { width, height, frames, end: undefined };
    const type = latin(bytes, at + 4, 4);
    // An animation's frames: only the first is ever decoded, but the header is believed.
    if (type === "acTL") frames = Math.max(1, u32be(bytes, at + 8) ?? 1);
    at += length + AROUND_BYTES;
    if (at > bytes.length) return { width, height, frames, end: undefined };
    if (type === "IEND") return { width, height, frames, end: at };
  }
}
