/**
 * From an answer to bytes. *pure*
 *
 * Names are compressed (RFC 1035, 4.1.4). What does not fit is left out in this order: additional
 * records, silently; then everything, with the truncated flag set, so that the asker comes again
 * over TCP. OPT is in the reply exactly when it was in the query.
 */

import { type Answer, CLASS, type DnsRecord, RCODE, type Rcode, TYPE } from "./dns-message.ts";
import type { DecodedQuery, QueryHeader } from "./dns-query.ts";
import { HEADER_BYTES } from "./dns-query.ts";

/** What we take over UDP, and send at most: fits every path of today without fragments. */
export const UDP_MOST_BYTES = 1_232;
/** Without EDNS. */
export const UDP_PLAIN_BYTES = 512;
export const TCP_MOST_BYTES = 65_535;
const TEXT_MOST = 255;
const POINTER_MOST = 0x3fff;

/** A reply to what could not be read further than its header. */
export function encodeRefusal(header: QueryHeader, rcode: Rcode): Uint8Array {
  const writer = new Writer();
  writeHeader(writer, header, RCODE[rcode], [0, 0, 0, 0]);
  return writer.done();
}

export function encodeReply(
  asked: DecodedQuery & { kind: "query" },
  answer: Answer,
  limitBytes: number,
): Uint8Array {
  const whole = write(asked, answer, false);
  if (whole.length <= limitBytes) return whole;
  const bare = write(asked, { ...answer, additionals: [] }, false);
  if (bare.length <= limitBytes) return bare;
  return write(asked, { ...answer, answers: [], authorities: [], additionals: [] }, true);
}

function write(
  { header, query, question, subnetOption }: DecodedQuery & { kind: "query" },
  { rcode, authoritative, answers, authorities, additionals, subnetScope }: Answer,
  isTruncated: boolean,
): Uint8Array {
  const writer = new Writer();
  const { edns } = query;
  const code = RCODE[rcode];
  const optCount = edns === undefined ? 0 : 1;
  const counts = [1, answers.length, authorities.length, additionals.length + optCount] as const;
  const flags = (authoritative ? 0x0400 : 0) | (isTruncated ? 0x0200 : 0) | (code & 15);
  writeHeader(writer, header, flags, counts);
  writer.question(question, query.name);
  for (const records of [answers, authorities, additionals]) {
    for (const record of records) writeRecord(writer, record);
  }
  if (edns === undefined) return writer.done();
  writer.byte(0);
  writer.word(TYPE.OPT);
  writer.word(UDP_MOST_BYTES);
  writer.byte(code >> 4);
  writer.byte(0);
  writer.word(edns.dnssecOk ? 0x8000 : 0);
  if (subnetOption === undefined) {
    writer.word(0);
    return writer.done();
  }
  writer.word(4 + subnetOption.length);
  writer.word(8);
  writer.word(subnetOption.length);
  writer.bytes(subnetOption);
  writer.patch(writer.length - subnetOption.length + 3, subnetScope);
  return writer.done();
}

function writeHeader(
  writer: Writer,
  { id, opcode, recursionDesired }: QueryHeader,
  flags: number,
  counts: readonly [number, number, number, number],
): void {
  writer.word(id);
  writer.word(0x8000 | (opcode << 11) | (recursionDesired ? 0x0100 : 0) | flags);
  for (const count of counts) writer.word(count);
}

function writeRecord(writer: Writer, record: DnsRecord): void {
  writer.name(record.name);
  writer.word(TYPE[record.type]);
  writer.word(CLASS.IN);
  writer.long(record.ttlS);
  const lengthAt = writer.length;
  writer.word(0);
  switch (record.type) {
    case "A":
    case "AAAA":
      writer.bytes(record.address.bytes);
      break;
    case "CNAME":
    case "NS":
      writer.name(record.target);
      break;
    case "TXT":
      for (const text of record.texts) writer.text(text);
      break;
    case "HINFO":
      writer.text(record.cpu);
      writer.text(record.os);
      break;
    case "SOA":
      writer.name(record.server);
      writer.name(record.mailbox);
      writer.long(record.serial);
      writer.long(record.refreshS);
      writer.long(record.retryS);
      writer.long(record.expireS);
      writer.long(record.minimumS);
      break;
  }
  writer.patchWord(lengthAt, writer.length - lengthAt - 2);
}

class Writer {
  length = 0;
  #buffer = new Uint8Array(256);
  /** Where each name, or end of a name, was written first. */
  readonly #names = new Map<string, number>();

  byte(value: number): void {
    if (this.length === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer[this.length++] = value;
  }

  word(value: number): void {
    this.byte((value >> 8) & 0xff);
    this.byte(value & 0xff);
  }

  long(value: number): void {
    this.word(value >>> 16);
    this.word(value & 0xffff);
  }

  bytes(values: ArrayLike<number>): void {
    for (let at = 0; at < values.length; at++) this.byte(values[at] ?? 0);
  }

  /** One character string, of ASCII; what is longer than one may be is cut off. */
  text(value: string): void {
    const length = Math.min(TEXT_MOST, value.length);
    this.byte(length);
    for (let at = 0; at < length; at++) this.byte(value.charCodeAt(at) & 0x7f);
  }

  name(value: string): void {
    let rest = value;
    while (rest !== "") {
      const known = this.#names.get(rest);
      if (known !== undefined) return this.word(0xc000 | known);
      if (this.length <= POINTER_MOST) this.#names.set(rest, this.length);
      const dot = rest.indexOf(".");
      this.text(dot < 0 ? rest : rest.slice(0, dot));
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    this.byte(0);
  }

  /** As it came; its name can be pointed at where it has no escaped bytes. */
  question(raw: Uint8Array, name: string): void {
    this.bytes(raw);
    if (name.includes("\\")) return;
    let at = HEADER_BYTES;
    for (let rest = name; rest !== ""; ) {
      this.#names.set(rest, at);
      const dot = rest.indexOf(".");
      at += 1 + (dot < 0 ? rest.length : dot);
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
  }

  patch(at: number, value: number): void {
    this.#buffer[at] = value;
  }

  patchWord(at: number, value: number): void {
    this.patch(at, value >> 8);
    this.patch(at + 1, value & 0xff);
  }

  done(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }
}

/** The largest reply that the asker takes over UDP. */
export const udpLimit = (ednsSizeBytes: number | undefined): number =>
  ednsSizeBytes === undefined
    ? UDP_PLAIN_BYTES
    : Math.min(UDP_MOST_BYTES, Math.max(UDP_PLAIN_BYTES, ednsSizeBytes));
