/**
 * Bytes that are sent in order to do harm, and what each is refused with: one table for the judge,
 * for every adapter, and for the HTTP interface. *public*
 */
import { IMAGE_FORMATS, type ImageFormat, type ImageRefusalCode } from "../port.ts";
import { bytesOf, samplePicture } from "./samples.ts";

export interface Attack {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly declaredType?: string;
  readonly code: ImageRefusalCode;
  /** Part of the reason that a person reads. */
  readonly says: RegExp;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** With some bytes replaced: `at` counts from 0. */
function patched(picture: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const copy = picture.slice();
  copy.set(bytes, at);
  return copy;
}

const cut = (format: ImageFormat): Uint8Array => {
  const picture = samplePicture(format);
  return picture.slice(0, Math.floor(picture.length * 0.7));
};

const behind = (format: ImageFormat, text: string): Uint8Array =>
  join(samplePicture(format), bytesOf(text));

/** A JPEG's comment stands right behind its first two bytes. */
function withComment(text: string): Uint8Array {
  const picture = samplePicture("jpeg");
  const length = text.length + 2;
  const comment = [0xff, 0xfe, length >> 8, length & 0xff];
  return join(picture.slice(0, 2), Uint8Array.from(comment), bytesOf(text), picture.slice(2));
}

function hugeAvif(): Uint8Array {
  const picture = samplePicture("avif");
  const text = String.fromCharCode(...picture);
  const at = text.indexOf("ispe") + 8;
  return patched(picture, at, [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
}

/** Two thousand frames of one byte each, on a screen of 300 x 300. */
function manyFrames(): Uint8Array {
  const head = [...bytesOf("GIF89a"), 0x2c, 1, 0x2c, 1, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const frame = [0x2c, 0, 0, 0, 0, 0x2c, 1, 0x2c, 1, 0, 2, 1, 0x2a, 0];
  return Uint8Array.from([...head, ...Array.from({ length: 2_000 }, () => frame).flat(), 0x3b]);
}

const SCRIPT = "<script>alert(1)</script>";
const ZIP = "PK\x03\x04 a jar or an office document PK\x05\x06 and its index";

const others: readonly Attack[] = [
  {
    name: "nothing at all",
    bytes: new Uint8Array(),
    code: "not-a-picture",
    says: /empty/,
  },
  {
    name: "a drawing with a script",
    bytes: bytesOf(`<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`),
    declaredType: "image/svg+xml",
    code: "not-a-picture",
    says: /SVG/,
  },
  {
    name: "a drawing with a script that is called a PNG",
    bytes: bytesOf(`<?xml version="1.0"?><!-- --> <svg>${SCRIPT}</svg>`),
    declaredType: "image/png",
    code: "not-a-picture",
    says: /SVG/,
  },
  {
    name: "a page that is called a JPEG",
    bytes: bytesOf(`<!doctype html>${SCRIPT}`),
    declaredType: "image/jpeg",
    code: "not-a-picture",
    says: /HTML/,
  },
  {
    name: "random bytes",
    bytes: Uint8Array.from({ length: 999 }, (_, i) => (i * 7919 + 13) % 256),
    declaredType: "image/webp",
    code: "not-a-picture",
    says: /no kind/,
  },
  {
    name: "a JPEG that is called a film",
    bytes: samplePicture("jpeg"),
    declaredType: "video/mp4",
    code: "mislabelled",
    says: /content is JPEG/,
  },
  {
    name: "a GIF that is called a page",
    bytes: samplePicture("gif"),
    declaredType: "text/html",
    code: "mislabelled",
    says: /content is GIF/,
  },
];

const bombs: readonly Attack[] = [
  {
    name: "a PNG whose header promises 3,600 million pixels",
    bytes: patched(samplePicture("png"), 16, [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]),
    code: "too-many-pixels",
    says: /60000 x 60000/,
  },
  {
    name: "a PNG of one line that is a thousand million pixels long",
    bytes: patched(samplePicture("png"), 16, [0x3b, 0x9a, 0xca, 0, 0, 0, 0, 1]),
    code: "too-many-pixels",
    says: /1000000000 x 1/,
  },
  {
    name: "a GIF whose screen has 4,295 million pixels",
    bytes: patched(samplePicture("gif"), 6, [0xff, 0xff, 0xff, 0xff]),
    code: "too-many-pixels",
    says: /65535 x 65535/,
  },
  {
    name: "a GIF of two thousand frames",
    bytes: manyFrames(),
    code: "too-many-pixels",
    says: /2000 frames/,
  },
  {
    name: "a WebP that says it is as large as one can be",
    bytes: patched(samplePicture("webp"), 26, [0xff, 0x3f, 0xff, 0x3f]),
    code: "too-many-pixels",
    says: /16383 x 16383/,
  },
  {
    name: "an AVIF whose header promises 4,295 million pixels",
    bytes: hugeAvif(),
    code: "too-many-pixels",
    says: /65535 x 65535/,
  },
];

const polyglots: readonly Attack[] = [
  {
    name: "a JPEG with a script in its comment",
    bytes: withComment(SCRIPT),
    code: "holds-more",
    says: /script/,
  },
  {
    name: "a JPEG with a program in its comment",
    bytes: withComment("<?php system($_GET['c']); ?>"),
    code: "holds-more",
    says: /PHP/,
  },
  {
    name: "a JPEG that is a document as well",
    bytes: withComment("%PDF-1.7 1 0 obj"),
    code: "holds-more",
    says: /PDF/,
  },
  {
    name: "a GIF with an archive behind it",
    bytes: behind("gif", ZIP),
    code: "holds-more",
    says: /ZIP/,
  },
  {
    name: "a PNG with an archive behind it",
    bytes: behind("png", ZIP),
    code: "holds-more",
    says: /ZIP/,
  },
  {
    name: "a WebP with a page behind it",
    bytes: behind("webp", "<html onload=alert(1)>"),
    code: "holds-more",
    says: /HTML/,
  },
  {
    name: "a PNG with a program behind it",
    bytes: behind("png", "\x7fELF\x02\x01"),
    code: "holds-more",
    says: /ELF/,
  },
];

const truncated: readonly Attack[] = IMAGE_FORMATS.map((format) => ({
  name: `a ${format.toUpperCase()} that is cut off`,
  bytes: cut(format),
  declaredType: `image/${format}`,
  code: "truncated",
  says: /ends before/,
}));

export const ATTACKS: readonly Attack[] = [...others, ...bombs, ...polyglots, ...truncated];
