/**
 * Whether the npm that started this process in the foreground is gone. *adapter*
 *
 * npm hands a signal to the shell of its script at most, and that shell hands it to nobody: who
 * stops `npx understudy up` or `npm start` means all of it, so what npm waited for has to notice.
 * What it did not wait for goes on: a job in the background (`understudy up &`: its shell ends, and
 * it reads from /dev/null), one in a session of its own (`setsid`), and one that has merely
 * inherited npm's environment, from a terminal that was opened by a script.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

/** A process above this one. */
export interface Ancestor {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly command: string;
}

const MOST_ANCESTORS = 8;
/** As npm calls itself, or as it was started; the text of a shell's script is neither. */
const NPM = /^np[mx] |^\S*node\S* (?:-\S+ )*\S*\bnp[mx](?:-cli)?(?:\.js)?(?: |$)/;
/** The script of a shell that starts something it does not wait for. */
const STARTS_A_JOB = /(?:^|[^&><|])&(?!&|>|\d)/;

/** From the parent up to the npm that waits for this process; empty where there is none. */
export function lineageOf(
  self: Ancestor | undefined,
  read: (pid: number) => Ancestor | undefined,
): readonly Ancestor[] {
  const found: Ancestor[] = [];
  let next = self;
  while (next !== undefined && found.length < MOST_ANCESTORS) {
    next = read(next.parent);
    if (next === undefined || next.session !== self?.session) return [];
    found.push(next);
    if (NPM.test(next.command)) return found;
  }
  return [];
}

/**
 * Why this process is to stop; undefined as long as it is not. `over`: it never will be, for its
 * shell has ended and it was a job of its own.
 */
export function judgeLineage(
  lineage: readonly Ancestor[],
  isAlive: (pid: number) => boolean,
  readsNothing: boolean,
): "stop" | "over" | undefined {
  const npm = lineage.at(-1);
  const [parent] = lineage;
  if (npm === undefined || parent === undefined) return "over";
  if (isAlive(parent.pid)) return isAlive(npm.pid) ? undefined : "stop";
  if (parent.pid === npm.pid) return "stop";
  const [, script] = /\s-c\s([\s\S]*)$/.exec(parent.command) ?? [];
  const isJob = readsNothing && (script === undefined || STARTS_A_JOB.test(script));
  return isJob ? "over" : "stop";
}

const LOOK_EVERY_MS = 250;

/** Calls `gone` once, when npm is gone that waited for this process. */
export function watchLineage(gone: () => void): { readonly stop: () => void } {
  const isFromNpm = process.env["npm_command"] !== undefined;
  const lineage = isFromNpm ? lineageOf(readAncestor(process.pid), readAncestor) : [];
  const readsNothing = isNull(0);
  const look = setInterval(() => {
    const verdict = judgeLineage(lineage, lives, readsNothing);
    if (verdict === undefined) return;
    clearInterval(look);
    if (verdict === "stop") gone();
  }, LOOK_EVERY_MS);
  look.unref();
  return { stop: () => clearInterval(look) };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isNull(descriptor: number): boolean {
  try {
    const [opened, device] = [statSync(`/dev/fd/${descriptor}`), statSync("/dev/null")];
    return opened.isCharacterDevice() && opened.rdev === device.rdev;
  } catch {
    return false;
  }
}

function readAncestor(pid: number): Ancestor | undefined {
  if (pid <= 1) return undefined;
  try {
    return process.platform === "linux" ? readFromProc(pid) : readFromPs(pid);
  } catch {
    return undefined;
  }
}

function readFromProc(pid: number): Ancestor {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  return { pid, parent: Number(parent), session: Number(session), command };
}

function readFromPs(pid: number): Ancestor {
  const told = execFileSync("ps", ["-o", "ppid=,sess=,command=", "-p", String(pid)], {
    encoding: "utf8",
    timeout: 2000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [, parent, session, command = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/s.exec(told) ?? [];
  return { pid, parent: Number(parent), session: Number(session) || 0, command: command.trim() };
}
