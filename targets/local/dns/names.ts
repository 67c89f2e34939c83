/**
 * Names for a deployment: the DNS server, and the health checks that filter what it answers.
 * *composition*
 *
 *   front door's table (records, conditions) --+
 *   voters' health checks, over a link --------+--> zone --> DNS server
 *   supervisor: addresses, configuration ------+
 *
 * A machine that refuses a port for DNS still gets its front door: then there are no names.
 */
import { explainError } from "../../../base/errors.ts";
import type { Log } from "../../../layers/api/log.ts";
import type { HealthCheckView } from "../../../layers/routing/health-board.ts";
import { DEFAULT_ZONE } from "../../../layers/routing/naming.ts";
import { createHealthWatch } from "../health-watch.ts";
import type { LinkFaults } from "../link/fault.ts";
import { createLink } from "../link/link.ts";
import type { ChildConfig, PeersMessage, Ready } from "../supervisor/messages.ts";
import { type DnsServer, startDnsServer } from "./server.ts";
import { createZoneKeeper, type RoutingTable } from "./zone-keeper.ts";

export interface NamesOptions {
  readonly config: ChildConfig;
  readonly table: () => RoutingTable;
  readonly log: Log;
}

export interface Names {
  readonly ready: Pick<Ready, "dns" | "linkPort">;
  use(message: PeersMessage): void;
  setFaults(faults: LinkFaults): void;
  healthChecks(): readonly HealthCheckView[];
  close(): Promise<void>;
}

export async function startNames({ config, table, log }: NamesOptions): Promise<Names> {
  const { host } = config;
  const watch = createHealthWatch((ill) => log.warn({ event: "health-checks", ill }, "ill by DNS"));
  const link = await createLink({
    address: config.address,
    incarnation: Math.floor(Date.now() / 1000),
    secret: Buffer.from(config.secretHex, "hex"),
    host,
    log: (line) => log.info({ event: "link" }, line),
  });
  link.setFaults(config.faults);
  link.onMessage((from, message) => void watch.heard(from, message));

  let settings = settingsOf(host, undefined);
  let addresses: Readonly<Record<string, string>> = {};
  const state = createZoneKeeper({
    settings: () => settings,
    addresses: () => addresses,
    ill: watch.ill,
    table,
    wallSeconds: Date.now() / 1000,
    onFault: (error) => log.error({ event: "dns", error: explainError(error) }, "no zone"),
  });
  let dns: DnsServer | undefined;
  try {
    dns = await startDnsServer({ host, state, log });
  } catch (error) {
    log.error({ event: "dns", error: explainError(error) }, "no DNS server");
  }
  let plan = "";
  return {
    ready: {
      linkPort: link.port,
      ...(dns === undefined
        ? {}
        : { dns: { address: dns.address, port: dns.port, zone: DEFAULT_ZONE } }),
    },
    use(message) {
      link.setPeers(message.peers);
      watch.use(message);
      const next = JSON.stringify([message.naming, message.names]);
      if (next === plan) return;
      plan = next;
      settings = settingsOf(host, message.naming);
      addresses = message.names?.addresses ?? {};
    },
    setFaults: (faults) => link.setFaults(faults),
    healthChecks: watch.views,
    close: async () => {
      watch.close();
      await Promise.all([dns?.close(), link.close()]);
    },
  };
}

/** The zone's own name leads to the front door. */
const settingsOf = (host: string, naming: PeersMessage["naming"]) => ({
  zone: DEFAULT_ZONE,
  ...naming?.dns,
  serverAddresses: [host],
  apexAddresses: [host],
});
