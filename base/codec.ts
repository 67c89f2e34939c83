/**
 * Versioned formats for what goes to disk and over the wire. *pure*
 *
 * Every document names its format and version from the first commit, so that a later build knows
 * what it holds. A build reads its own version N and, through `upgrade`, N-1; that is what lets
 * regions be updated one after the other.
 *
 * Invariants
 *  F1 a document of a newer version is refused untouched, never guessed at       (unwrap)
 *  F2 what `wrap` made, `unwrap` of the same build reads back                    (codec.test.ts)
 *  F3 no input makes `decode` throw: it fails with a code                        (unwrap)
 * Not promised: reading N-2. Update through the version in between.
 */
import { assert } from "./assert.ts";

/** A document as it is stored or sent: plain JSON. */
export interface Versioned {
  readonly format: string;
  readonly version: number;
  readonly body: unknown;
}

export type FormatCode = "not-json" | "other-format" | "too-new" | "too-old" | "invalid";
export type Decoded<Value> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "failed"; readonly code: FormatCode; readonly reason: string };

export interface FormatOptions<Value> {
  readonly name: string;
  /** From 1. Grows when a build of the version before could misread what this one writes. */
  readonly version: number;
  /** Checks a body of this version; throws where it does not fit. A zod schema's `parse` serves. */
  readonly parse: (body: unknown) => Value;
  /** A body of version N-1 as one of version N; needed from version 2 on. */
  readonly upgrade?: (body: unknown) => unknown;
}

export interface Format<Value> {
  readonly name: string;
  readonly version: number;
  wrap(value: Value): Versioned;
  unwrap(document: unknown): Decoded<Value>;
  encode(value: Value): string;
  decode(text: string): Decoded<Value>;
}

export function createFormat<Value>(options: FormatOptions<Value>): Format<Value> {
  const { name, version, parse, upgrade } = options;
  assert(Number.isInteger(version) && version >= 1, `${name}: versions are whole and start at 1`);
  assert(version === 1 || upgrade !== undefined, `${name}: version ${version} needs an upgrade`);
  const refuse = (code: FormatCode, reason: string): Decoded<Value> => ({
    kind: "failed",
    code,
    reason: `${name}: ${reason}`,
  });

  const unwrap = (document: unknown): Decoded<Value> => {
    if (!isVersioned(document)) return refuse("other-format", "the document names no format");
    if (document.format !== name) {
      return refuse("other-format", `the document is of the format ${show(document.format)}`);
    }
    const found = document.version;
    if (found > version) {
      return refuse(
        "too-new",
        `version ${found} was written by a newer build, this one reads up to ${version}; ` +
          "nothing was changed. Start the newer build again.",
      );
    }
    if (found < version - 1) {
      return refuse(
        "too-old",
        `version ${found} is too old, this build reads ${version - 1} and ${version}. ` +
          "Open it once with a build in between.",
      );
    }
    try {
      const body = found < version && upgrade ? upgrade(document.body) : document.body;
      return { kind: "ok", value: parse(body) };
    } catch (error) {
      return refuse("invalid", error instanceof Error ? error.message : String(error));
    }
  };

  return {
    name,
    version,
    wrap: (value) => ({ format: name, version, body: value }),
    unwrap,
    encode: (value) => JSON.stringify({ format: name, version, body: value }),
    decode: (text) => {
      let document: unknown;
      try {
        document = JSON.parse(text);
      } catch {
        return refuse("not-json", `the text is not JSON: ${show(text)}`);
      }
      return unwrap(document);
    },
  };
}

function isVersioned(document: unknown): document is Versioned {
  if (typeof document !== "object" || document === null) return false;
  const { format, version } = document as Partial<Versioned>;
  return typeof format === "string" && Number.isInteger(version) && Number(version) >= 1;
}

const show = (text: string): string => JSON.stringify(text.length > 40 ? text.slice(0, 40) : text);
