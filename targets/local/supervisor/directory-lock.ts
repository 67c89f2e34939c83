/**
 * One supervisor a data directory. *adapter*
 *
 * The lock is a file that names a process by pid and start time. It appears whole or not at all
 * (link of a finished file), and a lock whose process has ended is taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../../base/assert.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { identify, isAlive } from "./process-identity.ts";

export interface DirectoryLock {
  release(): void;
}

const LOCK = "supervisor.lock";

/** Takes the lock, or answers who holds it. */
export function acquireLock(dir: string): DirectoryLock | { readonly heldBy: ProcessIdentity } {
  const path = join(dir, LOCK);
  const self = must(identify(process.pid), "this process runs");
  const mine = JSON.stringify(self);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => releaseOwn(path, mine) };
      const holder = lockHolder(dir);
      if (holder !== undefined) return { heldBy: holder };
      retire(path, `${draft}.stale`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The living process that holds the lock. */
export function lockHolder(dir: string): ProcessIdentity | undefined {
  const text = textOf(join(dir, LOCK));
  const holder = text === undefined ? undefined : parse(text);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead lock away; one that somebody took in between is put back. */
function retire(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const text = textOf(aside);
  const moved = text === undefined ? undefined : parse(text);
  if (moved !== undefined && isAlive(moved)) linked(aside, path);
  rmSync(aside, { force: true });
}

function releaseOwn(path: string, mine: string): void {
  if (textOf(path) === mine) rmSync(path, { force: true });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === "number" && typeof startedAt === "string"
      ? { pid, startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}
