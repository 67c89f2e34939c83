/**
 * A `multipart/form-data` body whose text is UTF-8 (RFC 7578). *pure*, apart from the parser
 *
 * The platform's parser reads the form. It decodes leniently, so the parts are looked at before:
 * names, file names and text values have to be UTF-8, and no part may name another charset. The
 * bytes of files are not looked at.
 */
import { type Problem, problem } from "./problem.ts";
import { charsetOf, decodeUtf8, isUtf8Charset } from "./utf8.ts";

const CR = 13;
const HEADERS_MOST = 16 * 1024;

/** 400 for a form that cannot be read, 415 for a part in another charset. */
export async function parseForm(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<{ readonly kind: "ok"; readonly form: FormData } | Problem> {
  const wrong = textProblem(bytes, contentType);
  if (wrong !== undefined) return wrong;
  const whole = new Response(bytes, { headers: { "content-type": contentType } });
  const form = await whole.formData().catch(() => undefined);
  if (form !== undefined) return { kind: "ok", form };
  return problem("invalid-request", "The form cannot be read: it ends early, or has no parts.");
}

function textProblem(bytes: Uint8Array, contentType: string): Problem | undefined {
  const named = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  const boundary = named?.[1] ?? named?.[2] ?? "";
  if (boundary === "") return undefined;
  const delimiter = bytesOf(`\r\n--${boundary}`);
  const headersEnd = bytesOf("\r\n\r\n");
  let at = startsWith(bytes, delimiter.subarray(2), 0)
    ? delimiter.length - 2
    : after(indexOf(bytes, delimiter, 0), delimiter.length);
  while (at !== undefined) {
    const end = indexOf(bytes.subarray(0, at + HEADERS_MOST), headersEnd, at);
    if (end === undefined) return undefined;
    const next = indexOf(bytes, delimiter, end + 2);
    const value = bytes.subarray(end + headersEnd.length, next ?? bytes.length);
    const wrong = partProblem(decodeUtf8(bytes.subarray(at, end)), value);
    if (wrong !== undefined) return wrong;
    at = after(next, delimiter.length);
  }
  return undefined;
}

function partProblem(headers: string | undefined, value: Uint8Array): Problem | undefined {
  if (headers === undefined) return noUtf8("The headers of a part");
  if (/^content-disposition:.*;\s*filename\*?\s*=/im.test(headers)) return undefined;
  const type = /^content-type:(.*)$/im.exec(headers)?.[1] ?? "";
  const charset = charsetOf(type);
  if (!isUtf8Charset(charset)) {
    const detail = `A part of the form is in the charset ${charset?.slice(0, 40)}; send UTF-8.`;
    return problem("wrong-content-type", detail);
  }
  if (decodeUtf8(value) !== undefined) return undefined;
  const name = /;\s*name="([^"]{0,60})/i.exec(headers)?.[1] ?? "";
  return noUtf8(`The field ${name}`);
}

const noUtf8 = (what: string): Problem =>
  problem("invalid-request", `${what} of the form holds bytes that are no UTF-8; send UTF-8.`);

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const after = (at: number | undefined, length: number): number | undefined =>
  at === undefined ? undefined : at + length;

const startsWith = (bytes: Uint8Array, pattern: Uint8Array, at: number): boolean =>
  at + pattern.length <= bytes.length && pattern.every((byte, index) => bytes[at + index] === byte);

/** Every pattern here begins with a carriage return, which the platform finds fast. */
function indexOf(bytes: Uint8Array, pattern: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (startsWith(bytes, pattern, at)) return at;
  }
  return undefined;
}
