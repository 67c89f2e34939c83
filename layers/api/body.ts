/**
 * Reading a bounded JSON body. *shell*
 *
 * The limit is enforced while bytes arrive: a client that declares little, or nothing, and sends
 * much is stopped at the limit and never buffered whole.
 */
import { type Problem, problem } from "./problem.ts";

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
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    return problem("wrong-content-type", `Content-Encoding ${encoding.slice(0, 40)} is not read.`);
  }
  const declared = headers.get("content-length");
  if (declared !== null) {
    const lengthBytes = Number(declared);
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0) {
      return problem("invalid-header", `Content-Length is ${declared.slice(0, 40)}.`);
    }
    if (lengthBytes > limitBytes) return tooLarge(limitBytes);
    // The server ends a body at its declared length, so that reading it whole is bounded.
    const text = await request.text();
    return text.length > limitBytes ? tooLarge(limitBytes) : { kind: "ok", text };
  }
  return readStream(request.body, limitBytes);
}

async function readStream(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<BodyRead> {
  if (body === null) return { kind: "ok", text: "" };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { kind: "ok", text: text + decoder.decode() };
    sizeBytes += value.byteLength;
    if (sizeBytes > limitBytes) {
      await reader.cancel("too large").catch(() => undefined);
      return tooLarge(limitBytes);
    }
    text += decoder.decode(value, { stream: true });
  }
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
  try {
    return { kind: "ok", value: JSON.parse(text) };
  } catch {
    // The parser's message would quote the body, which may hold a password.
    return problem("broken-json", "The body cannot be parsed as JSON.");
  }
}
