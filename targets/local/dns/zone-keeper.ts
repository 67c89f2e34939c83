/**
 * Keeps the zone that goes with the front door's table. *adapter*
 *
 * The table is immutable and replaced with every change (router.ts), so a zone is built once per
 * change, at the next question, and never twice for the same table. A RoutingView is an AppRouting:
 * whoever has those instead of a table calls buildZone directly. The serial begins with the
 * wall clock's seconds and grows with every change, so that it does not fall back at a restart.
 */
import { isIP } from "node:net";
import {
  type AppRouting,
  buildZone,
  type RegionAddress,
  type ZoneSettings,
  type ZoneState,
} from "../../../layers/routing/dns-zone.ts";

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
  readonly settings: ZoneSettings;
  readonly table: () => RoutingTable;
  /** More of an app than the table says: mode, state, regions, primary (a RoutingView). */
  readonly view?: (app: string) => AppRouting | undefined;
  readonly wallSeconds: number;
  /** A table of which no zone could be made; the one before stays. */
  readonly onFault?: (error: unknown) => void;
}

/** For `startDnsServer({ state })`. */
export function createZoneKeeper(options: ZoneKeeperOptions): () => ZoneState {
  let serial = Math.floor(options.wallSeconds);
  let of: RoutingTable | undefined;
  let kept: ZoneState | undefined;
  return () => {
    const table = options.table();
    if (kept !== undefined && of === table) return kept;
    of = table;
    try {
      kept = buildZone(options.settings, {
        serial: serial + 1,
        regions: table.regions.map((region) => addressOf(region, table)),
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

function addressOf({ id, url }: { id: string; url: string }, table: RoutingTable): RegionAddress {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const healthy = (table.conditions.get(id) ?? "up") === "up";
  return { id, addresses: isIP(host) === 0 ? [] : [host], healthy, url };
}
