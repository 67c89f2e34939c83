/**
 * What cameras and programs make beside plain pictures, and what is taken: one table for the judge,
 * for every adapter, and for the HTTP interface. *public*
 */
import type { ImageFormat } from "../port.ts";
import { bytesOf, samplePicture } from "./samples.ts";

export interface Oddity {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly declaredType?: string;
  readonly format: ImageFormat;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** A segment of a JPEG, right behind its first two bytes. */
function withSegment(picture: Uint8Array, marker: number, text: string): Uint8Array {
  const length = text.length + 2;
  const head = Uint8Array.from([0xff, marker, length >> 8, length & 0xff]);
  return join(picture.slice(0, 2), head, bytesOf(text), picture.slice(2));
}

const jpeg = samplePicture("jpeg");
const XMP = `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>`;
/** Compressed film holds any few bytes by chance, those of programs and archives among them. */
const FILM = `\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x40mdat#!/ PK\x03\x04 \x7fELF MZ <svg`;
const BEHIND_JPEG: readonly (readonly [string, Uint8Array])[] = [
  ["a film behind it, as motion photos have", bytesOf(FILM)],
  ["a maker's block behind it", bytesOf("\0\0\x01\x0aMotionPhoto_DataSEFHdataSEFT")],
  ["a second picture behind it, as Ultra HDR has", jpeg],
  ["zeros behind it", new Uint8Array(4_096)],
  ["garbage behind it", bytesOf("garbage after the end")],
];

export const ODDITIES: readonly Oddity[] = [
  ...BEHIND_JPEG.map(
    ([what, more]): Oddity => ({
      name: `a JPEG with ${what}`,
      bytes: join(withSegment(withSegment(jpeg, 0xe1, XMP), 0xe2, "MPF\0MM\0*\0\0\0\x08"), more),
      declaredType: "image/jpeg",
      format: "jpeg",
    }),
  ),
  ...(["png", "webp", "gif", "avif"] as const).map(
    (format): Oddity => ({
      name: `a ${format.toUpperCase()} with bytes behind it`,
      bytes: join(samplePicture(format), new Uint8Array(99).fill(7)),
      format,
    }),
  ),
  {
    name: "a GIF without its trailer",
    bytes: samplePicture("gif").slice(0, -1),
    format: "gif",
  },
  {
    name: "a GIF with zeros in the place of its trailer",
    bytes: join(samplePicture("gif").slice(0, -1), new Uint8Array(3)),
    format: "gif",
  },
  {
    name: "an AVIF whose maker calls it a sequence",
    bytes: join(
      samplePicture("avif").slice(0, 8),
      bytesOf("avis"),
      samplePicture("avif").slice(12),
    ),
    format: "avif",
  },
  {
    name: "a WebP that is called .jpg",
    bytes: samplePicture("webp"),
    declaredType: "image/jpeg",
    format: "webp",
  },
  {
    name: "a JPEG that is called a PNG",
    bytes: jpeg,
    declaredType: "image/png; charset=binary",
    format: "jpeg",
  },
  {
    name: "an AVIF that is called a HEIC",
    bytes: samplePicture("avif"),
    declaredType: "image/heic",
    format: "avif",
  },
  {
    name: "a PNG of bytes that are called nothing",
    bytes: samplePicture("png"),
    declaredType: "binary/octet-stream",
    format: "png",
  },
];
