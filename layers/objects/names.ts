/**
 * What names, digests, types and ranges may look like. *pure*
 *
 * Each check gives the reason, with the value got and the fix, or undefined.
 */
import { type ByteRange, type ListOptions, objectLimits } from "./port.ts";

/** The table whose rows name bytes: one of each app that has buckets. */
export const OBJECTS = "platform-objects";

const BUCKET = /^[a-z][a-z0-9-]{1,62}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const CONTENT_TYPE = /^[\w.!#$&^+-]+\/[\w.!#$&^+-]+(?:; ?[\w.!#$&^+-]+=[\w.!#$&^+-]+)*$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const HALF_PAIR = /\p{Surrogate}/u;

const show = (value: unknown): string => JSON.stringify(String(value).slice(0, 60));

export const isDigest = (value: unknown): value is string =>
  typeof value === "string" && DIGEST.test(value);

export const isBucketName = (bucket: unknown): boolean =>
  typeof bucket === "string" && BUCKET.test(bucket);

export const BUCKET_RULE = "2 to 63 of a-z, 0-9 and -, first a letter";

export const bucketProblem = (bucket: string): string | undefined =>
  isBucketName(bucket) ? undefined : `a bucket's name has ${BUCKET_RULE}; got ${show(bucket)}`;

export function keyProblem(key: string): string | undefined {
  if (key === "") return "a key is empty; give at least one character";
  if (HALF_PAIR.test(key)) return `a key holds half a surrogate pair: ${show(key)}`;
  if (CONTROL.test(key)) return `a key holds a control character: ${show(key)}`;
  const bytes = utf8Bytes(key);
  if (bytes <= objectLimits.keyBytes) return undefined;
  return `a key has at most ${objectLimits.keyBytes} bytes, this one has ${bytes}: ${show(key)}`;
}

export const contentTypeProblem = (type: string): string | undefined =>
  type.length <= objectLimits.contentTypeLength && CONTENT_TYPE.test(type)
    ? undefined
    : `a content type is such as image/png, at most 127 characters; got ${show(type)}`;

export function listProblem({ limit, prefix }: ListOptions): string | undefined {
  const most = objectLimits.listed;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= most)) {
    return `a listing has a limit of 1 to ${most}; got ${show(limit)}`;
  }
  return prefix === undefined || prefix === "" ? undefined : keyProblem(prefix);
}

/** First and last byte of a range within a size, or why there are none. */
export function resolveRange(
  range: ByteRange | undefined,
  sizeBytes: number,
): { readonly first: number; readonly last: number } | { readonly problem: string } {
  if (range === undefined) return { first: 0, last: sizeBytes - 1 };
  const { first } = range;
  const last = Math.min(range.last ?? sizeBytes - 1, sizeBytes - 1);
  const isWhole = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  if (isWhole && first >= 0 && first <= last) return { first, last };
  return { problem: `bytes ${first} to ${range.last ?? "the end"} of ${sizeBytes} are none` };
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
