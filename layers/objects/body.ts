/**
 * Bodies: their chunks, their limits, and what they came to. *shell*, *public*
 *
 * A body is judged while it arrives: one that is larger than it may be is stopped there, and one
 * that throws, or is not what it said it would be, leaves nothing.
 */
import { failed, type Outcome, ok } from "../../base/outcome.ts";
import { isDigest } from "./names.ts";
import { type Body, type Digest, objectLimits, type StageCode, type StageOptions } from "./port.ts";

/** One hash under way; the platform has a faster one than we could write. */
export interface Sha256 {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

export type Taken<Value> = Outcome<Value, StageCode>;

export function chunksOf(body: Body): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return body instanceof Uint8Array ? [body] : body;
}

/** What is wrong with the options themselves. */
export function stageProblem(options: StageOptions): string | undefined {
  const { digest, sizeBytes, limitBytes } = options;
  if (digest !== undefined && !isDigest(digest)) {
    return `a digest is SHA-256 as 64 small hexadecimal digits; got ${JSON.stringify(digest)}`;
  }
  for (const [name, value] of [
    ["sizeBytes", sizeBytes],
    ["limitBytes", limitBytes],
  ] as const) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    return `${name} is a whole number of bytes; got ${value}`;
  }
  return undefined;
}

export const limitOf = ({ limitBytes }: StageOptions): number =>
  Math.min(limitBytes ?? objectLimits.objectBytes, objectLimits.objectBytes);

/** Gives each chunk to `keep`, in order, and waits for it; then judges the whole. */
export async function takeBody(
  body: Body,
  options: StageOptions,
  hash: Sha256,
  keep: (chunk: Uint8Array) => Promise<void> | undefined | void,
): Promise<Taken<{ readonly digest: Digest; readonly sizeBytes: number }>> {
  const problem = stageProblem(options);
  if (problem !== undefined) return failed("invalid", problem);
  const limit = limitOf(options);
  const tooLarge = () => failed("too-large", `the object is larger than ${limit} bytes`);
  if ((options.sizeBytes ?? 0) > limit) return tooLarge();
  let sizeBytes = 0;
  let keepFailed: unknown;
  try {
    for await (const chunk of chunksOf(body)) {
      sizeBytes += chunk.length;
      if (sizeBytes > limit) return tooLarge();
      if (options.sizeBytes !== undefined && sizeBytes > options.sizeBytes) break;
      hash.update(chunk);
      try {
        await keep(chunk);
      } catch (error) {
        keepFailed = error;
        throw error;
      }
    }
  } catch (error) {
    if (keepFailed !== undefined) throw keepFailed;
    const why = error instanceof Error ? error.message : String(error);
    return failed("interrupted", `the body ended after ${sizeBytes} bytes: ${why}`);
  }
  if (options.sizeBytes !== undefined && sizeBytes !== options.sizeBytes) {
    const got = sizeBytes > options.sizeBytes ? "more" : `${sizeBytes}`;
    return failed("digest-mismatch", `the body has ${got} bytes, not ${options.sizeBytes}`);
  }
  const digest = hash.digest("hex");
  if (options.digest !== undefined && options.digest !== digest) {
    return failed("digest-mismatch", `the bytes have the digest ${digest}, not ${options.digest}`);
  }
  return ok({ digest, sizeBytes });
}

/** The whole body in memory; for small ones. */
export async function collectBody(
  body: Body,
  options: StageOptions,
  hash: Sha256,
): Promise<Taken<{ readonly digest: Digest; readonly bytes: Uint8Array }>> {
  const parts: Uint8Array[] = [];
  const taken = await takeBody(body, options, hash, (chunk) => {
    parts.push(chunk.slice());
  });
  if (taken.kind !== "ok") return taken;
  const bytes = new Uint8Array(taken.value.sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return ok({ digest: taken.value.digest, bytes });
}
