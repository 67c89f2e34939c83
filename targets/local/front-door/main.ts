/**
 * The front door's process: started by the supervisor, configured over IPC. *composition*
 *
 * The regions come with the `peers` messages (every region with an address, up or not), injected
 * faults with `faults`. It speaks no link: it follows the regions' own event streams over HTTP.
 */
import { pino } from "pino";
import { joinSupervisor } from "../supervisor/child.ts";
import { startFrontDoor } from "./front-door.ts";

const supervisor = await joinSupervisor();
const { config } = supervisor;
// Written in batches: a line per request must not cost a system call per request.
const sink = pino.destination({ dest: 1, sync: false, minLength: 4096 });
const log = pino({ base: { site: config.site }, timestamp: pino.stdTimeFunctions.isoTime }, sink);
const FLUSH_MS = 1_000;
const flushing = setInterval(() => sink.flush(), FLUSH_MS);

try {
  const { host, port } = config.control;
  const door = await startFrontDoor({
    host: config.host,
    port: config.httpPort,
    regions: [],
    controlUrl: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    log: {
      debug: (fields, message) => log.debug(fields, message),
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
      error: (fields, message) => log.error(fields, message),
    },
  });
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
      await door.close();
      sink.flushSync();
    },
  });
  supervisor.ready({ url: door.url, linkPort: 0, incarnation: 0 });
} catch (error) {
  supervisor.failed(error);
}
