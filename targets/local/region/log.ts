/** The region's structured log: one JSON line each on standard output, in batches. *adapter* */
import { pino } from "pino";
import type { Log } from "../../../layers/api/index.ts";
import type { Region } from "../../../layers/region/region.ts";
import type { Routing } from "../../../layers/routing/port.ts";

export interface RegionLog extends Log {
  flush(): void;
}

const FLUSH_MS = 1000;
const BATCH_BYTES = 4096;
/** Kept for a disk that takes none of it now; what goes beyond is not logged. */
const MOST_BYTES = 4 * 1024 * 1024;
const REFUSED = 503;

export function createRegionLog(site: string): RegionLog {
  // In batches: a line must not cost a system call while requests are served.
  const sink = pino.destination({
    dest: 1,
    sync: false,
    minLength: BATCH_BYTES,
    maxLength: MOST_BYTES,
  });
  // A full disk ends no region; what could not be written is tried again with the next batch.
  sink.on("error", () => undefined);
  const level = process.env["UNDERSTUDY_LOG"] ?? "info";
  const timestamp = pino.stdTimeFunctions.isoTime;
  const log = pino({ base: { site }, timestamp, level }, sink);
  setInterval(() => sink.flush(), FLUSH_MS).unref();
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    // A refusal is an answer like any other, and there are many of them during a failover.
    warn: (fields, message) =>
      fields["event"] === "request" && fields["status"] === REFUSED
        ? log.debug(fields, message)
        : log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    flush: () => {
      try {
        sink.flushSync();
      } catch {
        // The process ends before its log was opened: there is nothing to write.
      }
    },
  };
}

/** A line for each record that is new here, and for each epoch that begins. */
export function logRouting(log: RegionLog, region: Region, routing: Routing): void {
  routing.subscribe((event) => {
    if (event.type !== "record") return;
    const { app, epoch, version, state, servingRegions, inSyncRegions } = event.app;
    const fields = { event: "record", app, epoch, version, state, servingRegions, inSyncRegions };
    log.info(fields, "the routing record changed");
  });
  for (const [app, core] of region.apps) {
    core.onBegin = (epoch) => log.info({ event: "begin", app, epoch }, "an epoch begins here");
  }
}

/** The disk refuses writes, or takes them again. */
export function logTrouble(log: RegionLog, error: Error | undefined): void {
  if (error === undefined) log.warn({ event: "disk" }, "the disk takes writes again");
  else log.error({ event: "disk", error: error.message }, "the disk refuses writes");
}
