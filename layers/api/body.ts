/**
 * Reading a bounded JSON body. *shell*
 *
 * The limit is enforced while bytes arrive: a client that declares little, or nothing, and sends
 * much is stopped at the limit and never buffered whole.
 */
import { type Problem, problem } from "./problem.ts";
import { charsetOf, decodeUtf8, holdsHalfCharacter, isUtf8Charset } from "./utf8.ts";

export const JSON_LIMIT_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/(?:[\w.!#$&^+-]+\+)?json(?:\s*;.*)?$/i;

export type BodyRead = { readonly kind: "ok"; readonly text: string } | Problem;

/** The body's text, after its type and size were accepted. */
export async function readJsonText(request: Request, limitBytes: number): Promise<BodyRead> {
  const headers = request.headers;
  const type = headers.get("content-type");
  if (type === null || !JSON_TYPE.test(type)) {
    return problem("wrong-content-type", `Content-Type is ${type ?? "missing"}.`);
  }
  const charset = charsetOf(type);
  if (!isUtf8Charset(charset)) {
    const detail = `The charset ${charset?.slice(0, 40)} is not read; JSON is UTF-8.`;
    return problem("wrong-content-type", detail);
  }
  const encoded = encodingProblem(headers);
  if (encoded !== undefined) return encoded;
  const declared = headers.get("content-length");
  if (declared !== null) {
    const lengthBytes = Number(declared);
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0) {
      return problem("invalid-header", `Content-Length is ${declared.slice(0, 40)}.`);
    }
    if (lengthBytes > limitBytes) return tooLarge(limitBytes);
    // The server ends a body at its declared length, so that reading it whole is bounded.
    const bytes = await request.arrayBuffer();
    return bytes.byteLength > limitBytes ? tooLarge(limitBytes) : textOf(bytes);
  }
  return readStream(request.body, limitBytes);
}

/** Nothing is decompressed; kept as it came, a body would be another one to whoever reads it. */
export function encodingProblem(headers: Headers): Problem | undefined {
  const encoding = headers.get("content-encoding");
  if (encoding === null || /^(?:identity)?$/i.test(encoding)) return undefined;
  return problem("wrong-content-type", `Content-Encoding ${encoding.slice(0, 40)} is not read.`);
}

async function readStream(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<BodyRead> {
  if (body === null) return { kind: "ok", text: "" };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return textOf(joined(chunks, sizeBytes));
    sizeBytes += value.byteLength;
    if (sizeBytes > limitBytes) {
      await reader.cancel("too large").catch(() => undefined);
      return tooLarge(limitBytes);
    }
    chunks.push(value);
  }
}

function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function textOf(bytes: ArrayBuffer | Uint8Array): BodyRead {
  const text = decodeUtf8(bytes);
  return text === undefined
    ? problem("broken-json", "The body holds bytes that are no UTF-8.")
    : { kind: "ok", text };
}

const tooLarge = (limitBytes: number): Problem =>
  problem("too-large", `The body is larger than ${limitBytes} bytes.`, {
    extra: { limitBytes },
  });

/** The parsed object, or what is wrong with it. */
export function parseJson(
  text: string,
): { readonly kind: "ok"; readonly value: unknown } | Problem {
  if (text.trim() === "") return problem("broken-json", "The body is empty; send a JSON object.");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message would quote the body, which may hold a password.
    return problem("broken-json", "The body cannot be parsed as JSON.");
  }
  if (!holdsHalfCharacter(text, value)) return { kind: "ok", value };
  return problem("broken-json", "A string of the body holds half a surrogate pair: no character.");
}
