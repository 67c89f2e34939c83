/**
 * The way into one region: so many requests at once, a bounded line of those that wait. *shell*
 *
 *   enter --(room, nobody waits)--> at work --leave--> the next one that waits
 *     +-----(no room)--> waits --(too long, or too many)--> shed: refused before it did anything
 *
 * A short burst may wait for BURST_MS. When the line has not been empty for that long it is no
 * burst but more work than the region can do; then nobody waits longer than STANDING_MS, so that
 * those who are served are served soon (after Facebook's controlled delay).
 *
 * Invariants
 *  N1 at most `limit` requests are counted as at work                            (enter, #next)
 *  N2 at most MOST_WAITING wait, none longer than its patience and one look      (wait, #look)
 *  N3 what is shed was never sent                                                (#look)
 *
 * Not promised: that what is at work ends. A request that has no answer after ASIDE_MS no longer
 * counts: it waits for something, as a long poll does, and must not keep others out.
 */
import { ConcurrencyLimit } from "./limit.ts";
import { Roster, type Seat } from "./roster.ts";

export interface Guest {
  /** It was held during a failover already, and may wait longer: the line is long after one. */
  readonly isPatient: boolean;
  admitted(): void;
  shed(): void;
}

/** A place at work, and since when it is taken. */
export type Place = Seat<number>;

const MOST_WAITING = 1_024;
const MOST_PATIENT = 4_096;
const BURST_MS = 500;
const STANDING_MS = 250;
const PATIENT_MS = 5_000;
const LOOK_MS = 10;
const ASIDE_MS = 2_000;

export class Lane {
  readonly #limit = new ConcurrencyLimit();
  readonly #waiting = new Map<Guest, number>();
  readonly #atWork = new Roster<number>();
  #emptyAt = 0;
  #timer: NodeJS.Timeout | undefined;

  get atWork(): number {
    return this.#atWork.size;
  }
  get waiting(): number {
    return this.#waiting.size;
  }
  get limit(): number {
    return this.#limit.value;
  }

  /** A place now, if there is one. */
  enter(now: number): Place | undefined {
    if (this.#waiting.size > 0) return undefined;
    if (this.#atWork.size >= this.#limit.value && !this.#setAside(now)) return undefined;
    return this.#atWork.enter(now);
  }

  /** Whether it waits now; `admitted` or `shed` follows, unless it is withdrawn. */
  wait(guest: Guest, now: number): boolean {
    if (this.#waiting.size >= (guest.isPatient ? MOST_PATIENT : MOST_WAITING)) return false;
    if (this.#waiting.size === 0) this.#emptyAt = now;
    this.#waiting.set(guest, now);
    this.#timer ??= setInterval(() => this.#look(performance.now()), LOOK_MS);
    return true;
  }

  withdraw(guest: Guest): void {
    this.#waiting.delete(guest);
  }

  /** For a guest that was admitted, in the same turn. */
  placeOf(now: number): Place {
    return this.#atWork.enter(now);
  }

  /** `isAnswer`: the region did the work, so that its time says how busy it is. */
  leave(place: Place, isAnswer: boolean): void {
    const inFlight = this.#atWork.size;
    if (!this.#atWork.leave(place)) return;
    const now = performance.now();
    if (isAnswer) this.#limit.observe(now - place.item, inFlight, now);
    this.#next();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #next(): void {
    while (this.#waiting.size > 0 && this.#atWork.size < this.#limit.value) {
      const [guest] = this.#waiting.keys();
      if (guest === undefined) return;
      this.#waiting.delete(guest);
      guest.admitted();
    }
  }

  /** Whether that made room. */
  #setAside(now: number): boolean {
    for (let { first } = this.#atWork; first !== undefined; { first } = this.#atWork) {
      if (now - first.item < ASIDE_MS) break;
      this.#atWork.leave(first);
    }
    return this.#atWork.size < this.#limit.value;
  }

  #look(now: number): void {
    this.#setAside(now);
    this.#next();
    const patienceMs = now - this.#emptyAt > BURST_MS ? STANDING_MS : BURST_MS;
    for (const [guest, since] of this.#waiting) {
      if (now - since <= (guest.isPatient ? PATIENT_MS : patienceMs)) continue;
      this.#waiting.delete(guest);
      guest.shed();
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
