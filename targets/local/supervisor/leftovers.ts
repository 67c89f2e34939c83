/**
 * Children of a supervisor that is gone. *shell*
 *
 * They end by themselves within a second; one that cannot (it is stopped, or hangs) is killed, and
 * only the very process that was written down, never one that has its pid now.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { DataDirectory } from "./data-directory.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { isAlive } from "./process-identity.ts";

const END_THEMSELVES_MS = 1500;
const DIE_MS = 5000;
const LOOK_EVERY_MS = 20;

async function allEnded(processes: readonly ProcessIdentity[], limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (processes.some(isAlive)) {
    if (performance.now() > until) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** Resolves when none of them is left; throws when one cannot be killed. */
export async function reapLeftovers(
  directory: DataDirectory,
  log: (line: string) => void,
): Promise<void> {
  const left = (directory.readRunning()?.children ?? []).filter(isAlive);
  if (await allEnded(left, END_THEMSELVES_MS)) return;
  for (const { site, ...identity } of left) {
    if (!isAlive(identity)) continue;
    log(`${site}: process ${identity.pid} outlived its supervisor; it is ended`);
    process.kill(identity.pid, "SIGKILL");
  }
  if (!(await allEnded(left, DIE_MS))) {
    const pids = left.filter(isAlive).map(({ pid }) => pid);
    throw new Error(`processes ${pids.join(", ")} of an earlier supervisor do not end`);
  }
}
