/**
 * The log of a child: one JSON object a line, whoever writes. *adapter*
 *
 * In the child, what is printed on standard output or standard error (by an app, a library, a
 * warning of Node's) is made a line of the log. What the runtime itself prints while it dies goes
 * past every JavaScript: standard error is a file of its own, which the parent folds into the log
 * once the process is reaped.
 */
import { appendFileSync, readFileSync, rmSync, writeSync } from "node:fs";

const LEVELS = { info: 30, warn: 40, error: 50 } as const;
const STANDARD_OUTPUT = 1;
const MOST_PRINTED = 64 * 1024;

type Level = keyof typeof LEVELS;

const lineOf = (site: string, level: Level, fields: object, msg: string): string => {
  const head = { level: LEVELS[level], time: new Date().toISOString(), site };
  return `${JSON.stringify({ ...head, ...fields, msg })}\n`;
};

/** Writes a line of this process's log, at once. */
export function logLine(site: string, level: Level, fields: object, msg: string): void {
  try {
    writeSync(STANDARD_OUTPUT, lineOf(site, level, fields, msg));
  } catch {
    // A log that cannot be written ends nobody: the disk may be full.
  }
}

/** From here on nothing that this process prints is anything but a line of its log. */
export function printIntoLog(site: string): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const level = stream === "stdout" ? "info" : "warn";
    process[stream].write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      const said = text.trimEnd();
      if (said !== "") logLine(site, level, { event: "output", stream }, said);
      const done = more.find((given) => typeof given === "function");
      if (done !== undefined) process.nextTick(done as () => void);
      return true;
    };
  }
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    logLine(site, "warn", { event: "warning" }, warning.stack ?? warning.message);
  });
}

/** What a process that has ended left in its file of standard error becomes a line of its log. */
export function foldPrinted(site: string, printedFile: string, logFile: string): string {
  let printed: string;
  try {
    printed = readFileSync(printedFile).subarray(-MOST_PRINTED).toString("utf8").trimEnd();
  } catch {
    return "";
  }
  try {
    const fields = { event: "output", stream: "stderr" };
    if (printed !== "") appendFileSync(logFile, lineOf(site, "error", fields, printed));
    rmSync(printedFile, { force: true });
  } catch {
    // It stays for the next time.
  }
  return printed;
}
