/**
 * What a picture's own structure says: its format, its size, its frames, and where it ends. *pure*
 *
 * Nothing is decoded, so that a header which promises four thousand million pixels costs nothing.
 * The walks follow the container of each format from its first byte to its last:
 *
 *   JPEG  markers (ITU T.81)        PNG   chunks (W3C PNG)       GIF  blocks (GIF89a)
 *   WebP  RIFF chunks (RFC 9649)    AVIF  boxes (ISO 14496-12)
 *
 * Invariants
 *  1 every step goes forward, so that no input makes a walk endless       (each loop adds to `at`)
 *  2 `end` is at most the number of bytes; without an end the picture is truncated
 */
import type { Anatomy } from "./anatomy.ts";
import { anatomyOfAvif, isAvif } from "./avif-anatomy.ts";
import { latin, u8 } from "./byte-reader.ts";
import { anatomyOfGif } from "./gif-anatomy.ts";
import { anatomyOfJpeg } from "./jpeg-anatomy.ts";
import { anatomyOfPng } from "./png-anatomy.ts";
import type { ImageFormat } from "./port.ts";
import { anatomyOfWebp } from "./webp-anatomy.ts";

export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  if (u8(bytes, 0) === 0xff && u8(bytes, 1) === 0xd8 && u8(bytes, 2) === 0xff) return "jpeg";
  if (latin(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (/^GIF8[79]a/.test(latin(bytes, 0, 6))) return "gif";
  if (/^RIFF[\s\S]{4}WEBP/.test(latin(bytes, 0, 12))) return "webp";
  return isAvif(bytes) ? "avif" : undefined;
}

const WALKS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Anatomy>> = {
  jpeg: anatomyOfJpeg,
  png: anatomyOfPng,
  gif: anatomyOfGif,
  webp: anatomyOfWebp,
  avif: anatomyOfAvif,
};

export const anatomyOf = (format: ImageFormat, bytes: Uint8Array): Anatomy => WALKS[format](bytes);
