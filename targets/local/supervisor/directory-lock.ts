/**
 * One supervisor a data directory. *adapter*
 *
 * The lock is a file that names a process by pid and start time, and a socket that only a living
 * process holds (held-socket.ts). It appears whole or not at all (link of a finished file), and a
 * lock whose process has ended is taken over. A pid alone means nothing in another container on the
 * same volume, where this one's process seems to have ended: there the socket decides.
 */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../../base/assert.ts";
import { holdSocket, isSocketHeld } from "./held-socket.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { identify, isAlive } from "./process-identity.ts";

export interface DirectoryLock {
  release(): void;
}

/** What the file says; one of an earlier version, or on a volume without sockets, has none. */
interface Holder extends ProcessIdentity {
  readonly socket?: string;
}

const LOCK = "supervisor.lock";
const SOCKET = /^supervisor\.[0-9a-f]{16}\.socket$/;

/** Takes the lock, or answers who holds it. */
export async function acquireLock(
  dir: string,
): Promise<DirectoryLock | { readonly heldBy: ProcessIdentity }> {
  const path = join(dir, LOCK);
  const self = must(identify(process.pid), "this process runs");
  const socket = await holdSocket(dir);
  const mine = JSON.stringify(socket === undefined ? self : { ...self, socket: socket.name });
  // Not the pid: another container may have the same one.
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  let isMine = false;
  try {
    for (;;) {
      isMine = linked(draft, path);
      if (isMine) return { release: () => releaseOwn(path, mine, socket?.release) };
      const holder = read(path);
      if (holder !== undefined && (await holds(dir, holder))) {
        const { pid, startedAt } = holder;
        return { heldBy: { pid, startedAt } };
      }
      await retire(dir, path, `${draft}.stale`);
    }
  } finally {
    rmSync(draft, { force: true });
    if (!isMine) socket?.release();
  }
}

/** The living process that holds the lock, as far as this one can see processes. */
export function lockHolder(dir: string): ProcessIdentity | undefined {
  const holder = read(join(dir, LOCK));
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

async function holds(dir: string, holder: Holder): Promise<boolean> {
  const { socket } = holder;
  const isHeld = socket === undefined ? undefined : await isSocketHeld(dir, socket);
  return isHeld ?? isAlive(holder);
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
async function retire(dir: string, path: string, aside: string): Promise<void> {
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  if (moved !== undefined && (await holds(dir, moved))) linked(aside, path);
  else if (moved?.socket !== undefined) rmSync(join(dir, moved.socket), { force: true });
  rmSync(aside, { force: true });
}

function releaseOwn(path: string, mine: string, releaseSocket: (() => void) | undefined): void {
  if (textOf(path) === mine) rmSync(path, { force: true });
  releaseSocket?.();
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function read(path: string): Holder | undefined {
  try {
    const { pid, startedAt, socket } = JSON.parse(textOf(path) ?? "") as Partial<Holder>;
    if (typeof pid !== "number" || typeof startedAt !== "string") return undefined;
    const isNamed = typeof socket === "string" && SOCKET.test(socket);
    return isNamed ? { pid, startedAt, socket } : { pid, startedAt };
  } catch {
    return undefined;
  }
}
