/** `understudy down`: stops what runs on a data directory. *shell* */

import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import { acquireLock } from "../targets/local/supervisor/directory-lock.ts";
import { reapLeftovers } from "../targets/local/supervisor/leftovers.ts";
import { isAlive } from "../targets/local/supervisor/process-identity.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import type { Status } from "./failure.ts";
import { cannotTell, refused, STATUS } from "./failure.ts";
import { control, findRunning } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

interface DownOptions extends CommonFlags {
  readonly deleteData: boolean;
}

/** Processes have 5 s to stop; the rest is for those that had to be killed. */
const STOP_LIMIT_MS = 15_000;
const ASK_LIMIT_MS = 2000;
const LOOK_EVERY_MS = 20;

async function runDown(options: DownOptions, terminal: Terminal): Promise<Status> {
  const dataDir = resolve(options.data);
  const running = findRunning(dataDir);
  if (running !== undefined) {
    try {
      await control(running, "POST", "stop", { limitMs: ASK_LIMIT_MS });
    } catch {
      // A supervisor that does not listen any more still obeys a signal.
      if (isAlive(running.supervisor)) process.kill(running.supervisor.pid, "SIGTERM");
    }
    const until = performance.now() + STOP_LIMIT_MS;
    while (isAlive(running.supervisor)) {
      if (performance.now() > until) {
        const { pid } = running.supervisor;
        throw cannotTell(
          `process ${pid} was asked to stop and has not ended after ${STOP_LIMIT_MS / 1000} s`,
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
  await cleanUp(dataDir, options.deleteData, terminal);
  const what = running === undefined ? `Nothing ran in ${dataDir}.` : "Stopped.";
  const deleted = options.deleteData ? " Its data is deleted." : "";
  if (options.json)
    terminal.out(
      JSON.stringify({ stopped: running !== undefined, dataDeleted: options.deleteData }),
    );
  else terminal.out(`${what}${deleted}`);
  return STATUS.done;
}

/** With the lock held, so that nobody starts in the middle. */
async function cleanUp(dataDir: string, deleteData: boolean, terminal: Terminal): Promise<void> {
  const directory = new DataDirectory(dataDir);
  if (!directory.exists) return;
  const lock = await acquireLock(dataDir);
  if ("heldBy" in lock) {
    const detail = `${dataDir} is run by process ${lock.heldBy.pid}, which this one cannot stop: it has just begun, or is in another container.`;
    throw refused("in-use", "The data directory is in use", detail);
  }
  try {
    await reapLeftovers(directory, terminal.err);
    directory.clearRunning();
    if (deleteData) directory.deleteData();
  } finally {
    lock.release();
  }
  if (deleteData) directory.removeIfEmpty();
}

export function addDown(program: Command, run: Run): void {
  const command = withJson(withData(program.command("down")))
    .description("stop what runs on a data directory")
    .option("--delete-data", "delete its data as well", false)
    .action(async (flags: DownOptions) => {
      run.end(await runDown(flags, run.terminal));
    });
  withExamples(command, "down", "down --delete-data");
}
