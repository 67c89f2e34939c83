/**
 * Pictures without decoding: judged as everywhere, drawn as a few bytes that follow from what was
 * sent. *adapter* *public*
 *
 * For runs in virtual time, where no process may be started and each seed has to give one run.
 * What it draws can be counted, compared and moved about, but not looked at.
 */
import { judgeImage } from "./judgement.ts";
import {
  type ImageOutcome,
  type ImageProcessor,
  type ImageRequest,
  LONGEST_EDGE,
  type Rendition,
  type SizeName,
} from "./port.ts";

const PLACEHOLDER = "data:image/gif;base64,R0lGODlhAQABAIAAAJmZmQAAACwAAAAAAQABAAACAkQBADs=";

export const standInImages: ImageProcessor = {
  process: async (request) => draw(request),
};

function draw(request: ImageRequest): ImageOutcome {
  const judged = judgeImage(request);
  if (judged.kind === "failed") return judged;
  const { format, width, height } = judged;
  const mark = markOf(request.bytes);
  const size = (name: SizeName): Rendition => {
    const scale = Math.min(1, LONGEST_EDGE[name] / Math.max(width, height));
    const text = `${name} of ${format} ${mark}`;
    return {
      contentType: name === "full" ? `image/${format}` : "image/webp",
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
      bytes: Uint8Array.from(text, (character) => character.charCodeAt(0)),
    };
  };
  const renditions = { thumb: size("thumb"), large: size("large"), full: size("full") };
  return { kind: "ok", value: { format, renditions, placeholder: PLACEHOLDER } };
}

/** FNV-1a over the bytes: equal for equal ones, and of no use against an adversary. */
function markOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
