/**
 * Keeps the zone that goes with the front door's table. *adapter*
 *
 * The table is immutable and replaced with every change (router.ts), as is what else the zone is
 * made of, so it is built once per change, at the next question, and never twice for the same. A
 * RoutingView is an AppRouting: whoever has those instead of a table calls buildZone directly. The
 * serial begins with the wall clock's seconds and grows with every change, so that it does not fall
 * back at a restart.
 */
import { isIP } from "node:net";
import {
  type AppRouting,
  buildZone,
  type RegionAddress,
  type ZoneSettings,
  type ZoneState,
} from "../../../layers/routing/dns-zone.ts";
import type { Ill } from "../../../layers/routing/health-board.ts";

/** Of the front door's Table, what DNS needs. */
export interface RoutingTable {
  readonly regions: readonly { readonly id: string; readonly url: string }[];
  readonly conditions: ReadonlyMap<string, string>;
  readonly apps: ReadonlyMap<
    string,
    {
      readonly app: string;
      readonly epoch: number;
      readonly fenced: boolean;
      readonly servingRegions: readonly string[];
    }
  >;
}

export interface ZoneKeeperOptions {
  readonly settings: () => ZoneSettings;
  readonly table: () => RoutingTable;
  /** By region, where it has one of its own; else the host of its URL counts. */
  readonly addresses?: () => Readonly<Record<string, string>>;
  /** Where health checks fail. */
  readonly ill?: () => Ill;
  /** More of an app than the table says: mode, state, regions, primary (a RoutingView). */
  readonly view?: (app: string) => AppRouting | undefined;
  readonly wallSeconds: number;
  /** A table of which no zone could be made; the one before stays. */
  readonly onFault?: (error: unknown) => void;
}

const NO_ADDRESSES: Readonly<Record<string, string>> = {};
const NOBODY: Ill = { regions: [], apps: {} };

/** For `startDnsServer({ state })`. */
export function createZoneKeeper(options: ZoneKeeperOptions): () => ZoneState {
  let serial = Math.floor(options.wallSeconds);
  let of: readonly unknown[] = [];
  let kept: ZoneState | undefined;
  return () => {
    const table = options.table();
    const settings = options.settings();
    const addresses = options.addresses?.() ?? NO_ADDRESSES;
    const ill = options.ill?.() ?? NOBODY;
    const parts = [table, settings, addresses, ill];
    if (kept !== undefined && parts.every((part, at) => part === of[at])) return kept;
    of = parts;
    try {
      kept = buildZone(settings, {
        serial: serial + 1,
        regions: table.regions.map(({ id, url }) => ({
          id,
          url,
          addresses: addressesOf(addresses[id] ?? new URL(url).hostname),
          healthy: (table.conditions.get(id) ?? "up") === "up" && !ill.regions.includes(id),
        })),
        unhealthy: ill.apps,
        apps: [...table.apps.values()].map((app) => ({
          ...(app.fenced && { state: "fenced" as const }),
          ...options.view?.(app.app),
          ...app,
        })),
      });
      serial += 1;
    } catch (error) {
      // A record that makes no zone must not take away the names that do.
      options.onFault?.(error);
      if (kept === undefined) throw error;
    }
    return kept;
  };
}

function addressesOf(hostname: string): RegionAddress["addresses"] {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? [] : [host];
}
