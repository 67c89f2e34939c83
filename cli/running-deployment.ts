/**
 * A deployment that runs already, as the command line reaches it. *adapter*
 *
 * State changes go to the regions themselves over HTTP; what concerns processes goes to the
 * supervisor's control door. Both want the token of the data directory.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import { lockHolder } from "../targets/local/supervisor/directory-lock.ts";
import type { ProcessIdentity } from "../targets/local/supervisor/process-identity.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { type CommandFailure, cannotTell, failureOfAnswer, refused } from "./failure.ts";

export interface Running {
  readonly directory: DataDirectory;
  readonly supervisor: ProcessIdentity;
  readonly control: string;
  readonly operatorToken: string;
}

/** Undefined when no supervisor runs on the directory. */
export function findRunning(dataDir: string): Running | undefined {
  const directory = new DataDirectory(resolve(dataDir));
  const supervisor = lockHolder(directory.path);
  const file = directory.readRunning();
  if (supervisor === undefined || file === undefined) return undefined;
  return {
    directory,
    supervisor,
    control: `http://${file.control.host}:${file.control.port}/control`,
    operatorToken: readFileSync(directory.operatorTokenFile, "utf8").trim(),
  };
}

export function mustRun(dataDir: string): Running {
  const running = findRunning(dataDir);
  if (running !== undefined) return running;
  const detail = `Nothing runs in ${resolve(dataDir)}. Start it with \`understudy up\`, or name its directory with --data.`;
  throw refused("not-running", "No deployment runs here", detail);
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly body?: unknown;
  readonly limitMs: number;
  /** Idempotency key: sent again, it is carried out once. */
  readonly key?: string;
}

/** Why there is no answer: `refused` means that the request never left. */
export type NoAnswer =
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "silent"; readonly reason: string };
export type Answer = { readonly kind: "answer"; readonly status: number; readonly body: unknown };

export async function call(running: Running, request: Call): Promise<Answer | NoAnswer> {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        authorization: `Bearer ${running.operatorToken}`,
        accept: "application/json",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...(request.key === undefined ? {} : { "idempotency-key": request.key }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.timeout(request.limitMs),
    });
    const text = await response.text();
    return { kind: "answer", status: response.status, body: parse(text) };
  } catch (error) {
    const { name, cause, message } = error as Error & { cause?: { code?: string } };
    if (cause?.code === "ECONNREFUSED")
      return { kind: "refused", reason: `${request.url} refused` };
    const reason =
      name === "TimeoutError" ? `no answer within ${request.limitMs / 1000} s` : message;
    return { kind: "silent", reason: `${request.url}: ${reason}` };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Asks the supervisor; throws when it refuses or does not answer. */
export async function control<Body>(
  running: Running,
  method: Call["method"],
  path: string,
  options: { readonly body?: unknown; readonly limitMs: number },
): Promise<Body> {
  const answer = await call(running, { method, url: `${running.control}/${path}`, ...options });
  if (answer.kind === "answer" && answer.status < 300) return answer.body as Body;
  throw failureOfControl(answer, method);
}

function failureOfControl(answer: Answer | NoAnswer, method: Call["method"]): CommandFailure {
  if (answer.kind === "answer") return failureOfAnswer(answer.status, answer.body);
  if (answer.kind === "refused" || method === "GET") {
    return refused("not-running", "The supervisor does not answer", answer.reason);
  }
  return cannotTell(answer.reason);
}

const STATUS_LIMIT_MS = 5000;

export const statusOf = (running: Running): Promise<DeploymentStatus> =>
  control<DeploymentStatus>(running, "GET", "status", { limitMs: STATUS_LIMIT_MS });
