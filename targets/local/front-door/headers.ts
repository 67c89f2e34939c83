/**
 * Headers on their way through, as flat lists of names and values (RFC 9110, 7.6). *pure*
 *
 * What belongs to one connection stays there, and so does what a client names in Connection, save
 * for Host, without which there is no request; the client's address is added to what the region
 * gets. Flat lists go through untouched otherwise: order, case and repetitions are kept.
 */
import { PROXY_TOKEN } from "../http/own-proxy.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Said anew by the front door; a client's own claim is not believed. */
const FORWARDED = new Set([
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "forwarded",
  PROXY_TOKEN,
  "expect",
]);

export interface Origin {
  readonly address: string;
  readonly host: string;
  readonly proto: "http" | "https";
}

export function requestHeaders(raw: readonly string[], origin: Origin): string[] {
  const named = namedByConnection(raw);
  const out: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    if (HOP_BY_HOP.has(name) || FORWARDED.has(name)) continue;
    if (name !== "host" && named?.has(name)) continue;
    out.push(name, raw[i + 1] ?? "");
  }
  out.push("x-forwarded-for", origin.address);
  out.push("x-forwarded-proto", origin.proto, "x-forwarded-host", origin.host);
  return out;
}

/** `region` is added where the region itself did not say who it is. */
export function responseHeaders(raw: readonly (Buffer | string)[], region: string): string[] {
  const out: string[] = [];
  let told = false;
  let connection: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i]);
    const lower = name.toLowerCase();
    if (lower === "connection") connection = text(raw[i + 1]);
    if (HOP_BY_HOP.has(lower)) continue;
    if (lower === "understudy-region") told = true;
    out.push(name, text(raw[i + 1]));
  }
  if (!told) out.push("Understudy-Region", region);
  if (connection === undefined || /^(keep-alive|close)$/i.test(connection)) return out;
  const named = namedByConnection(["connection", connection]);
  return out.filter((_value, i) => !named?.has((out[i - (i % 2)] ?? "").toLowerCase()));
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.length !== 10 || raw[i]?.toLowerCase() !== "connection") continue;
    const value = raw[i + 1] ?? "";
    if (value === "keep-alive" || value === "close") continue;
    named ??= new Set();
    for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  }
  return named;
}

/** The value of one header of a flat list, by its lower-case name. */
export function headerOf(flat: readonly string[], name: string): string | undefined {
  for (let i = 0; i < flat.length; i += 2) {
    const candidate = flat[i] ?? "";
    if (candidate.length === name.length && candidate.toLowerCase() === name) return flat[i + 1];
  }
  return undefined;
}

const text = (value: Buffer | string | undefined): string =>
  typeof value === "string" ? value : (value?.toString("latin1") ?? "");
