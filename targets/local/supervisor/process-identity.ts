/**
 * Which process a pid meant when it was written down. *adapter*
 *
 * A pid alone is soon given to somebody else; together with the time its process began it is not.
 * Where the platform does not tell that time a pid is trusted as it is.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only. Empty when the platform does not tell. */
  readonly startedAt: string;
}

/** A zombie has ended; its parent has only not been told yet. */
const ENDED_STATES = "ZXx";
/** Fields of /proc/PID/stat after the command: the state is the first, the start time the 20th. */
const STATE_FIELD = 0;
const START_FIELD = 19;

/** Undefined when no such process runs. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  if (process.platform === "linux") return identifyOnLinux(pid);
  return { pid, startedAt: startedAtByPs(pid) };
}

export function isAlive(known: ProcessIdentity): boolean {
  const now = identify(known.pid);
  return now !== undefined && now.startedAt === known.startedAt;
}

function identifyOnLinux(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (ENDED_STATES.includes(fields[STATE_FIELD] ?? "X")) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, startedAt: `${boot} ${fields[START_FIELD] ?? ""}` };
  } catch {
    return undefined;
  }
}

function startedAtByPs(pid: number): string {
  try {
    const args = ["-o", "lstart=", "-p", String(pid)];
    return execFileSync("ps", args, {
      encoding: "utf8",
      timeout: 2000,
      env: { LC_ALL: "C", ...pathOnly() },
    }).trim();
  } catch {
    return "";
  }
}

const pathOnly = () => ({ PATH: process.env["PATH"] ?? "/usr/bin:/bin" });
