/**
 * One child process, from its start to the moment it is reaped. *shell*
 *
 * Its log is its standard output, a file, so that a supervisor that ends takes no pipe with it; its
 * standard error is another file, which becomes a line of the log (output.ts). `exited` resolves
 * after waitpid: then, and only then, is the process dead.
 */

import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { ConfigurationError, OperatingError } from "../../../base/errors.ts";
import { type Exit, lastWordsOf, shownEntry } from "./ending.ts";
import type {
  ChildConfig,
  ChildMessage,
  ChildStatus,
  MembersChange,
  MembersResult,
  ParentMessage,
  Ready,
} from "./messages.ts";
import { foldPrinted } from "./output.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { identify } from "./process-identity.ts";

export interface ChildOptions {
  /** The compiled program. */
  readonly entry: string;
  readonly config: ChildConfig;
  readonly logFile: string;
  /** What the runtime prints while it dies. */
  readonly printedFile: string;
  /** From the start of the process, or the last `opening`, to its `ready`. */
  readonly startLimitMs: number;
}

const MAX_LOG_BYTES = 16 * 1024 * 1024;
const LOG_LINES_SHOWN = 8;
const TAIL_BYTES = 4096;
const DRAIN_LIMIT_MS = 500;
/** A front door makes much garbage and keeps none of it: more room, fewer collections. */
const SHORT_LIVED = ["--max-semi-space-size=32"];

export class SupervisedChild {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #options: ChildOptions;
  readonly #waiting = new Map<number, (reply: ChildMessage) => void>();
  readonly #identity: ProcessIdentity | undefined;
  #request = 0;
  #hasExited = false;
  #ready: Ready | undefined;
  #opening: string | undefined;
  #lastWords: string | undefined;
  #printed = "";
  #logged = "";

  constructor(options: ChildOptions) {
    this.#options = options;
    const { config, entry, logFile, printedFile } = options;
    keepBounded(logFile);
    foldPrinted(config.site, printedFile, logFile);
    const log = openSync(logFile, "a", 0o600);
    const printed = openSync(printedFile, "w", 0o600);
    const beganAt = fstatSync(log).size;
    this.#child = fork(entry, [config.role, config.site], {
      stdio: ["ignore", log, printed, "ipc"],
      // A debugger's port, or flags that only the command line needs, are not inherited.
      execArgv: config.role === "front-door" ? SHORT_LIVED : [],
    });
    for (const file of [log, printed]) closeSync(file);
    this.exited = new Promise((resolve) => {
      const ended = (exit: Exit) => {
        this.#hasExited = true;
        this.#logged = textFrom(logFile, beganAt);
        this.#printed = foldPrinted(config.site, printedFile, logFile);
        this.#lastWords = lastWordsOf(this.#logged, this.#printed);
        resolve(exit);
      };
      this.#child.on("exit", (code, signal) => ended({ code, signal }));
      this.#child.on("error", () => {
        if (this.#child.pid === undefined) ended({ code: 1, signal: null });
      });
    });
    this.#identity = this.#child.pid === undefined ? undefined : identify(this.#child.pid);
    this.#child.on("message", (message: ChildMessage) => this.#heard(message));
    this.send({ type: "start", config });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get identity(): ProcessIdentity | undefined {
    return this.#identity;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** What it said of its end, once it has ended. */
  get lastWords(): string | undefined {
    return this.#lastWords;
  }

  /** How far its start is, if it says so. */
  get opening(): string | undefined {
    return this.#opening;
  }

  /** What it told when it was ready. */
  get ready(): Ready | undefined {
    return this.#ready;
  }

  /** Resolves with `ready`; a child that fails, ends, or takes too long is killed and reported. */
  whenReady(): Promise<Ready> {
    const { config, startLimitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(limit);
        this.#child.off("message", listen);
        settle();
      };
      const limit = setTimeout(() => {
        this.kill("SIGKILL");
        done(() => reject(this.#startError(`was not ready within ${startLimitMs / 1000} s`)));
      }, startLimitMs);
      const listen = (message: ChildMessage) => {
        if (message.type === "opening") limit.refresh();
        if (message.type === "ready") done(() => resolve(message));
        if (message.type !== "failed") return;
        const { what, got, fix } = message;
        const problem = { what: `${config.site}: ${what}`, got: parsed(got), fix };
        done(() => reject(new ConfigurationError(problem)));
      };
      this.#child.on("message", listen);
      void this.exited.then(async ({ code, signal }) => {
        await this.#drained();
        done(() => reject(this.#startError(`ended (${signal ?? `status ${code}`})`)));
      });
    });
  }

  send(message: ParentMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Undefined when it does not answer in time. */
  async status(limitMs: number): Promise<ChildStatus | undefined> {
    const reply = await this.#ask((request) => ({ type: "status", request }), limitMs);
    return reply?.type === "status" ? reply.status : undefined;
  }

  async changeMembers(change: MembersChange, limitMs: number): Promise<MembersResult> {
    const reply = await this.#ask((request) => ({ type: "members", request, ...change }), limitMs);
    if (reply?.type === "members") return reply.result;
    return { kind: "unknown", reason: `${this.#options.config.site} did not answer in time` };
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.#child.kill(signal);
  }

  /** Asks it to stop, and kills it when it has not after `graceMs`. Resolves when it is reaped. */
  async stop(graceMs: number): Promise<Exit> {
    if (this.#hasExited) return this.exited;
    this.send({ type: "stop" });
    const limit = setTimeout(() => this.kill("SIGKILL"), graceMs);
    const exit = await this.exited;
    clearTimeout(limit);
    return exit;
  }

  /** What it sent just before its end may still be on its way. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#child.connected) return resolve();
      const limit = setTimeout(resolve, DRAIN_LIMIT_MS);
      this.#child.once("disconnect", () => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  #heard(message: ChildMessage): void {
    if (message.type === "opening") this.#opening = message.what;
    if (message.type === "ready") this.#ready = message;
    if (message.type !== "status" && message.type !== "members") return;
    this.#waiting.get(message.request)?.(message);
    this.#waiting.delete(message.request);
  }

  #ask(
    ask: (request: number) => ParentMessage,
    limitMs: number,
  ): Promise<ChildMessage | undefined> {
    if (!this.#child.connected) return Promise.resolve(undefined);
    const request = ++this.#request;
    return new Promise((resolve) => {
      const done = (reply: ChildMessage | undefined) => {
        clearTimeout(limit);
        this.#waiting.delete(request);
        resolve(reply);
      };
      const limit = setTimeout(() => done(undefined), limitMs);
      this.#waiting.set(request, done);
      void this.exited.then(() => done(undefined));
      this.send(ask(request));
    });
  }

  #startError(what: string): OperatingError {
    const { config, logFile } = this.#options;
    const tail = tailOf(this.#printed === "" ? this.#logged : this.#printed);
    const shown = tail === "" ? "" : `\n${tail}`;
    const message = `${config.site} ${what}. Its log is ${logFile}${shown === "" ? "." : `; it ends:${shown}`}`;
    return new OperatingError("child-failed", message, { retryable: false });
  }
}

/** A log that has grown large is kept once, under another name. */
function keepBounded(logFile: string): void {
  try {
    if (statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  } catch {
    // There is none yet.
  }
}

/** The value that a child showed: it is shown here again. */
function parsed(shown: string): unknown {
  try {
    return JSON.parse(shown) as unknown;
  } catch {
    return shown;
  }
}

/** The end of what a file holds from `from` on; "" where there is none. */
function textFrom(file: string, from: number): string {
  try {
    return readFileSync(file).subarray(from).subarray(-TAIL_BYTES).toString("utf8");
  } catch {
    return "";
  }
}

const tailOf = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .slice(-LOG_LINES_SHOWN)
    .map((line) => `  ${shownEntry(line)}`)
    .join("\n")
    .trimEnd();
