/**
 * From bytes to a question. *pure*
 *
 * Every read is checked against the end, every loop moves forward: any bytes at all give one of
 * three results in time linear in their length. RFC 1035 section 4, RFC 6891, RFC 7871.
 *
 *  Q1 what has no id, or is itself an answer, is ignored: no answer, no loops     (decodeQuery)
 *  Q2 a name with odd bytes, or a dot inside a label, never equals one of the zone's   (showLabel)
 *  Q3 the question is echoed as it came, byte for byte, letter case included           (question)
 */
import { isClean, lengthOf, type Subnet } from "./dns-address.ts";
import { type Edns, type Query, type Rcode, TYPE } from "./dns-message.ts";

export interface QueryHeader {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
}

export type DecodedQuery =
  | { readonly kind: "ignored" }
  | { readonly kind: "refused"; readonly header: QueryHeader; readonly rcode: Rcode }
  | {
      readonly kind: "query";
      readonly header: QueryHeader;
      readonly query: Query;
      readonly question: Uint8Array;
      /** The client subnet option as it came, to be echoed. */
      readonly subnetOption?: Uint8Array;
    };

export const HEADER_BYTES = 12;
const LABEL_MOST = 63;
const NAME_MOST = 255;
const OPTION_CLIENT_SUBNET = 8;

export const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

export function decodeQuery(bytes: Uint8Array): DecodedQuery {
  if (bytes.length < HEADER_BYTES) return { kind: "ignored" };
  const flags = word(bytes, 2);
  if ((flags & 0x8000) !== 0) return { kind: "ignored" };
  const opcode = (flags >> 11) & 15;
  const header = { id: word(bytes, 0), opcode, recursionDesired: (flags & 0x0100) !== 0 };
  if (opcode !== 0) return { kind: "refused", header, rcode: "NOTIMP" };
  const garbage: DecodedQuery = { kind: "refused", header, rcode: "FORMERR" };
  // One question, and nothing said to it but additional records.
  if (word(bytes, 4) !== 1 || word(bytes, 6) !== 0) return garbage;
  const name = readName(bytes, HEADER_BYTES);
  if (name === undefined || name.end + 4 > bytes.length) return garbage;
  const end = name.end + 4;
  // Who asks for the changes of a zone says what it has (RFC 1995, 3): read over, not garbage.
  const isTransfer = word(bytes, name.end) === TYPE.IXFR;
  const authorities = word(bytes, 8);
  if (authorities > 0 && !isTransfer) return garbage;
  const from = skipRecords(bytes, end, authorities);
  const additional = from === undefined ? undefined : readAdditional(bytes, from, word(bytes, 10));
  if (additional === undefined) return garbage;
  const { edns, subnetOption } = additional;
  return {
    kind: "query",
    header,
    query: {
      name: name.text,
      type: word(bytes, name.end),
      class: word(bytes, name.end + 2),
      ...(edns !== undefined && { edns }),
    },
    question: bytes.subarray(HEADER_BYTES, end),
    ...(subnetOption !== undefined && { subnetOption }),
  };
}

/** The name of a question: no pointers, since nothing stands before it. */
function readName(bytes: Uint8Array, from: number): { text: string; end: number } | undefined {
  let text = "";
  let at = from;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > LABEL_MOST) return undefined;
    at += 1;
    if (length === 0) break;
    if (at + length > bytes.length || at + length - from >= NAME_MOST) return undefined;
    text += (text === "" ? "" : ".") + showLabel(bytes, at, at + length);
    at += length;
  }
  return { text, end: at };
}

function showLabel(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    const isPlain =
      (lower >= 97 && lower <= 122) || (lower >= 48 && lower <= 57) || lower === 45 || lower === 95;
    text += isPlain ? String.fromCharCode(lower) : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

interface Additional {
  readonly edns?: Edns;
  readonly subnetOption?: Uint8Array;
}

function readAdditional(bytes: Uint8Array, from: number, count: number): Additional | undefined {
  let found: Additional = {};
  let at = from;
  for (let index = 0; index < count; index++) {
    const isRoot = bytes[at] === 0;
    const fixed = skipName(bytes, at);
    if (fixed === undefined || fixed + 10 > bytes.length) return undefined;
    const end = fixed + 10 + word(bytes, fixed + 8);
    if (end > bytes.length) return undefined;
    if (word(bytes, fixed) === TYPE.OPT) {
      const options = readOptions(bytes, fixed + 10, end);
      if (!isRoot || found.edns !== undefined || options === undefined) return undefined;
      const edns = {
        sizeBytes: word(bytes, fixed + 2),
        version: bytes[fixed + 5] ?? 0,
        dnssecOk: ((bytes[fixed + 6] ?? 0) & 0x80) !== 0,
        ...(options.subnet !== undefined && { subnet: options.subnet }),
      };
      found = { edns, ...(options.raw !== undefined && { subnetOption: options.raw }) };
    }
    at = end;
  }
  return at === bytes.length ? found : undefined;
}

function skipRecords(bytes: Uint8Array, from: number, count: number): number | undefined {
  let at = from;
  for (let index = 0; index < count; index++) {
    const fixed = skipName(bytes, at);
    if (fixed === undefined || fixed + 10 > bytes.length) return undefined;
    at = fixed + 10 + word(bytes, fixed + 8);
    if (at > bytes.length) return undefined;
  }
  return at;
}

function skipName(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length > LABEL_MOST) return undefined;
    at += 1 + length;
  }
  return undefined;
}

interface Options {
  readonly subnet?: Subnet;
  readonly raw?: Uint8Array;
}

function readOptions(bytes: Uint8Array, from: number, end: number): Options | undefined {
  let found: Options = {};
  let at = from;
  while (at < end) {
    const data = at + 4;
    const next = data + word(bytes, at + 2);
    if (data > end || next > end) return undefined;
    if (word(bytes, at) === OPTION_CLIENT_SUBNET) {
      const option = readSubnet(bytes.subarray(data, next));
      if (option === undefined || found.raw !== undefined) return undefined;
      found = option;
    }
    at = next;
  }
  return found;
}

/** No subnet in the result: its sender does not want to say where it is (RFC 7871, 7.1.2). */
function readSubnet(raw: Uint8Array): Options | undefined {
  const [bits = 0, scope = 0] = [raw[2], raw[3]];
  const familyNumber = word(raw, 0);
  if (raw.length < 4 || scope !== 0 || familyNumber > 2) return undefined;
  if (bits === 0) return raw.length === 4 ? { raw } : undefined;
  if (familyNumber === 0) return undefined;
  const family = familyNumber === 1 ? 4 : 6;
  const length = lengthOf(family);
  if (bits > length * 8 || raw.length !== 4 + Math.ceil(bits / 8)) return undefined;
  const bytes = Array.from({ length }, (_, at) => raw[4 + at] ?? 0);
  const subnet: Subnet = { address: { family, bytes }, bits };
  return isClean(subnet) ? { subnet, raw } : undefined;
}
