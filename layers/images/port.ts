/**
 * Port: from bytes that claim to be a picture to pictures that are safe to keep and show. *port*
 *
 * Nothing of what was sent is kept as it was: a picture is decoded and drawn anew, upright, without
 * its metadata (place, device, thumbnails of what was cropped away), in three sizes. What cannot be
 * taken is refused with a code and a reason for people; a refusal leaves nothing behind.
 *
 * Guarantees
 *  1 equal bytes give equal renditions within one build of the adapter, so that a retry in another
 *    region names the same digests
 *  2 bytes, pixels, frames and time are bounded (ImageLimits), memory through them
 *  3 the caller's thread does no decoding
 * It does not promise to judge what a picture shows.
 */
export const IMAGE_FORMATS = ["jpeg", "png", "webp", "gif", "avif"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const SIZES = ["thumb", "large", "full"] as const;
export type SizeName = (typeof SIZES)[number];

export interface ImageLimits {
  readonly sizeBytes: number;
  /** Of all frames together. */
  readonly pixels: number;
  readonly side: number;
  readonly frames: number;
  readonly timeMs: number;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = {
  sizeBytes: 25 * 1024 * 1024,
  pixels: 8_192 * 6_144,
  side: 30_000,
  frames: 1_000,
  timeMs: 20_000,
};

/** The longest edge of each size; a smaller picture is not made larger. */
export const LONGEST_EDGE: Readonly<Record<SizeName, number>> = {
  thumb: 480,
  large: 1_600,
  full: 4_096,
};

export interface Rendition {
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export interface ProcessedImage {
  /** Of what was sent, recognised by its content. */
  readonly format: ImageFormat;
  readonly renditions: Readonly<Record<SizeName, Rendition>>;
  /** A few dozen pixels as a data: address, to be shown until the picture is there. */
  readonly placeholder: string;
}

export type ImageRefusalCode =
  | "not-a-picture"
  | "mislabelled"
  | "truncated"
  | "broken"
  | "holds-more"
  | "too-many-pixels"
  | "too-many-bytes"
  | "too-slow";

export type ImageOutcome =
  | { readonly kind: "ok"; readonly value: ProcessedImage }
  | {
      readonly kind: "failed";
      /** `busy`: nothing was looked at; the same bytes may be sent again. */
      readonly code: ImageRefusalCode | "busy";
      readonly reason: string;
    };

export interface ImageRequest {
  /** As somebody sent them; they are not changed. */
  readonly bytes: Uint8Array;
  /** What the sender calls them, if anything. */
  readonly declaredType?: string | undefined;
  readonly limits: ImageLimits;
}

export interface ImageProcessor {
  process(request: ImageRequest): Promise<ImageOutcome>;
}
