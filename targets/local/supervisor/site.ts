/**
 * One place of the deployment and the process that runs there: never two at a time. *shell*
 *
 *            start            ready               freeze / thaw
 *   down ----------> starting ------> running <----------------> frozen
 *    ^                  |                | exit, kill               | kill
 *    +------------------+----------------+--------------------------+
 *
 * Invariants
 *  S1 a process is started only after the one before it was reaped     (start, through #queue)
 *  S2 what was asked for happens one after the other                    (#queue)
 *  S3 one that an operator killed or that was stopped is not restarted by itself  (wanted)
 */
import { BYTES, type Endpoint } from "../link/address.ts";
import type { Ready, Role } from "./messages.ts";
import { addressOf, START_AGAIN } from "./messages.ts";
import type { Exit, SupervisedChild } from "./supervised-child.ts";

export type SiteState = "starting" | "running" | "frozen" | "down";

export interface SiteOptions {
  readonly role: Role;
  readonly id: string;
  /** Makes the process; called for every start. */
  readonly spawn: (site: Site) => SupervisedChild;
  /** Whether it comes back by itself when it ends unasked. */
  readonly comesBack: boolean;
  readonly changed: (site: Site) => void;
  readonly ended: (site: Site, incarnation: number | undefined, exit: Exit) => void;
  readonly log: (line: string) => void;
}

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_LAST_MS = 5000;
/** One that ran this long had no trouble starting. */
const SETTLED_MS = 10_000;

export class Site {
  readonly role: Role;
  readonly id: string;
  readonly #options: SiteOptions;
  #child: SupervisedChild | undefined;
  #state: SiteState = "down";
  #queue: Promise<unknown> = Promise.resolve();
  #isWanted = false;
  /** It is being ended on demand. */
  #isEnding = false;
  #lastReady: Ready | undefined;
  #backOffMs = BACK_OFF_FIRST_MS;
  #retry: NodeJS.Timeout | undefined;
  /** The route of its health check is broken on purpose. */
  healthBroken = false;
  /** It is being added to a deployment that already serves. */
  joining = false;
  /** Its removal has begun. */
  isLeaving = false;
  /** Clients are not sent to it: it has no data yet, or is about to go. */
  isHidden = false;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.role = options.role;
    this.id = options.id;
  }

  get state(): SiteState {
    return this.#state;
  }

  get child(): SupervisedChild | undefined {
    return this.#child;
  }

  /** What it told when it was last ready; kept while it is down. */
  get lastReady(): Ready | undefined {
    return this.#lastReady;
  }

  get httpPort(): number {
    const url = this.#lastReady?.url;
    return url === undefined ? 0 : Number(new URL(url).port);
  }

  /** Where its links listen, by address. */
  endpoints(host: string): Record<string, Endpoint> {
    const ready = this.#lastReady;
    const { linkPort, voterPort, bytesPort } = ready ?? {};
    return {
      ...(linkPort ? { [addressOf(this.role, this.id)]: { host, port: linkPort } } : {}),
      ...(bytesPort ? { [`${BYTES}/${this.id}`]: { host, port: bytesPort } } : {}),
      ...(voterPort ? { [`voter/${this.id}`]: { host, port: voterPort } } : {}),
    };
  }

  /** Resolves when it is ready; one that runs already is left as it is. */
  start(): Promise<void> {
    this.#isWanted = true;
    return this.#inTurn(() => this.#begin());
  }

  /** Resolves when the process is reaped; `graceMs` 0 kills it at once. */
  stop(graceMs: number): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    // A start that is under way is not waited for.
    if (this.#state === "starting") this.#child?.kill("SIGKILL");
    return this.#inTurn(() => this.#end(graceMs));
  }

  restart(graceMs: number): Promise<void> {
    this.#isWanted = true;
    clearTimeout(this.#retry);
    return this.#inTurn(async () => {
      await this.#end(graceMs);
      await this.#begin();
    });
  }

  /** Answers whether there was a process to freeze. */
  freeze(): boolean {
    if (this.#state !== "running") return this.#state === "frozen";
    this.#child?.kill("SIGSTOP");
    this.#become("frozen");
    return true;
  }

  /** Also lets one go on that somebody else has stopped. */
  thaw(): boolean {
    if (this.#state !== "frozen" && this.#state !== "running") return false;
    this.#child?.kill("SIGCONT");
    if (this.#state === "frozen") this.#become("running");
    return true;
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #begin(): Promise<void> {
    if (!this.#isWanted || (this.#child !== undefined && !this.#child.hasExited)) return;
    const child = this.#options.spawn(this);
    const startedAt = performance.now();
    this.#child = child;
    this.#become("starting");
    void child.exited.then((exit) => this.#hasEnded(child, exit, performance.now() - startedAt));
    this.#lastReady = await child.whenReady();
    if (!child.hasExited) this.#become("running");
  }

  async #end(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#isEnding = true;
    if (graceMs === 0 || this.#state === "frozen") child.kill("SIGKILL");
    await child.stop(graceMs);
    this.#isEnding = false;
  }

  #hasEnded(child: SupervisedChild, exit: Exit, ranMs: number): void {
    if (this.#child !== child) return;
    this.#become("down");
    this.#options.ended(this, child.ready?.incarnation, exit);
    if (!this.#isWanted || this.#isEnding) return;
    const how = exit.signal ?? `status ${exit.code}`;
    this.#options.log(`${this.id}: process ${child.pid} ended by itself (${how})`);
    // The first start is the deployment's to judge; it did not come up at all.
    const asksForIt = exit.code === START_AGAIN;
    if (!(this.#options.comesBack || asksForIt) || this.#lastReady === undefined) return;
    this.#backOffMs = ranMs > SETTLED_MS ? BACK_OFF_FIRST_MS : this.#backOffMs;
    this.#retry = setTimeout(() => {
      this.start().catch((error: Error) => this.#options.log(`${this.id}: ${error.message}`));
    }, this.#backOffMs);
    this.#backOffMs = Math.min(this.#backOffMs * 2, BACK_OFF_LAST_MS);
  }

  #become(state: SiteState): void {
    this.#state = state;
    this.#options.changed(this);
  }
}
