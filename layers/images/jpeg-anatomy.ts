/** A JPEG's markers and scans, to the end of the image. *pure* */
import type { Anatomy } from "./anatomy.ts";
import { u16be } from "./byte-reader.ts";

const SOS = 0xda;
const EOI = 0xd9;
/** Start of frame: all of C0 to CF but tables and arithmetic coding's conditions. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const isAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

export function anatomyOfJpeg(bytes: Uint8Array): Anatomy {
  let at = 2;
  let [width, height] = [0, 0];
  const found = (end: number | undefined): Anatomy => ({ width, height, frames: 1, end });
  while (at < bytes.length) {
    if (bytes[at] !== 0xff) {
      // Between segments only fill bytes may stand; decoders skip others up to the next marker.
      at = bytes.indexOf(0xff, at);
      if (at < 0) return found(undefined);
    }
    const marker = bytes[at + 1];
    if (marker === undefined) return found(undefined);
    if (marker === EOI) return found(at + 2);
    if (marker === 0xff) at += 1;
    else if (marker === 0x00 || isAlone(marker)) at += 2;
    else {
      const length = u16be(bytes, at + 2);
      if (length === undefined || length < 2) return found(undefined);
      if (isFrame(marker) && width === 0) {
        height = u16be(bytes, at + 5) ?? 0;
        width = u16be(bytes, at + 7) ?? 0;
      }
      at += 2 + length;
      if (marker === SOS) at = endOfScan(bytes, at);
    }
  }
  return found(undefined);
}

/** Coded data goes on until a marker that is neither a stuffed FF nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) break;
    if (next !== 0x00 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
