/** What regions say to each other about bytes, and what one knows of its own. *types* */
import type { Digest } from "./port.ts";

export type ByteBody =
  /** I have taken these in and wait: please take them too, and tell me when they are on disk. */
  | { readonly type: "bytes-offer"; readonly offers: readonly Offered[] }
  /** On disk here, verified. */
  | { readonly type: "bytes-has"; readonly digests: readonly Digest[] }
  | { readonly type: "bytes-ask"; readonly id: number; readonly digests: readonly Digest[] }
  /** Those of the asked that are on disk here. */
  | { readonly type: "bytes-told"; readonly id: number; readonly digests: readonly Digest[] }
  | {
      readonly type: "bytes-fetch";
      readonly id: number;
      readonly digest: Digest;
      readonly first: number;
      readonly length: number;
    }
  | {
      readonly type: "bytes-chunk";
      readonly id: number;
      readonly digest: Digest;
      readonly first: number;
      /** Size of the whole. */
      readonly total: number;
      readonly data: Uint8Array;
    }
  | { readonly type: "bytes-none"; readonly id: number; readonly digest: Digest };

export interface Offered {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export type ByteMessage = ByteBody & {
  readonly app: string;
  readonly from: { readonly region: string; readonly incarnation: number };
};

/** Bytes of one app under one digest. */
export interface Place {
  readonly app: string;
  readonly digest: Digest;
}

export const placeKey = ({ app, digest }: Place): string => `${app} ${digest}`;

/** What a region knows of the bytes it has and wants: rows of its store. */
export interface Holdings {
  /** Undefined where the bytes are not here, on disk. */
  sizeOf(place: Place): number | undefined;
  /** Bytes that a row names and that are not here, after a place, in some order. */
  wanted(after: Place | undefined, limit: number): readonly Place[];
  /**
   * The bytes are in their place; calls back when that is certain to be known after a kill, or
   * with false when it could not be noted.
   */
  arrived(place: Place, sizeBytes: number, done: (isKept: boolean) => void): void;
  /** Somebody else relies on them: they are not collected for another while. */
  touch(place: Place): void;
  /** The file is gone, or cannot be read. */
  lost(place: Place): void;
  /** That region says that it does not have the bytes. */
  missing(place: Place, region: string): void;
  /** Other regions of the app, those that are likely to have everything first. */
  others(app: string): readonly string[];
}
