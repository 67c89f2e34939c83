/** The worker thread with the voter, as the main thread sees it. *shell* */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Members } from "../../../layers/routing/members.ts";
import { LEASE_PROFILES } from "../../../layers/routing/rules.ts";
import { NO_VOTERS, type VotersView } from "../../../layers/routing/voters.ts";
import type { ChildConfig } from "../supervisor/messages.ts";
import { VOTER_DIRECTORY } from "../voter/genesis.ts";
import type { FromWorker, ToWorker, WorkerStart } from "../voter/messages.ts";

export interface VoterThread {
  readonly port: number;
  /** What the voter's directory says; undefined when it was lost. */
  readonly members: Members | undefined;
  /** Which voters answer, as last told. */
  readonly voters: () => VotersView;
  post(message: ToWorker): void;
  listen(listener: (message: FromWorker) => void): void;
  /** Resolves when it has closed its directory and its link. */
  stop(): Promise<void>;
}

export const voterStartOf = (
  config: ChildConfig,
  rest: Pick<WorkerStart, "incarnation" | "apps" | "board">,
): WorkerStart => ({
  ...rest,
  site: config.site,
  address: config.voterAddress ?? `voter/${config.site}`,
  secretHex: config.secretHex,
  host: config.host,
  directory: join(config.dataDir, VOTER_DIRECTORY),
  terms: LEASE_PROFILES[config.leases],
  faults: config.faults,
});

/** `onEnd`: the thread is gone without having been asked to, and the process must end with it. */
export function startVoterThread(
  entry: URL,
  start: WorkerStart,
  onEnd: (reason: Error) => void,
  log: (line: string) => void,
): Promise<VoterThread> {
  const worker = new Worker(entry, { workerData: start });
  const listeners: ((message: FromWorker) => void)[] = [];
  const early: FromWorker[] = [];
  let voters = NO_VOTERS;
  let isStopping = false;
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    worker.on("error", (error) => {
      reject(error);
      onEnd(error as Error);
    });
    worker.on("exit", (code) => {
      const reason = new Error(`the voter's thread ended with status ${code}`);
      reject(reason);
      if (!isStopping) onEnd(reason);
    });
    worker.on("message", (message: FromWorker) => {
      if (message.type === "log") return log(message.line);
      if (message.type === "voters") voters = message.voters;
      if (message.type !== "started") {
        if (listeners.length === 0) early.push(message);
        for (const listener of listeners) listener(message);
        return;
      }
      resolve({
        port: message.port,
        members: message.members,
        voters: () => voters,
        post: (sent) => worker.postMessage(sent),
        listen: (listener) => {
          listeners.push(listener);
          for (const kept of early.splice(0)) listener(kept);
        },
        stop: async () => {
          isStopping = true;
          worker.postMessage({ type: "stop" } satisfies ToWorker);
          await ended;
        },
      });
    });
  });
}
