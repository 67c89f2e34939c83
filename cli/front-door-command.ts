/**
 * `understudy front-door`: one more front door for a deployment that runs already. *composition*
 *
 * It asks the supervisor which regions there are, at the start and then again and again, so that it
 * has those that are added and loses those that are removed. When the supervisor is gone it goes on
 * with those it knows. Faults of the network are injected into the first front door only.
 */
import { once } from "node:events";
import { pino } from "pino";
import { startFrontDoor } from "../targets/local/front-door/front-door.ts";
import type { RegionRef } from "../targets/local/front-door/router.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { STATUS, type Status } from "./failure.ts";
import { mustRun, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

export interface FrontDoorFlags {
  readonly data: string;
  readonly json: boolean;
  readonly port: number;
  readonly log?: string;
}

const LOOK_MS = 2_000;
const LOG_BATCH_BYTES = 4_096;

export async function runFrontDoor(flags: FrontDoorFlags, terminal: Terminal): Promise<Status> {
  const running = mustRun(flags.data);
  const status = await statusOf(running);
  const stopped = Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((name) => once(process, name)));
  const sink =
    flags.log === undefined
      ? undefined
      : pino.destination({ dest: flags.log, sync: false, minLength: LOG_BATCH_BYTES });
  const door = await startFrontDoor({
    port: flags.port,
    regions: regionsOf(status),
    controlUrl: status.control,
    ...(sink === undefined ? {} : { log: logInto(sink) }),
  });
  const look = setInterval(() => {
    sink?.flush();
    statusOf(running).then(
      (now) => door.setRegions(regionsOf(now)),
      // Gone, or too busy to say: those it knows are still the best guess.
      () => undefined,
    );
  }, LOOK_MS);
  terminal.out(
    flags.json
      ? JSON.stringify({ frontDoor: door.url, pid: process.pid })
      : `A front door at ${door.url}/ (pid ${process.pid}); it runs until it is stopped.`,
  );
  await stopped;
  clearInterval(look);
  await door.close();
  sink?.flushSync();
  return STATUS.done;
}

const regionsOf = ({ regions }: DeploymentStatus): RegionRef[] =>
  regions.flatMap(({ id, url }) => (url === null ? [] : [{ id, url }]));

function logInto(sink: ReturnType<typeof pino.destination>) {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  return {
    debug: (fields: object, message: string) => log.debug(fields, message),
    info: (fields: object, message: string) => log.info(fields, message),
    warn: (fields: object, message: string) => log.warn(fields, message),
    error: (fields: object, message: string) => log.error(fields, message),
  };
}
