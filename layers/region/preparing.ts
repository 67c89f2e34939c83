/**
 * The takeover steps of an app, which the region that begins to serve it runs before it admits
 * writes. *pure core*
 *
 *                 lease valid             last step done
 *   waiting ---------------------> running -----------------> through: writes are admitted
 *      ^                            |   |
 *      +------ lease lapsed --------+   +-- failed, late --> failed: the record fences the app
 *
 * What is due stands in the record (`takeover`), from the move to another region until the steps
 * are known to be through: a region that ends in the middle finds it there at its next start, and
 * so does the region that takes over from it. The shell runs a step and reports its end.
 *
 * Invariants
 *  P1 no write is admitted in an epoch whose steps are not through   (Holding.unprepared)
 *  P2 a step runs only under a lease of its epoch; else it is aborted, and begun again  (advance)
 *  P3 one step runs at a time, in the order of the definition, each within its time    (#run)
 *  P4 a step that failed fences the app, with its name and the reason                   (#fail)
 * Not promised: that code which ignores its signal stops.
 */
import type { Instant } from "../../base/clock.ts";
import { prepared, failed as stepFailed } from "../routing/takeover-changes.ts";
import type { AppParts } from "./app-parts.ts";
import type { Commands } from "./commands.ts";
import type { Holding } from "./holding.ts";

/**
 * The shell's part: begins a step; `end` is called once, with the reason where it failed. The
 * result aborts the step.
 */
export type BeginStep = (
  step: string,
  epoch: number,
  end: (failure: string | undefined, now: Instant) => void,
) => (why: string) => void;

const REASON_MOST = 300;

interface Running {
  readonly beganAt: number;
  readonly abort: (why: string) => void;
}

export class Preparing {
  /** Set by the shell before the region boots. */
  beginStep: BeginStep | undefined;
  readonly #app: AppParts;
  readonly #commands: Commands;
  #holding: Holding | undefined;
  #at = 0;
  #took: string[] = [];
  #running: Running | undefined;
  #hasFailed = false;
  #since = 0;

  constructor(app: AppParts, commands: Commands) {
    this.#app = app;
    this.#commands = commands;
  }

  /** An epoch begins here: whether it has to be prepared, its record says. */
  begin(holding: Holding, now: Instant): void {
    this.stop("a later epoch begins");
    const { options, record } = this.#app;
    const [first] = options.takeover ?? [];
    if (first === undefined || record?.takeover === undefined) return;
    this.#holding = holding;
    this.#at = 0;
    this.#took = [];
    this.#hasFailed = false;
    this.#since = now.mono;
    holding.unprepared = this.#waits(first.name);
  }

  /** The epoch is over for this region, or its process is. */
  stop(why: string): void {
    this.#abort(why);
    this.#holding = undefined;
  }

  /** The step that runs, or is to run next, in the epoch that this region serves; and since when. */
  get now():
    | { step: string; state: "waiting" | "running" | "failed"; sinceMono: number }
    | undefined {
    const step = this.#app.options.takeover?.[this.#at];
    if (this.#holding === undefined || step === undefined) return undefined;
    const state = this.#hasFailed ? "failed" : this.#running === undefined ? "waiting" : "running";
    return { step: step.name, state, sinceMono: this.#since };
  }

  advance(now: Instant): void {
    const holding = this.#holding;
    const step = this.#app.options.takeover?.[this.#at];
    if (holding === undefined || step === undefined || this.#hasFailed) return;
    const running = this.#running;
    const mayRun = holding.gate !== "closed" && holding.leaseValid(now);
    if (running === undefined) {
      if (mayRun) this.#run(holding, step.name, now);
    } else if (!mayRun) {
      const isFenced = holding.gate === "closed";
      this.#abort(isFenced ? "the app was fenced" : "the lease has lapsed");
      this.#since = now.mono;
      holding.unprepared = isFenced
        ? `takeover step ${step.name} is to be repeated`
        : this.#waits(step.name);
    } else if (now.mono - running.beganAt >= step.timeoutMs) {
      this.#abort(`it did not end within ${step.timeoutMs} ms`);
      this.#fail(holding, step.name, `it did not end within ${step.timeoutMs} ms`, now);
    }
  }

  #waits(step: string): string {
    return `takeover step ${step} waits for the lease`;
  }

  #run(holding: Holding, step: string, now: Instant): void {
    const { beginStep } = this;
    if (beginStep === undefined) return;
    this.#since = now.mono;
    holding.unprepared = `takeover step ${step} is under way`;
    let running: Running | undefined;
    // A step that ends never does so before `beginStep` has returned.
    const abort = beginStep(step, holding.epoch, (failure, at) => {
      if (running !== undefined && this.#running === running) this.#ended(holding, failure, at);
    });
    running = { beganAt: now.mono, abort };
    this.#running = running;
  }

  #ended(holding: Holding, failure: string | undefined, now: Instant): void {
    const running = this.#running;
    const step = this.#app.options.takeover?.[this.#at];
    if (running === undefined || step === undefined) return;
    // Late, or without a lease: as it would have been judged a moment later.
    this.advance(now);
    if (this.#running !== running) return;
    this.#running = undefined;
    if (failure !== undefined) {
      this.#fail(holding, step.name, failure, now);
      return;
    }
    this.#took.push(`${step.name} in ${Math.round(now.mono - running.beganAt)} ms`);
    this.#at++;
    this.#since = now.mono;
    if (this.#at < (this.#app.options.takeover?.length ?? 0)) this.advance(now);
    else this.#through(holding, now);
  }

  #through(holding: Holding, now: Instant): void {
    this.#holding = undefined;
    holding.unprepared = undefined;
    const { self } = this.#app.site;
    const reason = `takeover steps done: ${this.#took.join(", ")}`;
    const { epoch } = holding;
    const next: Parameters<Commands["change"]>[2] = (record, change) =>
      prepared(record, self, epoch, change);
    this.#commands.change(self.region, reason, next, () => {}, now);
  }

  #fail(holding: Holding, step: string, why: string, now: Instant): void {
    const tookMs = Math.round(now.mono - this.#since);
    this.#hasFailed = true;
    this.#since = now.mono;
    const told = why.slice(0, REASON_MOST);
    // Its reason is for operators, who find it in the record.
    holding.unprepared = `takeover step ${step} failed`;
    const { self } = this.#app.site;
    const reason = `takeover step ${step} failed: ${told} (after ${tookMs} ms)`;
    const { epoch } = holding;
    const next: Parameters<Commands["change"]>[2] = (record, change) =>
      stepFailed(record, self, epoch, { step, reason: told }, change);
    this.#commands.change(self.region, reason, next, () => {}, now);
  }

  #abort(why: string): void {
    const running = this.#running;
    this.#running = undefined;
    running?.abort(why);
  }
}
