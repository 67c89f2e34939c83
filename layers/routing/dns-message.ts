/**
 * What a DNS question and its answer are, whatever carries them. *port*
 *
 * RFC 1034 and 1035, EDNS (6891), client subnet (7871), negative answers (2308). dns-query.ts and
 * dns-reply.ts turn these into bytes and back, dns-answer.ts decides the one from the other.
 */
import type { IpAddress, Subnet } from "./dns-address.ts";

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  HINFO: 13,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  MAILA: 254,
  ANY: 255,
} as const;

export const CLASS = { IN: 1, ANY: 255 } as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Above 15: told with the help of OPT. */
  BADVERS: 16,
} as const;
export type Rcode = keyof typeof RCODE;

export interface Edns {
  /** The largest datagram the asker takes. */
  readonly sizeBytes: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly subnet?: Subnet;
}

export interface Query {
  /** Lower case, no final dot, bytes other than letters, digits, - and _ as \DDD; "" the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly edns?: Edns;
}

/** Who asks, as far as the transport tells. */
export interface Client {
  readonly address?: IpAddress;
}

export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: IpAddress }
  | { readonly type: "CNAME" | "NS"; readonly target: string }
  | { readonly type: "TXT"; readonly texts: readonly string[] }
  | { readonly type: "HINFO"; readonly cpu: string; readonly os: string }
  | {
      readonly type: "SOA";
      readonly server: string;
      readonly mailbox: string;
      readonly serial: number;
      readonly refreshS: number;
      readonly retryS: number;
      readonly expireS: number;
      readonly minimumS: number;
    };

export type DnsRecord = RecordData & { readonly name: string; readonly ttlS: number };

export interface Answer {
  readonly rcode: Rcode;
  /** False where we refuse: then the name is not ours. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** May be left out where there is no room. */
  readonly additionals: readonly DnsRecord[];
  /** How many bits of the asker's network the answer depended on. */
  readonly subnetScope: number;
}
