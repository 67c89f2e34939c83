/**
 * One drawing process, as its parent sees it: one job at a time, ended when it takes too long.
 * *shell*
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ImageOutcome, ImageRequest } from "../../../layers/images/port.ts";
import { DRAWING_ROLE, type DrawAnswer, type DrawJob } from "./messages.ts";

export type DrawEnd =
  | { readonly kind: "drawn"; readonly outcome: ImageOutcome }
  | { readonly kind: "late" }
  | { readonly kind: "died"; readonly reason: string };

export interface DrawingChild {
  readonly pid: number | undefined;
  readonly isAlive: boolean;
  draw(request: ImageRequest): Promise<DrawEnd>;
  end(): void;
}

/** Loading the decoder takes a moment that is not the picture's. */
const START_MS = 10_000;

export function startDrawingChild(program: URL): DrawingChild {
  const child: ChildProcess = fork(fileURLToPath(program), [DRAWING_ROLE], {
    serialization: "advanced",
    // Nothing of the region's environment is its business.
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // It never keeps its parent from ending; without its parent it ends by itself.
  child.unref();
  child.channel?.unref();
  let isAlive = true;
  let jobs = 0;
  let settle: ((end: DrawEnd) => void) | undefined;
  const over = (reason: string): void => {
    isAlive = false;
    settle?.({ kind: "died", reason });
  };
  child.on("error", (error) => over(error.message));
  child.on("exit", (code, signal) => over(`it ended with ${signal ?? code}`));
  child.on("message", (message) => {
    const { job, outcome } = message as DrawAnswer;
    if (job === jobs) settle?.({ kind: "drawn", outcome });
  });
  const kill = (): void => {
    isAlive = false;
    child.kill("SIGKILL");
  };
  return {
    pid: child.pid,
    get isAlive() {
      return isAlive;
    },
    draw: (request) =>
      new Promise((resolve) => {
        const job = ++jobs;
        const limitMs = request.limits.timeMs + (job === 1 ? START_MS : 0);
        const timer = setTimeout(() => {
          kill();
          settle?.({ kind: "late" });
        }, limitMs);
        settle = (end) => {
          clearTimeout(timer);
          settle = undefined;
          resolve(end);
        };
        const message: DrawJob = { job, request };
        child.send(message, (error) => {
          if (error !== null && error !== undefined) over(error.message);
        });
      }),
    end: kill,
  };
}
