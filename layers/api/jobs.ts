/**
 * Runs an app's jobs: work that nobody asks for, such as errands that are due. *shell*
 *
 *   each second, per job:  does this region decide? --no--> nothing; what runs is aborted
 *                               | yes
 *                          is this slot done, here or in the store? --yes--> nothing
 *                               | no
 *                          run(context, { slot, ... }) --ends well--> slot is done
 *                                                      \--throws--> again, later and later
 *
 * A slot is the wall clock divided by `everyMs`. That it is done is kept as a used idempotency key,
 * which replicates with what the run wrote: `commit` writes both in one transaction.
 *
 * Invariants
 *  J1 a run that ends with `commit` has its effect once in its slot, whatever region it runs in and
 *     however often it begins                                  (commit: the slot is the key)
 *  J2 a job runs where the app serves; of an active-active app at the home that it names
 *                                                                                     (#decides)
 *  J3 one run of a job at a time in a region                                             (look)
 * Not promised: that a run without `commit` has its effect once. It begins again after a failure,
 * and in another region when the app moves before the slot is known there to be done. Nor J1 of a
 * `local` app whose region was lost before what it wrote last had arrived.
 */
import type { Instant } from "../../base/clock.ts";
import type { HomeClaim, Write, WriteOutcome } from "../key-value/port.ts";
import { type AppGuard, noGuard } from "./app-guard.ts";
import type { AppContext, AppDefinition } from "./define-app.ts";

/** One run of a job. */
export interface JobRun {
  /** Which slot it is for; the same number in whatever region runs it. */
  readonly slot: number;
  /** Of a job with `home`: for transactions of its own. */
  readonly home: HomeClaim | undefined;
  /** Aborts when the region decides no more, or ends. Hand it on to what the run waits for. */
  readonly signal: AbortSignal;
  /** Writes all or nothing, once in the slot: a second time it is `ok` and writes nothing. */
  commit(writes: readonly Write[]): Promise<WriteOutcome>;
}

export interface Job {
  readonly name: string;
  /** One run in each slot of this length, as early in it as may be; 100 ms to a day. */
  readonly everyMs: number;
  /** Of an active-active app: runs in the region that is the home of this name. */
  readonly home?: string;
  /** Has failed where it throws or rejects, and begins again, later and later. */
  readonly run: (context: AppContext, run: JobRun) => Promise<void>;
}

export interface JobsOptions {
  readonly app: AppDefinition;
  readonly context: AppContext;
  readonly now: () => Instant;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly guard?: AppGuard;
  /** Code of the app's own is about to be called. */
  readonly calling?: () => void;
}

const LOOK_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** Looks every second, and more often for jobs that are due more often; until the region closes. */
export function startJobs(options: JobsOptions): void {
  const { app, context, after } = options;
  const jobs = (app.jobs ?? []).map((job) => new RunningJob(job, options));
  if (jobs.length === 0) return;
  const lookMs = Math.min(LOOK_MS, ...(app.jobs ?? []).map(({ everyMs }) => everyMs));
  const look = (): void => {
    if (context.closing.aborted) return;
    after(lookMs, look);
    for (const job of jobs) job.look();
  };
  context.closing.addEventListener("abort", () => {
    for (const job of jobs) job.abort("the region ends");
  });
  look();
}

class RunningJob {
  readonly #job: Job;
  readonly #options: JobsOptions;
  /** The last slot that is known to be done. */
  #done = Number.NEGATIVE_INFINITY;
  #controller: AbortController | undefined;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(job: Job, options: JobsOptions) {
    this.#job = job;
    this.#options = options;
  }

  look(): void {
    const { mono, wall } = this.#options.now();
    const claim = this.#decides();
    if (claim === undefined) return this.abort("another region decides now");
    const slot = Math.floor(wall / this.#job.everyMs);
    if (this.#controller !== undefined || slot <= this.#done || mono < this.#notBefore) return;
    const controller = new AbortController();
    this.#controller = controller;
    this.#options.calling?.();
    void this.#run(slot, claim.home, controller.signal).then(
      (isDone) => this.#end(isDone ? slot : undefined),
      (error: unknown) => this.#failed(slot, error, controller.signal.aborted),
    );
  }

  abort(why: string): void {
    this.#controller?.abort(new Error(`job ${this.#job.name}: ${why}`));
  }

  /** Undefined where this region does not decide; `home` is the claim to do so, of a job with one. */
  #decides(): { readonly home: HomeClaim | undefined } | undefined {
    const { context } = this.#options;
    const { home: name } = this.#job;
    const view = context.routing.app(context.appId);
    if (view?.holdsLease !== true) return undefined;
    if (name === undefined) return { home: undefined };
    const home = view.homes[name];
    const isHere = home?.region === context.region && home.state === "open";
    return isHere ? { home: { name, term: home.term } } : undefined;
  }

  /** Whether the slot is done, now or before. */
  async #run(slot: number, home: HomeClaim | undefined, signal: AbortSignal): Promise<boolean> {
    const { context, app, guard = noGuard } = this.#options;
    const { store, log } = context;
    const { name, run } = this.#job;
    const key = { scope: `job:${name}`, key: String(slot), requestHash: "", response: null };
    const known = await store.recall(key.scope, key.key);
    if (known.kind === "failed") return false;
    if (known.value !== undefined) return true;
    let isDone = false;
    const commit = async (writes: readonly Write[]): Promise<WriteOutcome> => {
      const options = { idempotency: key, ...(home === undefined ? {} : { home }) };
      const outcome = await store.transact(writes, options);
      if (outcome.kind === "ok") isDone = true;
      return outcome;
    };
    await guard.run(app.id, () => run(context, { slot, home, signal, commit }));
    if (!isDone && !signal.aborted) await commit([nothingOf(context)]);
    if (!isDone) log.warn({ event: "job", job: name, slot }, "the job's slot could not be kept");
    return isDone;
  }

  #end(done: number | undefined): void {
    this.#controller = undefined;
    this.#failures = 0;
    if (done !== undefined) this.#done = Math.max(this.#done, done);
    else this.#notBefore = this.#options.now().mono + FIRST_RETRY_MS;
  }

  #failed(slot: number, error: unknown, isAborted: boolean): void {
    const { context, app, now, guard = noGuard } = this.#options;
    this.#controller = undefined;
    // What an aborted run throws is how it ends.
    if (isAborted) return;
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const about = { event: "job", app: app.id, job: this.#job.name, slot, failure };
    context.log.error(about, "the job failed, and begins again later");
    guard.caught(app.id);
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#notBefore = now().mono + waitMs;
  }
}

/** A transaction has to name an item: one that nobody has. */
function nothingOf({ tables }: AppContext): Write {
  const [table] = tables;
  if (table === undefined) throw new RangeError("a job needs a table of its app");
  const { partitionKey, sortKey } = table;
  const key = { [partitionKey]: "-", ...(sortKey === undefined ? {} : { [sortKey]: "-" }) };
  return { kind: "check", table, key };
}
