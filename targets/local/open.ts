/**
 * The one door through which a drill uses the local target. *adapter*
 *
 * `openLocal` starts a deployment of its own on a fresh directory and deletes it at the end;
 * `attachLocal` takes one that runs already and leaves it running. Either way everything goes
 * through the supervisor's control door, as an operator's commands do.
 *
 * The deployment is a process of its own: a load generator that is busy would otherwise delay the
 * supervisor, and the measured recovery with it. It ends when whoever opened it ends, however.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { OperatingError } from "../../base/errors.ts";
import { DataDirectory } from "./supervisor/data-directory.ts";
import type { FaultKind, FaultRequest } from "./supervisor/fault-plan.ts";
import type { FaultReport } from "./supervisor/faults.ts";
import type { DeploymentStatus } from "./supervisor/status.ts";

export type { FaultKind, FaultRequest } from "./supervisor/fault-plan.ts";
export type { DeploymentStatus } from "./supervisor/status.ts";

export interface OpenTarget {
  readonly frontDoor: string;
  readonly operatorToken: string;
  readonly dataDir: string;
  status(): Promise<DeploymentStatus>;
  fault(
    kind: FaultKind,
    sites: readonly string[],
    options?: FaultRequest["options"],
  ): Promise<FaultReport>;
  /** Ends what this door has started; nothing that was running before. */
  stop(): Promise<void>;
}

export interface OpenOptions {
  readonly regions?: readonly string[];
  readonly configFile?: string;
  /** Leaves the data directory, logs included, for whoever looks into it. */
  readonly keepData?: boolean;
  readonly log: (line: string) => void;
}

/** What the deployment's process is told, and what it tells. */
export interface OpenRequest {
  readonly dataDir: string;
  readonly regions?: readonly string[];
  readonly configFile?: string;
}
export type OpenNews =
  | { readonly type: "serving"; readonly control: string; readonly frontDoor: string }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "log"; readonly line: string };

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
/** A region may take 30 s to start and 5 s to stop before that. */
const CONTROL_LIMIT_MS = 40_000;

export async function openLocal(options: OpenOptions): Promise<OpenTarget> {
  const dataDir = mkdtempSync(join(tmpdir(), "understudy-drill-"));
  const program = fileURLToPath(new URL("./temporary/main.js", import.meta.url));
  const child = fork(program, { detached: true, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const stop = async (): Promise<void> => {
    await endOf(child);
    if (options.keepData !== true) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    const { regions, configFile } = options;
    const asked: OpenRequest = {
      dataDir,
      ...(regions === undefined ? {} : { regions }),
      ...(configFile === undefined ? {} : { configFile: resolve(configFile) }),
    };
    child.send(asked);
    const { control, frontDoor } = await servingOf(child, options.log);
    const operatorToken = tokenOf(new DataDirectory(dataDir));
    return { ...doorTo(control, operatorToken), frontDoor, operatorToken, dataDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function attachLocal(dataDir: string): Promise<OpenTarget> {
  const directory = new DataDirectory(resolve(dataDir));
  const running = directory.readRunning();
  if (running === undefined) {
    throw new OperatingError("not-running", `nothing runs in ${directory.path}`, {
      retryable: true,
    });
  }
  const { host, port } = running.control;
  const operatorToken = tokenOf(directory);
  const door = doorTo(`http://${host}:${port}`, operatorToken);
  const { frontDoor } = await door.status();
  if (frontDoor === null) {
    throw new OperatingError("not-serving", "its front door does not run", { retryable: true });
  }
  const stop = () => Promise.resolve();
  return { ...door, frontDoor, operatorToken, dataDir: directory.path, stop };
}

const tokenOf = (directory: DataDirectory): string =>
  readFileSync(directory.operatorTokenFile, "utf8").trim();

function servingOf(
  child: ChildProcess,
  log: (line: string) => void,
): Promise<Extract<OpenNews, { type: "serving" }>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void =>
      reject(new OperatingError("not-serving", reason, { retryable: true }));
    const limit = setTimeout(
      () => fail(`the deployment did not serve within ${START_LIMIT_MS / 1000} s`),
      START_LIMIT_MS,
    );
    child.on("message", (news: OpenNews) => {
      if (news.type === "log") return log(news.line);
      clearTimeout(limit);
      if (news.type === "serving") resolve(news);
      else fail(news.reason);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      fail(`the deployment's process ended (${signal ?? `status ${code}`})`);
    });
  });
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(force);
}

function doorTo(control: string, operatorToken: string): Pick<OpenTarget, "status" | "fault"> {
  const call = async <Body>(method: "GET" | "POST", path: string, body?: unknown) => {
    const url = `${control}/control/${path}`;
    const { status, text } = await ask(url, method, operatorToken, body);
    const answer = JSON.parse(text) as Body & { readonly detail?: string };
    if (status < 300) return answer;
    throw new OperatingError(
      "refused",
      `the supervisor refused ${method} /control/${path}: ${answer.detail ?? status}`,
      { retryable: false },
    );
  };
  return {
    status: () => call<DeploymentStatus>("GET", "status"),
    fault: (kind, regions, options = {}) =>
      call<FaultReport>("POST", "faults", { kind, regions, options }),
  };
}

/** On a connection of its own each time: a kept one may be closed just when it is used again. */
function ask(
  url: string,
  method: "GET" | "POST",
  operatorToken: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = {
    authorization: `Bearer ${operatorToken}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new OperatingError("not-running", `the supervisor does not answer: ${cause.message}`, {
          retryable: true,
          cause,
        }),
      );
    const signal = AbortSignal.timeout(CONTROL_LIMIT_MS);
    const sent = request(url, { method, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
