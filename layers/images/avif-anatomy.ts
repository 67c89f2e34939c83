/** An AVIF's boxes; of what they hold only the sizes of images (`ispe`). *pure* */
import type { Anatomy } from "./anatomy.ts";
import { latin, u32be, u64be } from "./byte-reader.ts";

interface Box {
  readonly type: string;
  /** Of what it holds. */
  readonly from: number;
  readonly to: number;
}

/** At the top of a file; what else begins there is no part of it, and the picture ends before. */
const AT_THE_TOP = "ftyp meta mdat moov moof mfra sidx styp free skip wide uuid pdin jumb".split(
  " ",
);
/** Boxes that hold boxes, with the bytes that come before the first. */
const HOLDS_BOXES: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };
const DEEPEST = 4;

function boxAt(bytes: Uint8Array, at: number): Box | undefined {
  const size = u32be(bytes, at);
  if (size === undefined || at + 8 > bytes.length) return undefined;
  const type = latin(bytes, at + 4, 4);
  if (size === 0) return { type, from: at + 8, to: bytes.length };
  const wide = size === 1 ? u64be(bytes, at + 8) : size;
  const head = size === 1 ? 16 : 8;
  return wide === undefined || wide < head ? undefined : { type, from: at + head, to: at + wide };
}

/** Brands say what a file may be read as; the first is its maker's choice. */
function brandsOf(bytes: Uint8Array): readonly string[] {
  const box = boxAt(bytes, 0);
  if (box?.type !== "ftyp") return [];
  const text = latin(bytes, box.from, Math.min(box.to - box.from, 256));
  return [...text.matchAll(/[\s\S]{4}/g)].map(([brand]) => brand);
}

export const isAvif = (bytes: Uint8Array): boolean =>
  brandsOf(bytes).some((brand) => brand === "avif" || brand === "avis");

/** The maker's brand of a file of boxes that is no AVIF, e.g. heic or mp42. */
export const foreignBrand = (bytes: Uint8Array): string | undefined => brandsOf(bytes)[0];

export function anatomyOfAvif(bytes: Uint8Array): Anatomy {
  let [width, height] = [0, 0];
  let hasData = false;
  const look = (from: number, to: number, depth: number): number | undefined => {
    let at = from;
    while (at < to) {
      const box = boxAt(bytes, at);
      const isOver = depth === 0 && hasData && !AT_THE_TOP.includes(latin(bytes, at + 4, 4));
      if (isOver) return at;
      if (box === undefined || box.to > to) return undefined;
      if (box.type === "mdat" || box.type === "idat") hasData = true;
      if (box.type === "ispe") {
        width = Math.max(width, u32be(bytes, box.from + 4) ?? 0);
        height = Math.max(height, u32be(bytes, box.from + 8) ?? 0);
      }
      const skip = HOLDS_BOXES[box.type];
      if (skip !== undefined && depth < DEEPEST) look(box.from + skip, box.to, depth + 1);
      at = box.to;
    }
    return at;
  };
  const end = look(0, bytes.length, 0);
  // Cut off between two boxes, it would look whole.
  return { width, height, frames: 1, end: hasData ? end : undefined };
}
