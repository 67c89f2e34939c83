/**
 * Whether bytes are a picture that may be decoded at all. *pure*
 *
 *   size -> recognised by content -> declared as a picture -> small enough -> whole -> alone
 *
 * Every adapter asks here first, so that what is refused, and why, is the same on all targets; a
 * decoder then meets only what passed.
 *
 * Invariants
 *  J1 the name and the declared type never make something a picture, nor which kind of picture it
 *     is                                                                (formatOf sees bytes alone)
 *  J2 pixels are judged from the header, before memory is taken for them         (judgeImage)
 */
import { foreignBrand } from "./avif-anatomy.ts";
import { latin } from "./byte-reader.ts";
import { anatomyOf, formatOf } from "./formats.ts";
import type { ImageFormat, ImageRefusalCode, ImageRequest } from "./port.ts";
import { IMAGE_FORMATS } from "./port.ts";
import { smuggledIn } from "./smuggled.ts";

export type Judgement =
  | {
      readonly kind: "ok";
      readonly format: ImageFormat;
      readonly width: number;
      readonly height: number;
      readonly frames: number;
    }
  | { readonly kind: "failed"; readonly code: ImageRefusalCode; readonly reason: string };

const refuse = (code: ImageRefusalCode, reason: string): Judgement => ({
  kind: "failed",
  code,
  reason,
});

const TAKEN = IMAGE_FORMATS.map((format) => format.toUpperCase()).join(", ");

export function judgeImage({ bytes, declaredType, limits }: ImageRequest): Judgement {
  if (bytes.length > limits.sizeBytes) {
    const reason = `It has ${bytes.length} bytes; at most ${limits.sizeBytes} are taken.`;
    return refuse("too-many-bytes", reason);
  }
  const format = formatOf(bytes);
  if (format === undefined) {
    return refuse("not-a-picture", `It is ${describeOther(bytes)}. Taken are ${TAKEN}.`);
  }
  if (!mayBePicture(declaredType)) {
    const reason = `It is called ${declaredType}, but its content is ${format.toUpperCase()}.`;
    return refuse("mislabelled", reason);
  }
  const { width, height, frames, end } = anatomyOf(format, bytes);
  if (width === 0 || height === 0) return refuse("broken", "Its header names no width and height.");
  const pixels = width * height * frames;
  if (pixels > limits.pixels || Math.max(width, height) > limits.side || frames > limits.frames) {
    const size = `${width} x ${height}${frames > 1 ? ` in ${frames} frames` : ""}`;
    const most = `${limits.pixels} pixels in all, ${limits.side} a side, ${limits.frames} frames`;
    return refuse("too-many-pixels", `It would be ${size} pixels; at most ${most} are taken.`);
  }
  if (end === undefined) return refuse("truncated", "It ends before the picture does.");
  const more = smuggledIn(bytes, end);
  if (more !== undefined) {
    return refuse("holds-more", `Besides the picture it holds ${more}.`);
  }
  return { kind: "ok", format, width, height, frames };
}

/**
 * A picture of one kind is often called by another, such as a WebP that was saved as .jpg; what is
 * called something else than a picture is meant to be read as that.
 */
function mayBePicture(declaredType: string | undefined): boolean {
  const type = declaredType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return type === "" || type.startsWith("image/") || CLAIMS_NOTHING.includes(type);
}
const CLAIMS_NOTHING: readonly string[] = ["application/octet-stream", "binary/octet-stream"];

const SVG = "a drawing (SVG), which can carry scripts";
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?(?:<!doctype svg[^>]*>\s*)?<svg/i, SVG],
  [/^\s*(?:<!doctype html|<html|<head|<body|<script)/i, "a page (HTML)"],
  [/^\s*<\?xml/i, "an XML document"],
  [/^%PDF-/, "a document (PDF)"],
  [/^PK\x03\x04/, "an archive (ZIP)"],
  [/^(?:II\*\0|MM\0\*)/, "a TIFF picture"],
  [/^BM/, "a BMP picture"],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL )/, "a JPEG XL picture"],
  [/^\0\0[\x01\x02]\0/, "an icon (ICO)"],
  [/^\x1f\x8b/, "compressed data (gzip)"],
  [/^\x7fELF/, "a program (ELF)"],
  [/^MZ/, "a program (EXE)"],
];

const LOOKED_AT_BYTES = 1024;

function describeOther(bytes: Uint8Array): string {
  if (bytes.length === 0) return "empty";
  const text = latin(bytes, 0, LOOKED_AT_BYTES).replace(/^\xef\xbb\xbf/, "");
  const known = OTHERS.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return known[1];
  const brand = foreignBrand(bytes);
  if (brand === undefined) return "of no kind that is known here";
  return /^(?:hei|hev|mif|msf)/.test(brand)
    ? "a HEIC picture: export it as JPEG first"
    : `a film or another file of the kind ${brand.replace(/[^\w ]/g, "?")}`;
}
