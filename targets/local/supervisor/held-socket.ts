/**
 * A name in a directory that a process holds as long as it lives, as the kernel sees it. *adapter*
 *
 * A socket that listens under a path belongs to the file, not to a namespace of pids: a process in
 * another container on the same volume can ask whether somebody listens, where it could not know a
 * pid. The kernel ends it with its process; a stopped process holds it on.
 *
 * Not promised: to see a holder on another machine; and not every volume takes sockets.
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";

interface HeldSocket {
  readonly name: string;
  release(): void;
}

/** What the kernel takes as the path of a socket; the shortest of the systems that we know. */
const MOST_PATH_BYTES = 100;
const ANSWER_LIMIT_MS = 2000;
/** Nobody listens there, for certain. */
const FREE = new Set(["ECONNREFUSED", "ENOENT"]);

/** Undefined where the directory takes no socket. */
export async function holdSocket(dir: string): Promise<HeldSocket | undefined> {
  const name = `supervisor.${randomBytes(8).toString("hex")}.socket`;
  const server = createServer((socket) => socket.destroy());
  const isHeld = await within(dir, name, (path) => {
    if (path === undefined) return Promise.resolve(false);
    return new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(path, () => resolve(true));
    });
  });
  if (!isHeld) return undefined;
  server.on("error", () => undefined);
  server.unref();
  const release = (): void => {
    server.close();
    rmSync(join(dir, name), { force: true });
  };
  return { name, release };
}

/** Whether a living process holds it; undefined where that cannot be told. */
export function isSocketHeld(dir: string, name: string): Promise<boolean | undefined> {
  return within(dir, name, (path) => {
    if (path === undefined) return Promise.resolve(undefined);
    return new Promise<boolean | undefined>((resolve) => {
      const socket = createConnection(path);
      const end = (isHeld: boolean | undefined): void => {
        socket.destroy();
        resolve(isHeld);
      };
      socket.once("connect", () => end(true));
      socket.once("error", (error: NodeJS.ErrnoException) =>
        end(FREE.has(error.code ?? "") ? false : undefined),
      );
      // Its queue of connections is full: somebody's.
      socket.setTimeout(ANSWER_LIMIT_MS, () => end(true));
    });
  });
}

/** With a path to the name that is short enough, if there is one. */
async function within<Value>(
  dir: string,
  name: string,
  work: (path: string | undefined) => Promise<Value>,
): Promise<Value> {
  const path = join(dir, name);
  if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return work(path);
  if (process.platform !== "linux") return work(undefined);
  const folder = openSync(dir, "r");
  try {
    return await work(`/proc/self/fd/${folder}/${name}`);
  } finally {
    closeSync(folder);
  }
}
