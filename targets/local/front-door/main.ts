/**
 * The front door's process: started by the supervisor, configured over IPC. *composition*
 *
 * The regions come with the `peers` messages (every region with an address, up or not), injected
 * faults with `faults`. It follows the regions' own event streams over HTTP; over its link it
 * hears only of health checks. It answers DNS questions as well (dns/names.ts), from the same
 * picture; where it cannot, HTTP goes on without.
 */
import { pino } from "pino";
import type { Log } from "../../../layers/api/log.ts";
import { startNames } from "../dns/names.ts";
import { proxyTokenOf } from "../http/own-proxy.ts";
import { webRoot } from "../pages.ts";
import { joinSupervisor } from "../supervisor/child.ts";
import { startFrontDoor } from "./front-door.ts";

const supervisor = await joinSupervisor();
const { config } = supervisor;
// Written in batches: a line per request must not cost a system call per request.
const sink = pino.destination({ dest: 1, sync: false, minLength: 4096 });
const log = pino({ base: { site: config.site }, timestamp: pino.stdTimeFunctions.isoTime }, sink);
const FLUSH_MS = 1_000;
const flushing = setInterval(() => sink.flush(), FLUSH_MS);
const doorLog: Log = {
  debug: (fields, message) => log.debug(fields, message),
  info: (fields, message) => log.info(fields, message),
  warn: (fields, message) => log.warn(fields, message),
  error: (fields, message) => log.error(fields, message),
};

try {
  const { host, port } = config.control;
  const door = await startFrontDoor({
    host: config.clientHost ?? config.host,
    port: config.httpPort,
    regions: [],
    proxyToken: proxyTokenOf(config.secretHex),
    controlUrl: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    webRoot: webRoot(),
    log: doorLog,
  });
  const names = await startNames({ config, table: () => door.table(), log: doorLog });
  door.setFaults(config.faults);
  supervisor.serve({
    peers: (message) => {
      door.setRegions(message.regions);
      if (message.entrance !== undefined) door.setEntrance(message.entrance);
      names.use(message);
    },
    faults: ({ faults }) => {
      door.setFaults(faults);
      names.setFaults(faults);
    },
    status: () => {
      const { regions, conditions } = door.table();
      const sound = regions.filter(({ id }) => (conditions.get(id) ?? "up") === "up");
      const healthChecks = names.healthChecks();
      const reason = "no region answers";
      return { healthy: sound.length > 0, healthChecks, ...(sound.length > 0 ? {} : { reason }) };
    },
    async stop() {
      clearInterval(flushing);
      await Promise.all([door.close(), names.close()]);
      sink.flushSync();
    },
  });
  supervisor.ready({
    url: door.url,
    ...names.ready,
    incarnation: 0,
  });
} catch (error) {
  supervisor.failed(error);
}
