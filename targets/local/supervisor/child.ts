/**
 * The supervisor, as its children see it. *shell*
 *
 *   const supervisor = await joinSupervisor();
 *   ... start with supervisor.config ...
 *   supervisor.serve({ peers, faults, status, stop, ... });
 *   supervisor.ready({ url, linkPort, voterPort, incarnation });
 *
 * Invariants
 *  C1 a child whose supervisor is gone ends within a second, by force if it must  (leave)
 *  C2 what arrives before `serve` is kept and handed on in order                  (waiting)
 *  C3 Ctrl-C in a terminal reaches every process of the group: a child leaves it to the supervisor
 *  C4 a log that cannot be written ends nobody: the disk may be full              (output.ts)
 */
import { ConfigurationError, explainError, showValue } from "../../../base/errors.ts";
import type {
  ChildConfig,
  ChildMessage,
  ChildStatus,
  MembersChange,
  MembersResult,
  ParentMessage,
  PeersMessage,
  Ready,
} from "./messages.ts";
import { STOPPED_BY_SIGNAL } from "./messages.ts";
import { logLine, printIntoLog } from "./output.ts";

type Of<Type extends ParentMessage["type"]> = Extract<ParentMessage, { type: Type }>;

/** Everything a child has to answer to; what it does not need it leaves out. */
export interface ChildDuties {
  readonly peers?: (message: PeersMessage) => void;
  readonly faults?: (message: Of<"faults">) => void;
  readonly health?: (message: Of<"health">) => void;
  readonly takeovers?: (message: Of<"takeovers">) => void;
  readonly overload?: (message: Of<"overload">) => void;
  readonly died?: (message: Of<"died">) => void;
  readonly members?: (change: MembersChange) => Promise<MembersResult>;
  readonly status: () => ChildStatus | Promise<ChildStatus>;
  /** Closes everything; the process ends when it resolves, or after STOP_LIMIT_MS. */
  readonly stop: () => Promise<void>;
}

export interface SupervisorChannel {
  readonly config: ChildConfig;
  /** Once. Whatever has arrived so far is handed on. */
  serve(duties: ChildDuties): void;
  /** Says how far it is, where a start may take long. */
  opening(what: string): void;
  ready(ready: Ready): void;
  /** Tells why this process cannot serve, and ends it. */
  failed(error: unknown): Promise<never>;
}

const NO_MEMBERS: MembersResult = {
  kind: "failed",
  code: "not-allowed",
  reason: "this process knows no members",
};
const STOP_LIMIT_MS = 4500;
const ORPHAN_LIMIT_MS = 800;
const FAIL_LIMIT_MS = 500;

/** Waits for the configuration; the process must have been started by a supervisor. */
export async function joinSupervisor(): Promise<SupervisorChannel> {
  const site = process.argv[3] ?? "";
  if (process.send === undefined) {
    process.stderr.write("This program is started by `understudy up`, not by hand.\n");
    process.exit(64);
  }
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  printIntoLog(site);
  const waiting: ParentMessage[] = [];
  let duties: ChildDuties | undefined;
  let leaving = false;

  const leave = (code: number, limitMs: number): void => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.exit(1), limitMs);
    const stopped = Promise.resolve(duties?.stop());
    stopped.then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${explainError(error)}\n`);
        process.exit(1);
      },
    );
  };
  const handle = (message: ParentMessage): void => {
    if (message.type === "stop") leave(0, STOP_LIMIT_MS);
    else if (duties === undefined) waiting.push(message);
    else void fulfil(duties, message);
  };
  process.on("disconnect", () => leave(1, ORPHAN_LIMIT_MS));
  process.on("SIGTERM", () => leave(STOPPED_BY_SIGNAL, STOP_LIMIT_MS));

  const config = await new Promise<ChildConfig>((resolve) => {
    process.on("message", (message: ParentMessage) => {
      if (message.type === "start") resolve(message.config);
      else handle(message);
    });
  });
  return {
    config,
    serve: (given) => {
      duties = given;
      for (const message of waiting.splice(0)) void fulfil(given, message);
    },
    opening: (what) => say({ type: "opening", what }),
    ready: (ready) => say({ type: "ready", pid: process.pid, ...ready }),
    failed: (error) => fail(site, error),
  };
}

async function fulfil(duties: ChildDuties, message: ParentMessage): Promise<void> {
  switch (message.type) {
    case "peers":
      return duties.peers?.(message);
    case "faults":
      return duties.faults?.(message);
    case "health":
      return duties.health?.(message);
    case "takeovers":
      return duties.takeovers?.(message);
    case "overload":
      return duties.overload?.(message);
    case "died":
      return duties.died?.(message);
    case "status":
      return say({ type: "status", request: message.request, status: await duties.status() });
    case "members": {
      const { type: _, request, ...change } = message;
      const result = await (duties.members?.(change) ?? Promise.resolve(NO_MEMBERS));
      return say({ type: "members", request, result });
    }
    case "start":
    case "stop":
      return undefined;
  }
}

/** Ends the process once the reason has left, or after a moment. */
function fail(site: string, error: unknown): Promise<never> {
  logLine(site, "error", { event: "end", reason: explainError(error) }, "it cannot start");
  setTimeout(() => process.exit(1), FAIL_LIMIT_MS);
  if (error instanceof ConfigurationError) {
    const { what, fix } = error;
    say({ type: "failed", what, got: showValue(error.got), fix }, () => process.exit(1));
  } else {
    process.exit(1);
  }
  return new Promise<never>(() => undefined);
}

function say(message: ChildMessage, sent: () => void = () => undefined): void {
  // A supervisor that has just ended is noticed as a disconnect, not here.
  if (process.connected) process.send?.(message, undefined, undefined, sent);
  else sent();
}
