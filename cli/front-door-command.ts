/**
 * `understudy front-door`: one more front door for a deployment that runs already. *composition*
 *
 * It asks the supervisor which regions there are, at the start and then again and again, so that it
 * has those that are added and loses those that are removed. When the supervisor is gone it goes on
 * with those it knows. Faults of the network are injected into the first front door only.
 */

import { once } from "node:events";
import type { Command } from "commander";
import { pino } from "pino";
import { type Entrance, NO_ENTRANCE } from "../layers/api/entrance.ts";
import { startFrontDoor } from "../targets/local/front-door/front-door.ts";
import type { RegionRef } from "../targets/local/front-door/router.ts";
import { proxyTokenOf } from "../targets/local/http/own-proxy.ts";
import { loadDeployment } from "../targets/local/supervisor/config-file.ts";
import type { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import { STATUS, type Status } from "./failure.ts";
import { listenAddress, wholeBetween } from "./option-values.ts";
import { mustRun, statusOf } from "./running-deployment.ts";
import { listenForStop } from "./stopping.ts";
import type { Terminal } from "./terminal.ts";

interface FrontDoorFlags extends CommonFlags {
  readonly port: number;
  readonly host?: string;
  readonly log?: string;
}

const LOOK_MS = 2_000;
const LOG_BATCH_BYTES = 4_096;

async function runFrontDoor(flags: FrontDoorFlags, terminal: Terminal): Promise<Status> {
  const running = mustRun(flags.data);
  const status = await statusOf(running);
  const { signal } = listenForStop(terminal.err);
  const stopped = once(signal, "abort");
  const sink =
    flags.log === undefined
      ? undefined
      : pino.destination({ dest: flags.log, sync: false, minLength: LOG_BATCH_BYTES });
  const door = await startFrontDoor({
    port: flags.port,
    ...(flags.host === undefined ? {} : { host: flags.host }),
    entrance: await entranceOf(running.directory),
    proxyToken: proxyTokenOf(running.directory.secretHex()),
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

/** What stands before the front doors, as the deployment's own config says. */
async function entranceOf(directory: DataDirectory): Promise<Entrance> {
  const configFile = directory.readDeployment()?.configFile;
  return configFile === undefined ? NO_ENTRANCE : (await loadDeployment(configFile)).entrance;
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

const DEFAULT_PORT = 8081;
const MAX_PORT = 65_535;

export function addFrontDoor(program: Command, run: Run): void {
  const command = withJson(withData(program.command("front-door")))
    .description("start one more front door for what runs on a data directory, until stopped")
    .option(
      "--port <number>",
      "its port; 0 for any free one",
      (text: string) => wholeBetween("--port", text, 0, MAX_PORT),
      DEFAULT_PORT,
    )
    .option("--host <address>", "where it listens (default: 127.0.0.1)", listenAddress)
    .option("--log <file>", "write a line per request there")
    .action(async (flags: FrontDoorFlags) => {
      run.end(await runFrontDoor(flags, run.terminal));
    });
  withExamples(command, "front-door --port 8090 --log front-door-2.log");
}
