/**
 * A GIF's blocks, to the trailer. *pure*
 *
 * Makers leave the trailer out, and browsers do not miss it: a GIF ends as well where its bytes do,
 * or where something else begins, if a frame is whole by then.
 */
import type { Anatomy } from "./anatomy.ts";
import { u8, u16le } from "./byte-reader.ts";

const HEAD_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;

/** Three bytes for each of 2 to 256 colours, where there is a table. */
const colourTable = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));

export function anatomyOfGif(bytes: Uint8Array): Anatomy {
  let width = u16le(bytes, 6) ?? 0;
  let height = u16le(bytes, 8) ?? 0;
  let frames = 0;
  let at = HEAD_BYTES + colourTable(u8(bytes, 10) ?? 0);
  const found = (end: number | undefined): Anatomy => ({
    width,
    height,
    frames: Math.max(1, frames),
    end,
  });
  for (;;) {
    const kind = u8(bytes, at);
    if (kind === TRAILER) return found(at + 1);
    let next: number | undefined;
    if (kind === IMAGE) {
      frames += 1;
      // A frame larger than its screen would be decoded all the same.
      width = Math.max(width, u16le(bytes, at + 5) ?? 0);
      height = Math.max(height, u16le(bytes, at + 7) ?? 0);
      const table = colourTable(u8(bytes, at + 9) ?? 0);
      next = endOfBlocks(bytes, at + DESCRIPTOR_BYTES + table + 1);
    } else if (kind === EXTENSION) {
      next = endOfBlocks(bytes, at + 2);
    } else {
      return found(frames > 0 ? at : undefined);
    }
    if (next === undefined) return found(undefined);
    at = next;
  }
}

/** Blocks of up to 255 bytes, each led by its length; an empty one ends them. */
function endOfBlocks(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; ; ) {
    const length = u8(bytes, at);
    if (length === undefined) return undefined;
    at += length + 1;
    if (length === 0) return at;
  }
}
