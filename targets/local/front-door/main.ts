/**
 * The front door's process: started by the supervisor, configured over IPC. *composition*
 *
 * The regions come with the `peers` messages (every region with an address, up or not), injected
 * faults with `faults`. It speaks no link: it follows the regions' own event streams over HTTP.
 * It answers DNS questions as well, from the same picture; where it cannot, HTTP goes on without.
 */
import { pino } from "pino";
import { explainError } from "../../../base/errors.ts";
import type { Log } from "../../../layers/api/log.ts";
import { type DnsServer, startDnsServer } from "../dns/server.ts";
import { createZoneKeeper } from "../dns/zone-keeper.ts";
import { joinSupervisor } from "../supervisor/child.ts";
import { type FrontDoor, startFrontDoor } from "./front-door.ts";

const supervisor = await joinSupervisor();
const { config } = supervisor;
// Written in batches: a line per request must not cost a system call per request.
const sink = pino.destination({ dest: 1, sync: false, minLength: 4096 });
const log = pino({ base: { site: config.site }, timestamp: pino.stdTimeFunctions.isoTime }, sink);
const FLUSH_MS = 1_000;
const ZONE = "understudy.test";
/** Names that belong to an app of another name. */
const ALIASES = { blog: "bookstore" };
const flushing = setInterval(() => sink.flush(), FLUSH_MS);
const doorLog: Log = {
  debug: (fields, message) => log.debug(fields, message),
  info: (fields, message) => log.info(fields, message),
  warn: (fields, message) => log.warn(fields, message),
  error: (fields, message) => log.error(fields, message),
};

/** Names follow the front door's table; a machine that refuses a port still gets its front door. */
async function startDns(door: FrontDoor): Promise<DnsServer | undefined> {
  const { host } = config;
  const state = createZoneKeeper({
    settings: { zone: ZONE, serverAddresses: [host], apexAddresses: [host], aliases: ALIASES },
    table: () => door.table(),
    wallSeconds: Date.now() / 1000,
    onFault: (error) => log.error({ event: "dns", error: explainError(error) }, "no zone"),
  });
  try {
    return await startDnsServer({ host, state, log: doorLog });
  } catch (error) {
    log.error({ event: "dns", error: explainError(error) }, "no DNS server");
    return undefined;
  }
}

try {
  const { host, port } = config.control;
  const door = await startFrontDoor({
    host: config.host,
    port: config.httpPort,
    regions: [],
    controlUrl: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    log: doorLog,
  });
  const dns = await startDns(door);
  door.setFaults(config.faults);
  supervisor.serve({
    peers: ({ regions }) => door.setRegions(regions),
    faults: ({ faults }) => door.setFaults(faults),
    status: () => {
      const { regions, conditions } = door.table();
      const sound = regions.filter(({ id }) => (conditions.get(id) ?? "up") === "up");
      return sound.length > 0 ? { healthy: true } : { healthy: false, reason: "no region answers" };
    },
    async stop() {
      clearInterval(flushing);
      await Promise.all([door.close(), dns?.close()]);
      sink.flushSync();
    },
  });
  supervisor.ready({
    url: door.url,
    linkPort: 0,
    incarnation: 0,
    ...(dns === undefined ? {} : { dns: { address: dns.address, port: dns.port, zone: ZONE } }),
  });
} catch (error) {
  supervisor.failed(error);
}
