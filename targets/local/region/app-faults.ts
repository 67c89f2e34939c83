/**
 * Tells a fault of an app's code from a fault of the region. *shell*
 *
 *   request, timer, forgotten promise of an app --throws--> claim: yes, the region goes on
 *   a core, a link, the store                   --throws--> claim: no, the region ends
 *
 * Whatever an app starts carries the app's mark (AsyncLocalStorage), and the handlers of
 * `uncaughtException` and `unhandledRejection` see it. Where Node loses the mark (Node 20: a
 * microtask; Node 24: a promise that somebody else rejects), the file that threw says whose it was.
 *
 * Invariants
 *  F1 a request whose code fails is answered 500, if it was not answered yet        (answer, claim)
 *  F2 each fault is logged once, with its stack, and counted by app                (claim, caught)
 *  F3 a turn of the cores never carries a mark                                          (turn.ts)
 *
 * Not promised: that an app which fails has left no half-done work of its own behind.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { fileURLToPath } from "node:url";
import { explainError } from "../../../base/errors.ts";
import type { AppGuard, Log } from "../../../layers/api/index.ts";

interface Mark {
  readonly app: string;
  /** Ends the request with this fault; false where it has ended already. */
  readonly fail?: (error: unknown) => boolean;
}

/** The name under which faults are counted that are of some app, and of which one is not known. */
const SOME_APP = "unknown";
const FRAME = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^)]*?):\d+:\d+\)?$/;

export interface AppFaultsOptions {
  /** Folders that hold the apps' code. */
  readonly appFolders: readonly string[];
  /** Folders within them that hold the platform's. */
  readonly platformFolders: readonly string[];
  readonly log: Pick<Log, "error">;
}

export class AppFaults implements AppGuard {
  readonly #options: AppFaultsOptions;
  readonly #running = new AsyncLocalStorage<Mark>();
  readonly #counts = new Map<string, number>();

  constructor(options: AppFaultsOptions) {
    this.#options = options;
  }

  /** How many there were, by app. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  run<Value>(app: string, work: () => Value): Value {
    return this.#running.run({ app }, work);
  }

  answer(app: string, work: () => Response | Promise<Response>): Promise<Response> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const fail = (error: unknown): boolean => {
        if (isOver) return false;
        isOver = true;
        reject(error);
        return true;
      };
      const end = (response: Response): void => {
        isOver = true;
        resolve(response);
      };
      this.#running.run({ app, fail }, () => void Promise.resolve(work()).then(end, fail));
    });
  }

  caught(app: string): void {
    this.#counts.set(app, (this.#counts.get(app) ?? 0) + 1);
  }

  /** Whether the error came out of an app's code; then it is dealt with. */
  claim(error: unknown): boolean {
    const mark = this.#running.getStore();
    // Who answers the request logs and counts it.
    if (mark?.fail?.(error) === true) return true;
    const app = mark?.app ?? (this.#isThrownByApp(error) ? SOME_APP : undefined);
    if (app === undefined) return false;
    this.#options.log.error(
      { event: "fault", app, error: explainError(error) },
      "an app's code failed after its request, or outside of any",
    );
    this.caught(app);
    return true;
  }

  #isThrownByApp(error: unknown): boolean {
    const file = fileThatThrew(error);
    if (file === undefined || file.includes("/node_modules/")) return false;
    const { appFolders, platformFolders } = this.#options;
    const isIn = (folder: string): boolean => file.startsWith(folder);
    return appFolders.some(isIn) && !platformFolders.some(isIn);
  }
}

/** The file of the innermost frame outside of Node itself. */
function fileThatThrew(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  for (const line of error.stack.split("\n")) {
    const [, place] = FRAME.exec(line) ?? [];
    if (place !== undefined) return place.startsWith("file:") ? fileURLToPath(place) : place;
  }
  return undefined;
}
