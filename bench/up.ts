/**
 * `understudy up` as a user starts it, in a process of its own on a given directory: for what a
 * deployment started in this process cannot show, its supervisor's death. *shell*
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ReadyLine } from "../targets/local/supervisor/status.ts";

export interface Up {
  readonly ready: ReadyLine;
  /** From the start of the process to its ready line. */
  readonly tookMs: number;
  readonly supervisorPid: number;
  /** Resolves when the supervisor's process is gone, however it ended. */
  readonly ended: Promise<void>;
  /** Asks it to stop everything, and waits. */
  stop(): Promise<void>;
}

/** Of the repository, or of dist: both have it two folders up from what runs. */
const COMMAND = fileURLToPath(new URL("../../cli/understudy.mjs", import.meta.url));
const LIMIT_MS = 60_000;
const STDERR_KEPT = 2_000;

export async function startUp(dataDir: string, more: readonly string[] = []): Promise<Up> {
  const begunMs = performance.now();
  const args = [COMMAND, "up", "--data", dataDir, "--port", "0", "--empty", ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit").then(() => undefined);
  let out = "";
  let err = "";
  child.stderr.on("data", (bytes) => {
    err = `${err}${bytes}`.slice(-STDERR_KEPT);
  });
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`up did not serve within ${LIMIT_MS} ms: ${err}`));
    }, LIMIT_MS);
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      reject(new Error(`up ended (${signal ?? code}): ${err}`));
    });
    child.stdout.on("data", (bytes) => {
      out += String(bytes);
      const end = out.indexOf("\n");
      if (end < 0) return;
      clearTimeout(limit);
      resolve(JSON.parse(out.slice(0, end)) as ReadyLine);
    });
  });
  return {
    ready,
    tookMs: performance.now() - begunMs,
    supervisorPid: child.pid ?? 0,
    ended,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
