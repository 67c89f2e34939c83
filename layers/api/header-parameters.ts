/**
 * A header's value and its parameters: `form-data; name="file"; filename*=UTF-8''%c3%a4`. *pure*
 *
 * A parameter is a token or a quoted text (RFC 9110, 5.6.6), whatever the case of its name, with
 * spaces around the `=` where a sender puts them. The first of two with one name counts.
 */
import { decodeUtf8 } from "./utf8.ts";

const PARAMETER = /;\s*([^\s;="]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^;]*))/g;

export interface HeaderValue {
  /** What stands before the parameters, in small letters. */
  readonly value: string;
  /** By their names in small letters. */
  readonly parameters: ReadonlyMap<string, string>;
}

export function headerValueOf(header: string): HeaderValue {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, token = ""] of header.matchAll(PARAMETER)) {
    // Only what has to be escaped is: elsewhere a backslash is one, as in a path of Windows.
    const text = quoted === undefined ? token.trim() : quoted.replace(/\\(["\\])/g, "$1");
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, text);
  }
  return { value: (header.split(";", 1)[0] ?? "").trim().toLowerCase(), parameters };
}

const EXTENDED = /^([\w!#$%&+^`{}~-]+)'[^']*'((?:%[0-9a-f]{2}|[\w!#$&+.^`|~-])*)$/i;

/** A value in the form of RFC 8187, `UTF-8''%c3%a4`; undefined where it is none that is read. */
export function extendedValue(text: string): string | undefined {
  const [, charset = "", escaped = ""] = EXTENDED.exec(text) ?? [];
  const bytes = Uint8Array.from(escaped.match(/%[0-9a-f]{2}|[^%]/gi) ?? [], (one) =>
    one.length === 3 ? Number.parseInt(one.slice(1), 16) : one.charCodeAt(0),
  );
  switch (charset.toLowerCase()) {
    case "utf-8":
    case "us-ascii":
      return decodeUtf8(bytes);
    case "iso-8859-1":
      return String.fromCharCode(...bytes);
    default:
      return undefined;
  }
}
