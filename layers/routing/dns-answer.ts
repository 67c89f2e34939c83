/**
 * From a question and what is known to the answer. *pure*
 *
 * RFC 1034 section 4.3.2 for one zone without delegations; negative answers carry the SOA
 * (RFC 2308); ANY is answered with one small HINFO record (RFC 8482), so that nobody gains by
 * asking it in somebody else's name. Zone transfers are refused: every server builds its zone
 * itself.
 *
 *  D1 nothing is said of a name outside the zone                                (answer)
 *  D2 every empty answer carries the SOA, with the negative TTL                 (withoutData)
 *  D3 a chain of aliases ends after ALIAS_HOPS                                  (answer)
 *  D4 the scope is 0 where the asker's place made no difference                 (addressesOf)
 */
import {
  type Answer,
  CLASS,
  type Client,
  type DnsRecord,
  type Query,
  type Rcode,
  type RecordData,
  TYPE,
} from "./dns-message.ts";
import { locate, selectRegion } from "./dns-selection.ts";
import type { ZoneName, ZoneState } from "./dns-zone.ts";

const ALIAS_HOPS = 8;
const REFRESH_S = 60;
const RETRY_S = 10;
const EXPIRE_S = 86_400;

const EMPTY = { answers: [], authorities: [], additionals: [], subnetScope: 0 };

export const isInZone = (zone: ZoneState, name: string): boolean =>
  name === zone.zone || name.endsWith(`.${zone.zone}`);

export function answer(query: Query, zone: ZoneState, client: Client): Answer {
  const refusal = refusalOf(query, zone);
  if (refusal !== undefined) return { rcode: refusal, authoritative: false, ...EMPTY };
  const chain: DnsRecord[] = [];
  let { name } = query;
  for (let hop = 0; hop < ALIAS_HOPS; hop++) {
    const entry = zone.names.get(name);
    if (entry === undefined) return withoutData(zone, "NXDOMAIN", chain);
    if (entry.kind !== "alias" || query.type === TYPE.ANY) {
      return atName(zone, query, client, { name, entry, chain });
    }
    const { target } = entry;
    const alias = { name, ttlS: zone.ttls.aliasS, type: "CNAME", target } as const;
    chain.push(alias);
    if (query.type === TYPE.CNAME || !isInZone(zone, target)) return positive(chain);
    name = target;
  }
  return { rcode: "SERVFAIL", authoritative: true, ...EMPTY };
}

function refusalOf({ name, type, class: asked, edns }: Query, zone: ZoneState): Rcode | undefined {
  if (edns !== undefined && edns.version > 0) return "BADVERS";
  if (asked !== CLASS.IN && asked !== CLASS.ANY) return "REFUSED";
  if (!isInZone(zone, name)) return "REFUSED";
  if (type === 0 || type === TYPE.OPT || type === TYPE.TKEY || type === TYPE.TSIG) return "FORMERR";
  return type >= TYPE.IXFR && type <= TYPE.MAILA ? "REFUSED" : undefined;
}

interface Place {
  readonly name: string;
  readonly entry: ZoneName;
  readonly chain: readonly DnsRecord[];
}

function atName(zone: ZoneState, query: Query, client: Client, place: Place): Answer {
  const { name, entry, chain } = place;
  const { ttls } = zone;
  const one = (ttlS: number, data: RecordData): Answer =>
    positive([...chain, { name, ttlS, ...data }]);
  switch (query.type) {
    case TYPE.ANY:
      if (entry.kind === "empty") break;
      return one(ttls.textS, { type: "HINFO", cpu: "RFC8482", os: "" });
    case TYPE.A:
    case TYPE.AAAA:
      return addressesOf(zone, query, client, place);
    case TYPE.TXT:
      if (entry.kind === "empty" || entry.kind === "alias" || entry.texts.length === 0) break;
      return one(ttls.textS, { type: "TXT", texts: entry.texts });
    case TYPE.SOA:
      if (name === zone.zone) return positive([...chain, soaOf(zone, ttls.serverS)]);
      break;
    case TYPE.NS:
      if (name === zone.zone) return serversOf(zone, chain);
      break;
  }
  return withoutData(zone, "NOERROR", chain);
}

function addressesOf(zone: ZoneState, query: Query, client: Client, place: Place): Answer {
  const { name, entry, chain } = place;
  if (entry.kind === "empty" || entry.kind === "alias") return withoutData(zone, "NOERROR", chain);
  if (entry.kind === "fixed") {
    const isServer = zone.servers.includes(name);
    const ttlS = isServer ? zone.ttls.serverS : zone.ttls.addressS;
    const records = addressRecords(entry.addresses, query.type, name, ttlS);
    return records.length > 0
      ? positive([...chain, ...records])
      : withoutData(zone, "NOERROR", chain);
  }
  const { location, scope } = locate(zone, query, client);
  const { region, isLocal } = selectRegion(zone, entry.app, location);
  // Nothing is known yet: a resolver should ask again, and not remember that there is nothing.
  if (region === undefined) return { rcode: "SERVFAIL", authoritative: true, ...EMPTY };
  const records = addressRecords(region.addresses, query.type, name, zone.ttls.addressS);
  const found =
    records.length > 0 ? positive([...chain, ...records]) : withoutData(zone, "NOERROR", chain);
  return isLocal ? { ...found, subnetScope: scope } : found;
}

const addressRecords = (
  addresses: readonly { readonly family: 4 | 6; readonly bytes: readonly number[] }[],
  type: number,
  name: string,
  ttlS: number,
): readonly DnsRecord[] =>
  addresses.flatMap((address) => {
    const isAsked = (type === TYPE.A) === (address.family === 4);
    return isAsked ? [{ name, ttlS, type: type === TYPE.A ? "A" : "AAAA", address }] : [];
  });

function serversOf(zone: ZoneState, chain: readonly DnsRecord[]): Answer {
  const ttlS = zone.ttls.serverS;
  const answers = zone.servers.map(
    (target) => ({ name: zone.zone, ttlS, type: "NS", target }) as const,
  );
  const additionals = zone.servers.flatMap((server) => {
    const entry = zone.names.get(server);
    if (entry?.kind !== "fixed") return [];
    return [TYPE.A, TYPE.AAAA].flatMap((t) => addressRecords(entry.addresses, t, server, ttlS));
  });
  return { ...positive([...chain, ...answers]), additionals };
}

const positive = (answers: readonly DnsRecord[]): Answer => ({
  rcode: "NOERROR",
  authoritative: true,
  ...EMPTY,
  answers,
});

/** The name is not there (NXDOMAIN), or has nothing of this type (NOERROR). */
const withoutData = (zone: ZoneState, rcode: Rcode, chain: readonly DnsRecord[]): Answer => ({
  rcode,
  authoritative: true,
  ...EMPTY,
  answers: chain,
  authorities: [soaOf(zone, Math.min(zone.ttls.negativeS, zone.ttls.serverS))],
});

const soaOf = (zone: ZoneState, ttlS: number): DnsRecord => ({
  name: zone.zone,
  ttlS,
  type: "SOA",
  server: zone.servers[0] ?? zone.zone,
  mailbox: `hostmaster.${zone.zone}`,
  serial: zone.serial,
  refreshS: REFRESH_S,
  retryS: RETRY_S,
  expireS: EXPIRE_S,
  minimumS: zone.ttls.negativeS,
});
