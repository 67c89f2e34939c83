/**
 * Who a client is and by which origin it came, as far as that may be believed. *pure*
 *
 * A connection says its peer's address. Where that is a trusted proxy, what the proxy says of the
 * connection before it counts as well: from the right, each address that is a trusted proxy passes
 * the word on, and the first that is not is the client. `publicUrl` settles the origin.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Entrance } from "../../../layers/api/entrance.ts";
import { readHost } from "../http/target.ts";
import type { Origin } from "./headers.ts";

export type OriginOf = (request: IncomingMessage) => Origin;

export function createOriginOf({ publicUrl, trustedProxies }: Entrance): OriginOf {
  const fixed = publicUrl === undefined ? undefined : new URL(publicUrl);
  const trusted = new BlockList();
  for (const network of trustedProxies) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string): boolean =>
    address !== "" && trusted.check(address, isIPv6(address) ? "ipv6" : "ipv4");

  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? "");
    const told =
      trustedProxies.length > 0 && isTrusted(peer) ? forwardedOf(request) : NOTHING_FORWARDED;
    let address = peer;
    for (let at = told.addresses.length - 1; at >= 0 && isTrusted(address); at--) {
      const before = plain(told.addresses[at] ?? "");
      // What is no address ends the chain: it is not known who came before.
      if (isIP(before) === 0) break;
      address = before;
    }
    if (fixed !== undefined) {
      return { address, host: fixed.host, proto: fixed.protocol === "https:" ? "https" : "http" };
    }
    const host = told.host === undefined ? undefined : readHost(told.host);
    return {
      address,
      host: host?.kind === "host" ? host.host : (request.headers.host ?? ""),
      proto: told.proto?.toLowerCase() === "https" ? "https" : "http",
    };
  };
}

interface Forwarded {
  readonly addresses: readonly string[];
  readonly host?: string | undefined;
  readonly proto?: string | undefined;
}

const NOTHING_FORWARDED: Forwarded = { addresses: [] };
const PAIR = /(?:^|[;,])\s*(for|host|proto)=(?:"([^"]*)"|([^;,\s]*))/gi;

/** The nearest proxy's word comes last. `Forwarded` (RFC 7239) where the others are absent. */
function forwardedOf({ headers }: IncomingMessage): Forwarded {
  const list = (name: string): string[] => {
    const value = headers[name];
    if (value === undefined) return [];
    return String(value)
      .split(",")
      .map((part) => part.trim());
  };
  const standard: Record<string, string[]> = { for: [], host: [], proto: [] };
  for (const [, name = "", quoted, bare] of (headers.forwarded ?? "").matchAll(PAIR)) {
    standard[name.toLowerCase()]?.push(quoted ?? bare ?? "");
  }
  const either = (name: string, other: string): string[] => {
    const own = list(name);
    return own.length > 0 ? own : (standard[other] ?? []);
  };
  return {
    addresses: either("x-forwarded-for", "for"),
    host: either("x-forwarded-host", "host").at(-1),
    proto: either("x-forwarded-proto", "proto").at(-1),
  };
}

/** Without port, brackets, and the prefix of an IPv4 address in an IPv6 socket. */
function plain(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\]/.exec(text) ?? [];
  const address = bracketed ?? (/^[\d.]+:\d+$/.test(text) ? text.replace(/:\d+$/, "") : text);
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
