/**
 * Draws a picture again with sharp (libvips). *shell*
 *
 *   judged --> decoded once, upright, at most 4,096 a side --> full (in its own format)
 *                                                         \--> large --> thumb --> placeholder
 *
 * Runs in a process of its own (drawing-process.ts). Metadata goes because of drawing anew; colours
 * are brought to sRGB first, because the profile goes with the metadata.
 *
 * Invariants
 *  D1 what sharp is given was accepted by judgeImage                                    (drawImage)
 *  D2 nothing is decoded that has more pixels than was judged  (limitInputPixels: a header may lie)
 */
import sharp, { type Sharp } from "sharp";
import { judgeImage } from "../../../layers/images/judgement.ts";
import {
  type ImageFormat,
  type ImageOutcome,
  type ImageRequest,
  LONGEST_EDGE,
  type Rendition,
} from "../../../layers/images/port.ts";
import { uprightFilm } from "./upright-film.ts";

// Nothing is asked for twice, and files are never read.
sharp.cache(false);

/** As decoded: upright, in sRGB, one frame. */
interface Raw {
  readonly data: Uint8Array;
  readonly raw: { readonly width: number; readonly height: number; readonly channels: 3 | 4 };
}

const PLACEHOLDER_EDGE = 16;

export async function drawImage(given: ImageRequest): Promise<ImageOutcome> {
  const judged = judgeImage(given);
  if (judged.kind === "failed") return judged;
  const { format, frames } = judged;
  const request = format === "avif" ? asStill(given) : given;
  try {
    const first = await decode(request, LONGEST_EDGE.full);
    const [full, { large, thumb, placeholder }] = await Promise.all([
      frames > 1 && (format === "gif" || format === "webp")
        ? encodeFilm(request, format)
        : encode(from(first), format),
      drawSmaller(first),
    ]);
    return { kind: "ok", value: { format, renditions: { thumb, large, full }, placeholder } };
  } catch (error) {
    return { kind: "failed", code: "broken", reason: explain(error) };
  }
}

/** libvips knows a sequence (`avis`) by no name, and decodes its first picture by that of a still. */
function asStill(request: ImageRequest): ImageRequest {
  const bytes = request.bytes.slice();
  bytes.set(MAJOR_BRAND, 8);
  return { ...request, bytes };
}
const MAJOR_BRAND = new TextEncoder().encode("avif");

const open = ({ bytes, limits }: ImageRequest, film: boolean): Sharp =>
  sharp(bytes, {
    failOn: "error",
    limitInputPixels: limits.pixels,
    sequentialRead: true,
    // All frames one below the other, which cannot be turned as one; or the first alone, upright.
    ...(film ? { animated: true } : { pages: 1, autoOrient: true }),
  });

const within = (edge: number) =>
  ({ width: edge, height: edge, fit: "inside", withoutEnlargement: true }) as const;

async function decode(request: ImageRequest, edge: number): Promise<Raw> {
  const { data, info } = await open(request, false)
    .resize(within(edge))
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: channels(info) } };
}

/** Grey pictures come as one channel, or two with transparency. */
function channels({ channels: count }: { readonly channels: number }): 3 | 4 {
  if (count === 3 || count === 4) return count;
  throw new Error(`${count} channels are not sRGB`);
}

const from = ({ data, raw }: Raw): Sharp => sharp(data, { raw });

const isOpaque = ({ raw }: Raw): boolean => raw.channels === 3;

async function drawSmaller(first: Raw): Promise<{
  readonly large: Rendition;
  readonly thumb: Rendition;
  readonly placeholder: string;
}> {
  const largeRaw = await shrink(first, LONGEST_EDGE.large);
  const thumbRaw = await shrink(largeRaw, LONGEST_EDGE.thumb);
  const [large, thumb, tiny] = await Promise.all([
    rendition(from(largeRaw).webp({ quality: 80, effort: 2 }), "image/webp"),
    rendition(from(thumbRaw).webp({ quality: 76, effort: 2 }), "image/webp"),
    from(thumbRaw)
      .resize(within(PLACEHOLDER_EDGE))
      .webp({ quality: 40, alphaQuality: isOpaque(thumbRaw) ? 100 : 20, effort: 0 })
      .toBuffer(),
  ]);
  const placeholder = `data:image/webp;base64,${tiny.toString("base64")}`;
  return { large, thumb, placeholder };
}

async function shrink(picture: Raw, edge: number): Promise<Raw> {
  if (Math.max(picture.raw.width, picture.raw.height) <= edge) return picture;
  const { data, info } = await from(picture)
    .resize(within(edge))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: channels(info) } };
}

async function rendition(picture: Sharp, contentType: string): Promise<Rendition> {
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  return { contentType, width: info.width, height, bytes: data };
}

function encode(picture: Sharp, format: ImageFormat): Promise<Rendition> {
  const type = `image/${format}`;
  switch (format) {
    case "jpeg":
      return rendition(picture.jpeg({ quality: 88, progressive: true }), type);
    case "png":
      return rendition(picture.png({ compressionLevel: 7 }), type);
    case "webp":
      return rendition(picture.webp({ quality: 88, effort: 3 }), type);
    case "gif":
      return rendition(picture.gif({ effort: 4 }), type);
    case "avif":
      // Effort above this costs seconds for a few per cent.
      return rendition(picture.avif({ quality: 62, effort: 1 }), type);
  }
}

async function encodeFilm(request: ImageRequest, format: "gif" | "webp"): Promise<Rendition> {
  const sent = open(request, true);
  const { orientation = 1, delay = [], loop = 0 } = await sent.metadata();
  const film = await uprightFilm(sent.resize(within(LONGEST_EDGE.large)), orientation);
  const drawn =
    format === "gif"
      ? film.gif({ effort: 3, delay, loop })
      : film.webp({ quality: 80, effort: 2, delay, loop });
  return rendition(drawn, `image/${format}`);
}

/** The first line of what libvips says, which names no path: it was given bytes. */
function explain(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = said.split("\n", 1)[0]?.slice(0, 200) ?? "";
  return `It could not be decoded to its end (${line}).`;
}
