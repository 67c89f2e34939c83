/**
 * The in-sync set as its holder must see it: every set that the register may hold now. *pure core*
 *
 *   known {S} --propose T--> possible {S, T} --chosen--> known {T}
 *                                 \--known lost---------> known {S'} (as read)
 *
 * Growing has a step before that: the new region counts from the moment it is considered, so that
 * what is acknowledged meanwhile is there too; only then is the set proposed.
 *
 * Invariants
 *  N1 a write is acknowledged only when every region of every possible set has it  (required)
 *  N2 only a known outcome takes a set away, never a time-out                      (settle)
 */
import type { PossibleSets, RegionRules } from "./rules.ts";

export class InSync {
  /** No proposal before this, on the monotonic clock. */
  pausedUntil = Number.NEGATIVE_INFINITY;
  readonly #self: string;
  readonly #rules: RegionRules;
  #sets: PossibleSets;
  #growing: string | undefined;
  #isProposed = false;
  #required: readonly string[] = [];

  constructor(self: string, known: readonly string[], rules: RegionRules) {
    this.#self = self;
    this.#rules = rules;
    this.#sets = [known];
    this.#update();
  }

  /** The set that the register held when last known. */
  get known(): readonly string[] {
    return this.#sets[0] ?? [this.#self];
  }
  get required(): readonly string[] {
    return this.#required;
  }
  get growing(): string | undefined {
    return this.#growing;
  }
  get isProposed(): boolean {
    return this.#isProposed;
  }

  #update(): void {
    this.#required = this.#rules.requiredFor(this.#sets, this.#growing, this.#self);
  }

  consider(region: string): void {
    this.#growing = region;
    this.#update();
  }

  /** The region fell behind again before anything was proposed. */
  unconsider(): void {
    if (this.#isProposed) return;
    this.#growing = undefined;
    this.#update();
  }

  propose(next: readonly string[]): void {
    this.#sets = this.#rules.setsWhileProposed(this.#sets, next);
    this.#isProposed = true;
    this.#update();
  }

  settle(known: readonly string[]): void {
    this.#sets = [known];
    this.#growing = undefined;
    this.#isProposed = false;
    this.#update();
  }
}
