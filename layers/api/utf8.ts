/**
 * Text from outside is UTF-8, or it is refused: decoding it leniently would store something else
 * than was sent, and would give two different requests one hash. *pure*
 */

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Undefined where the bytes are no UTF-8. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/gi;
const ESCAPES = /(?:%[0-9a-f]{2})+/gi;
const BEYOND_ASCII = /[^\u0000-\u007f]/;

/** What of a URL's path and query is no UTF-8; undefined where all of it is. */
export function badAddressPart(url: string): string | undefined {
  const raw = BEYOND_ASCII.exec(url);
  if (raw !== null) return url.slice(raw.index, raw.index + 20);
  // A lone % is what it is: browsers send it so.
  if (!url.includes("%") || isDecodable(url.replace(BROKEN_ESCAPE, "%25"))) return undefined;
  return url
    .match(ESCAPES)
    ?.find((escapes) => !isDecodable(escapes))
    ?.slice(0, 20);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Whether a value that was parsed of `text` holds half a surrogate pair, which no UTF-8 can be. */
export function holdsHalfCharacter(text: string, parsed: unknown): boolean {
  if (!SURROGATE_ESCAPE.test(text)) return false;
  // Not recursive: a body may be nested deeper than the stack is.
  const waiting: unknown[] = [parsed];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string" && HALF.test(value)) return true;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) waiting.push(key, inner);
  }
  return false;
}

const HALF = /\p{Surrogate}/u;

/** The charset that a content type names, in small letters; undefined where it names none. */
export const charsetOf = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1]?.toLowerCase();

/** ASCII is UTF-8 as well. */
export const isUtf8Charset = (charset: string | undefined): boolean =>
  charset === undefined || charset === "utf-8" || charset === "utf8" || charset === "us-ascii";
