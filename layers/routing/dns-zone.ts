/**
 * What the DNS server knows at one moment, ready to be looked up. *pure*
 *
 *   {app}.zone       the region that serves the app (dns-selection.ts), as its routing record says
 *   {region}.zone    one region, well or not: for people and for health checks
 *   {alias}.zone     CNAME of another name here (blog -> bookstore) or elsewhere
 *   zone             the addresses given for it (a front door's), else a healthy region
 *   ns1.zone ...     the servers of the zone
 *
 * Built anew whenever a routing record or a region's condition changes; what is wrong with what it
 * is given is told then, not at each question.
 *
 *  Z1 an app's name wins over a region's, a region's over an alias; ns1 over all  (buildZone)
 *  Z2 every name between a name and the zone exists too, so that it answers NODATA, not NXDOMAIN,
 *     as RFC 8020 wants                                                                  (addEmpty)
 */
import { ConfigurationError } from "../../base/errors.ts";
import { type IpAddress, parseAddress, parseSubnet, type Subnet } from "./dns-address.ts";
import type { RoutingView } from "./record.ts";

/** failover: the most preferred region that is well. latency: the one nearest to the asker. */
export type DnsPolicy = "failover" | "latency";

export interface ZoneRegion {
  readonly id: string;
  readonly addresses: readonly IpAddress[];
  readonly healthy: boolean;
}

export interface ZoneApp {
  readonly policy: DnsPolicy;
  readonly servingRegions: readonly string[];
  /** All of the app's regions, in order of preference. */
  readonly regions: readonly string[];
  /** Regions that are well, but not for this app. */
  readonly unhealthyRegions: readonly string[];
}

export type ZoneName =
  | { readonly kind: "app"; readonly app: ZoneApp; readonly texts: readonly string[] }
  | {
      readonly kind: "fixed";
      readonly addresses: readonly IpAddress[];
      readonly texts: readonly string[];
    }
  | { readonly kind: "alias"; readonly target: string }
  | { readonly kind: "empty" };

export interface ZoneTtls {
  readonly addressS: number;
  readonly textS: number;
  readonly aliasS: number;
  /** Of NS, SOA and the servers' addresses. */
  readonly serverS: number;
  /** How long a resolver may believe that something does not exist. */
  readonly negativeS: number;
}

export interface ZoneState {
  /** Lower case, without the final dot. */
  readonly zone: string;
  readonly serial: number;
  readonly servers: readonly string[];
  readonly names: ReadonlyMap<string, ZoneName>;
  /** In order of preference. */
  readonly regions: ReadonlyMap<string, ZoneRegion>;
  readonly locations: readonly { readonly subnet: Subnet; readonly location: string }[];
  /** Of an asker in none of `locations`. */
  readonly defaultLocation: string | undefined;
  readonly ttls: ZoneTtls;
}

/** Short, because there is no cost to asking again on one's own machine. */
export const LOCAL_TTLS: ZoneTtls = { addressS: 1, textS: 1, aliasS: 1, serverS: 60, negativeS: 1 };

/** What of a routing record DNS needs; a RoutingView is one. */
export type AppRouting = Pick<RoutingView, "app" | "servingRegions"> &
  Partial<Pick<RoutingView, "mode" | "state" | "epoch" | "regions" | "primary">>;

export interface RegionAddress {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly healthy: boolean;
  /** Told in its TXT record: A and AAAA say nothing of a port. */
  readonly url?: string;
}

export interface ZoneSettings {
  readonly zone: string;
  /** Addresses of this server, told as ns1. */
  readonly serverAddresses: readonly string[];
  /** Absent: any healthy region. */
  readonly apexAddresses?: readonly string[];
  /** Label to label, or to a name with a final dot elsewhere. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Network to the region that it is at, or nearest to. */
  readonly locations?: Readonly<Record<string, string>>;
  readonly defaultLocation?: string;
  readonly ttls?: Partial<ZoneTtls>;
  /** Absent: latency for active-active apps, failover for the others. */
  readonly policies?: Readonly<Record<string, DnsPolicy>>;
}

export interface ZoneFacts {
  /** Grows with every change. */
  readonly serial: number;
  readonly regions: readonly RegionAddress[];
  readonly apps: readonly AppRouting[];
  /** By app, the regions whose health check for it fails. */
  readonly unhealthy?: Readonly<Record<string, readonly string[]>>;
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NAME_MOST = 200;

export function buildZone(settings: ZoneSettings, facts: ZoneFacts): ZoneState {
  const zone = nameOf(settings.zone, "the DNS zone");
  const regions = new Map(facts.regions.map((region) => [region.id, regionOf(region)]));
  const names = new Map<string, ZoneName>();
  const add = (label: string, name: ZoneName): void => {
    const full = nameOf(`${label}.${zone}`, "a name in the DNS zone");
    if (!names.has(full)) names.set(full, name);
  };
  const servers = [`ns1.${zone}`];
  const serverAddresses = settings.serverAddresses.map((text) => addressOf(text, "the server"));
  add("ns1", { kind: "fixed", addresses: serverAddresses, texts: [] });
  names.set(zone, apexOf(settings, facts));
  for (const routing of facts.apps) add(routing.app, appOf(routing, settings, facts));
  for (const region of facts.regions) {
    const { addresses } = regionOf(region);
    add(region.id, { kind: "fixed", addresses, texts: regionTexts(region) });
  }
  for (const [label, target] of Object.entries(settings.aliases ?? {})) {
    const full = target.endsWith(".") ? target.slice(0, -1) : `${target}.${zone}`;
    add(label, { kind: "alias", target: nameOf(full, "the target of an alias") });
  }
  addEmpty(names, zone);
  return {
    zone,
    serial: facts.serial >>> 0,
    servers,
    names,
    regions,
    locations: locationsOf(settings.locations ?? {}),
    defaultLocation: settings.defaultLocation,
    ttls: { ...LOCAL_TTLS, ...settings.ttls },
  };
}

/** The apex is an app that every region serves, unless it has addresses of its own. */
function apexOf({ apexAddresses }: ZoneSettings, { regions, apps }: ZoneFacts): ZoneName {
  const texts = [`understudy regions=${regions.length} apps=${apps.length}`];
  if (apexAddresses !== undefined) {
    const addresses = apexAddresses.map((text) => addressOf(text, "the zone's own name"));
    return { kind: "fixed", addresses, texts };
  }
  const all = regions.map(({ id }) => id);
  const app = {
    policy: "latency",
    servingRegions: all,
    regions: all,
    unhealthyRegions: [],
  } as const;
  return { kind: "app", app, texts };
}

function appOf(routing: AppRouting, settings: ZoneSettings, facts: ZoneFacts): ZoneName {
  const { app, mode, state, epoch, primary, servingRegions } = routing;
  const all = routing.regions ?? facts.regions.map(({ id }) => id);
  const regions = primary === undefined ? all : [primary, ...all.filter((id) => id !== primary)];
  const isActiveActive = mode === undefined ? servingRegions.length > 1 : mode === "active-active";
  const policy = settings.policies?.[app] ?? (isActiveActive ? "latency" : "failover");
  const unhealthyRegions = facts.unhealthy?.[app] ?? [];
  const texts = [`app=${app}`, `serving=${servingRegions.join(",")}`];
  if (state !== undefined) texts.push(`state=${state}`);
  if (epoch !== undefined) texts.push(`epoch=${epoch}`);
  return { kind: "app", app: { policy, servingRegions, regions, unhealthyRegions }, texts };
}

const regionOf = ({ id, addresses, healthy }: RegionAddress): ZoneRegion => ({
  id,
  addresses: addresses.map((text) => addressOf(text, `the region ${id}`)),
  healthy,
});

const regionTexts = ({ id, healthy, url }: RegionAddress): readonly string[] => [
  `region=${id}`,
  `healthy=${healthy}`,
  ...(url === undefined ? [] : [`url=${url}`]),
];

function locationsOf(locations: Readonly<Record<string, string>>): ZoneState["locations"] {
  return Object.entries(locations).map(([text, location]) => {
    const subnet = parseSubnet(text);
    if (subnet !== undefined) return { subnet, location };
    throw new ConfigurationError({
      what: "a DNS location must be a network",
      got: text,
      fix: "Write it as 10.1.0.0/16 or 2001:db8::/32, with zeros after the prefix.",
    });
  });
}

function addEmpty(names: Map<string, ZoneName>, zone: string): void {
  for (const name of [...names.keys()]) {
    let parent = name.slice(name.indexOf(".") + 1);
    while (parent.length > zone.length) {
      if (!names.has(parent)) names.set(parent, { kind: "empty" });
      parent = parent.slice(parent.indexOf(".") + 1);
    }
  }
}

function nameOf(text: string, what: string): string {
  const name = text.toLowerCase().replace(/\.$/, "");
  if (name.length <= NAME_MOST && name.split(".").every((label) => LABEL.test(label))) return name;
  throw new ConfigurationError({
    what: `${what} is no domain name`,
    got: text,
    fix: "Use labels of at most 63 letters, digits and hyphens, 200 characters in all.",
  });
}

function addressOf(text: string, whose: string): IpAddress {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new ConfigurationError({
    what: `the DNS address of ${whose} is no IP address`,
    got: text,
    fix: "Give an IPv4 or IPv6 address, not a name and not a port.",
  });
}
