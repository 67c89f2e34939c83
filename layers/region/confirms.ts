/**
 * Proof that this region is still the holder: every region that could have taken over says so after
 * the read arrived. One round trip serves all reads that wait for it. *pure core*
 */
import type { RegionBody } from "./messages.ts";

type Answer = (confirmed: boolean) => void;

export class Confirms {
  readonly #epoch: number;
  readonly #send: (region: string, body: RegionBody) => void;
  #next: Answer[] = [];
  #open: { id: number; awaiting: Set<string>; answers: Answer[] } | undefined;
  #ids = 0;

  constructor(epoch: number, send: (region: string, body: RegionBody) => void) {
    this.#epoch = epoch;
    this.#send = send;
  }

  add(answer: Answer): void {
    this.#next.push(answer);
  }

  /** Asks for all reads that came since the last question. */
  start(required: readonly string[]): void {
    for (const region of this.#open?.awaiting ?? []) {
      if (!required.includes(region)) this.#open?.awaiting.delete(region);
    }
    this.#settle();
    if (this.#next.length === 0 || this.#open !== undefined) return;
    this.#ids++;
    this.#open = { id: this.#ids, awaiting: new Set(required), answers: this.#next };
    this.#next = [];
    for (const region of required) {
      this.#send(region, { type: "confirm", epoch: this.#epoch, id: this.#ids });
    }
    this.#settle();
  }

  confirmed(region: string, epoch: number, id: number): void {
    if (this.#open === undefined || epoch !== this.#epoch || id !== this.#open.id) return;
    this.#open.awaiting.delete(region);
    this.#settle();
  }

  #settle(): void {
    const open = this.#open;
    if (open === undefined || open.awaiting.size > 0) return;
    this.#open = undefined;
    for (const answer of open.answers) answer(true);
  }

  /** Nobody can confirm any more, or an answer was lost: the reads fail and may be repeated. */
  fail(): void {
    const answers = [...(this.#open?.answers ?? []), ...this.#next];
    this.#open = undefined;
    this.#next = [];
    for (const answer of answers) answer(false);
  }
}
