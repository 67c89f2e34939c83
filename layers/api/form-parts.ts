/**
 * The parts of a multipart body (RFC 2046, 5.1): their headers, and where their bytes are. *pure*
 *
 *   preamble --boundary CRLF  headers CRLF CRLF bytes CRLF --boundary ... --boundary-- epilogue
 *
 * Taken besides: lines that end in LF alone where the first boundary's line does, spaces behind a
 * boundary, headers folded onto a next line, and an end without a line end. Bytes are never copied.
 *
 * Invariants
 *  M1 every step goes forward: the body is walked through once                     (partsOf)
 *  M2 headers of at most HEADERS_MOST bytes a part, at most PARTS_MOST parts       (partsOf)
 *  M3 no boundary is read as part of headers: a part would be hidden               (partsOf)
 *  M4 a body without its last boundary is refused: what was cut off may be missing (partsOf)
 */
const LF = 10;
const CR = 13;
const DASH = 45;
const HEADERS_MOST = 16 * 1024;
const PARTS_MOST = 1_000;

export interface FormPart {
  /** Unfolded lines; decoded by whoever reads them. */
  readonly headers: Uint8Array;
  readonly value: Uint8Array;
}

export type FormParts =
  | { readonly kind: "ok"; readonly parts: readonly FormPart[] }
  | { readonly kind: "failed"; readonly reason: string };

const failed = (reason: string): FormParts => ({ kind: "failed", reason });

/** A line with a boundary: where it begins, the line end before it included, and what follows. */
interface Delimiter {
  readonly from: number;
  readonly to: number;
  readonly isLast: boolean;
}

export function partsOf(bytes: Uint8Array, boundary: string): FormParts {
  const mark = new TextEncoder().encode(`--${boundary}`);
  let delimiter = firstDelimiter(bytes, mark);
  if (delimiter === undefined) return failed("it does not hold the boundary that its type names");
  const lineEnd = bytes[delimiter.to - 2] === CR || delimiter.isLast ? [CR, LF] : [LF];
  const blank = Uint8Array.from([...lineEnd, ...lineEnd]);
  const parts: FormPart[] = [];
  while (!delimiter.isLast) {
    if (parts.length === PARTS_MOST) return failed(`it has more than ${PARTS_MOST} parts`);
    const { to: from } = delimiter;
    // Without headers the blank line is the next thing; its first line end is the boundary's.
    const head = bytes.subarray(0, from + HEADERS_MOST);
    const end = indexOf(head, blank, from - lineEnd.length);
    if (end === undefined) {
      return from + HEADERS_MOST < bytes.length
        ? failed(`the headers of a part have more than ${HEADERS_MOST} bytes`)
        : failed("it ends early");
    }
    const lines = head.subarray(0, end + lineEnd.length);
    if (nextDelimiter(lines, mark, from - lineEnd.length, lineEnd) !== undefined) {
      return failed("the headers of a part do not end before its boundary");
    }
    const next = nextDelimiter(bytes, mark, end + lineEnd.length, lineEnd);
    if (next === undefined) return failed("it ends early");
    const value = bytes.subarray(Math.min(end + blank.length, next.from), next.from);
    parts.push({ headers: bytes.subarray(from, Math.max(from, end)), value });
    delimiter = next;
  }
  return { kind: "ok", parts };
}

/** At the very beginning, or behind any line of a preamble. */
function firstDelimiter(bytes: Uint8Array, mark: Uint8Array): Delimiter | undefined {
  return delimiterAt(bytes, mark, 0, 0) ?? nextDelimiter(bytes, mark, 0, [LF]);
}

function nextDelimiter(
  bytes: Uint8Array,
  mark: Uint8Array,
  from: number,
  lineEnd: readonly number[],
): Delimiter | undefined {
  const pattern = Uint8Array.from([...lineEnd, ...mark]);
  for (let at = indexOf(bytes, pattern, from); at !== undefined; ) {
    const found = delimiterAt(bytes, mark, at + lineEnd.length, at);
    if (found !== undefined) return found;
    at = indexOf(bytes, pattern, at + 1);
  }
  return undefined;
}

/** Undefined where the line goes on: then it only begins like the boundary. */
function delimiterAt(
  bytes: Uint8Array,
  mark: Uint8Array,
  at: number,
  from: number,
): Delimiter | undefined {
  if (!startsWith(bytes, mark, at)) return undefined;
  let to = at + mark.length;
  if (bytes[to] === DASH && bytes[to + 1] === DASH) return { from, to: to + 2, isLast: true };
  while (bytes[to] === 32 || bytes[to] === 9) to += 1;
  if (bytes[to] === CR && bytes[to + 1] === LF) return { from, to: to + 2, isLast: false };
  return bytes[to] === LF ? { from, to: to + 1, isLast: false } : undefined;
}

function startsWith(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  let same = 0;
  while (same < pattern.length && bytes[at + same] === pattern[same]) same += 1;
  return same === pattern.length;
}

/** The platform finds a byte fast, and of many in a row each is looked at only once. */
function indexOf(bytes: Uint8Array, pattern: Uint8Array, from: number): number | undefined {
  const first = pattern[0] ?? LF;
  const second = pattern[1] ?? LF;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    while (bytes[at] === first && bytes[at + 1] !== second) at += 1;
    if (startsWith(bytes, pattern, at)) return at;
  }
  return undefined;
}
