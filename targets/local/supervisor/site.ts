/**
 * One place of the deployment and the process that runs there: never two at a time. *shell*
 *
 *            start            ready               freeze / thaw
 *   down ----------> starting ------> running <----------------> frozen
 *    ^                  |                | exit, kill               | kill
 *    +------------------+----------------+--------------------------+
 *
 * One that crashed is started again, later each time (ending.ts).
 *
 * Invariants
 *  S1 a process is started only after the one before it was reaped     (start, through #queue)
 *  S2 what was asked for happens one after the other                    (#queue)
 *  S3 one that an operator killed or that was stopped is not restarted by itself  (wanted), nor a
 *     region that was killed from outside                                  (#hasEnded)
 */
import { BYTES, type Endpoint } from "../link/address.ts";
import { backOffMs, type Ending, judgeEnd } from "./ending.ts";
import type { Ready, Role } from "./messages.ts";
import { addressOf } from "./messages.ts";
import type { SupervisedChild } from "./supervised-child.ts";

export type SiteState = "starting" | "running" | "frozen" | "down";

export interface SiteOptions {
  readonly role: Role;
  readonly id: string;
  /** Makes the process; called for every start. */
  readonly spawn: (site: Site) => SupervisedChild;
  /** Whether it comes back even when it was killed from outside. */
  readonly comesBack: boolean;
  readonly changed: (site: Site) => void;
  readonly ended: (site: Site, incarnation: number | undefined) => void;
  readonly log: (line: string) => void;
}

/** A process that ended by itself. */
export interface Crash {
  readonly at: string;
  readonly reason: string;
}

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
  #readyAt = Number.POSITIVE_INFINITY;
  #backOffMs = 0;
  #retry: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #ending: Ending | undefined;
  #lastCrash: Crash | undefined;
  #crashes = 0;
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

  /** How often it ended by itself since this supervisor was started. */
  get crashes(): number {
    return this.#crashes;
  }

  get lastCrash(): Crash | undefined {
    return this.#lastCrash;
  }

  /** How it ended the last time, if nobody had asked for it here; while it is down. */
  get ending(): Ending | undefined {
    return this.#state === "down" ? this.#ending : undefined;
  }

  /** Until it is started again by itself; undefined where it is not. */
  get restartsInMs(): number | undefined {
    const { at } = this.#retry ?? {};
    return at === undefined ? undefined : Math.max(0, Math.round(at - performance.now()));
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
    this.#cancelRetry();
    // A start that is under way is not waited for.
    if (this.#state === "starting") this.#child?.kill("SIGKILL");
    return this.#inTurn(() => this.#end(graceMs));
  }

  restart(graceMs: number): Promise<void> {
    this.#isWanted = true;
    this.#cancelRetry();
    this.#backOffMs = 0;
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
    this.#child = child;
    this.#readyAt = Number.POSITIVE_INFINITY;
    this.#become("starting");
    void child.exited.then((exit) => this.#hasEnded(child, judgeEnd(exit, child.lastWords)));
    this.#lastReady = await child.whenReady();
    this.#readyAt = performance.now();
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

  #hasEnded(child: SupervisedChild, ending: Ending): void {
    if (this.#child !== child) return;
    const isUnasked = this.#isWanted && !this.#isEnding;
    this.#ending = isUnasked ? ending : undefined;
    if (isUnasked && ending.kind === "crashed") {
      this.#crashes += 1;
      this.#lastCrash = { at: new Date().toISOString(), reason: ending.reason };
    }
    // The first start is the deployment's to judge; it did not come up at all.
    const comesBack = ending.kind !== "killed" || this.#options.comesBack;
    const restarts = isUnasked && comesBack && this.#lastReady !== undefined;
    if (restarts) this.#restartLater(performance.now() - this.#readyAt);
    this.#become("down");
    this.#options.ended(this, child.ready?.incarnation);
    if (!isUnasked) return;
    const next = restarts
      ? `it is started again in ${this.#backOffMs} ms`
      : `it stays down until \`understudy fault restart ${this.id}\``;
    this.#options.log(`${this.id}: process ${child.pid} ended: ${ending.reason}; ${next}`);
  }

  #restartLater(servedMs: number): void {
    this.#backOffMs = backOffMs(this.#backOffMs, servedMs);
    const start = (): void => {
      this.#retry = undefined;
      this.start().catch((error: Error) => this.#options.log(`${this.id}: ${error.message}`));
    };
    const timer = setTimeout(start, this.#backOffMs);
    this.#retry = { timer, at: performance.now() + this.#backOffMs };
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry?.timer);
    this.#retry = undefined;
  }

  #become(state: SiteState): void {
    this.#state = state;
    this.#options.changed(this);
  }
}
