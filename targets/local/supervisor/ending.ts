/**
 * Why a process ended, and when it is started again. *pure*
 *
 *   SIGKILL, SIGTERM ... from outside  somebody wanted it gone: a region stays down
 *   a status, SIGSEGV, SIGABRT ...     it crashed: it is started again, later each time
 *   START_AGAIN                        it asks for it (its incarnation was taken): no crash
 *
 * Not promised: to tell the kernel's out-of-memory killer from a person; both send SIGKILL.
 */
import { START_AGAIN, STOPPED_BY_SIGNAL } from "./messages.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Ending {
  readonly kind: "killed" | "crashed" | "asks";
  /** For people, in one line. */
  readonly reason: string;
}

const FIRST_MS = 100;
const LAST_MS = 30_000;
/** One that served this long had no trouble with what ended the one before. */
const SETTLED_MS = 60_000;
const SIGNALS_OF_PEOPLE = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];
const MOST_REASON = 300;

export function judgeEnd({ code, signal }: Exit, lastWords: string | undefined): Ending {
  if (code === START_AGAIN) return { kind: "asks", reason: "it asks to be started again" };
  const by = code === STOPPED_BY_SIGNAL ? "SIGTERM" : signal;
  if (by !== null && SIGNALS_OF_PEOPLE.includes(by)) {
    return { kind: "killed", reason: `killed from outside (${by})` };
  }
  const how = signal ?? `status ${code}`;
  return { kind: "crashed", reason: lastWords === undefined ? how : `${lastWords} (${how})` };
}

/** How long to wait before the next start, when the wait before it was `beforeMs` (0: none). */
export function backOffMs(beforeMs: number, servedMs: number): number {
  if (beforeMs === 0 || servedMs >= SETTLED_MS) return FIRST_MS;
  return Math.min(beforeMs * 2, LAST_MS);
}

/**
 * What a process said of its end: the last entry `end` of its log, or else what the runtime printed
 * on standard error when it gave up. In one line.
 */
export function lastWordsOf(log: string, printed: string): string | undefined {
  for (const line of log.split("\n").reverse()) {
    const { event, reason } = entryOf(line);
    if (event === "end" && typeof reason === "string") return firstLine(reason);
  }
  const lines = printed.split("\n");
  const fatal = lines.find((line) => line.startsWith("FATAL ERROR"));
  const thrown = lines.find((line) => /^(?:Uncaught )?\w*(?:Error|Exception)\b.*:/.test(line));
  const said = fatal ?? thrown;
  return said === undefined ? undefined : firstLine(said);
}

/** A line of a log as a person reads it. */
export function shownEntry(line: string): string {
  const { msg, reason } = entryOf(line);
  if (typeof msg !== "string") return line;
  return typeof reason === "string" ? `${msg}: ${reason}` : msg;
}

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, MOST_REASON);

interface Entry {
  readonly event?: unknown;
  readonly reason?: unknown;
  readonly msg?: unknown;
}

function entryOf(line: string): Entry {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return {};
  }
}
