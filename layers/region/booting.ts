/**
 * The first word of the register in this start: nothing is served, and no lease asked for, before.
 * *pure core*
 *
 * A store that went back to an old copy begins another log. One that is there before its app is
 * whole: that is put on disk before the app is created. A full disk is tried again at every tick.
 */
import type { Instant } from "../../base/clock.ts";
import { isOldCopy } from "../routing/memory.ts";
import type { IntentEnd } from "../routing/registrar.ts";
import type { AppParts } from "./app-parts.ts";
import { noteBeginning } from "./arriving.ts";
import type { Lineages } from "./lineages.ts";

interface BootingOptions {
  readonly app: AppParts;
  readonly lineages: Lineages;
  /** Whether this start may act, by the highest incarnation of its region that did. */
  readonly mayAct: (acted: number) => boolean;
  readonly learned: (end: IntentEnd, now: Instant) => void;
  readonly create: (now: Instant) => void;
}

export class Booting {
  readonly #options: BootingOptions;
  #answer: IntentEnd | undefined;
  #createAfter = Number.POSITIVE_INFINITY;
  #isDone = false;

  constructor(options: BootingOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  start(now: Instant): void {
    this.#options.app.registrar.readAtBoot((end, at) => {
      if (!this.#options.mayAct(end.incarnation)) return;
      this.#answer = end;
      this.tick(at);
    }, now);
  }

  tick(now: Instant): void {
    const { app, lineages, learned } = this.#options;
    const answer = this.#answer;
    if (answer === undefined) return;
    const told = answer.memory[app.options.app];
    if (answer.value === undefined) this.#createAfter = noteBeginning(app);
    else if (told !== undefined && isOldCopy(told, app.log.end, app.log.lineage)) {
      lineages.beginAnother(told);
    }
    this.#answer = undefined;
    this.#isDone = true;
    if (answer.value !== undefined) learned(answer, now);
  }

  flushed(sequence: number, now: Instant): void {
    if (sequence < this.#createAfter) return;
    this.#createAfter = Number.POSITIVE_INFINITY;
    const { app, create } = this.#options;
    if (app.options.regions[0] === app.site.self.region) create(now);
  }
}
