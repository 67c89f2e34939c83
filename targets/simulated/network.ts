/**
 * A network that loses, delays, doubles, reorders and cuts, all by one seeded generator. *pure*
 *
 * Between two sites there are two directed links. A cut link drops, in silence, what is sent and
 * what is on its way; a connection is never closed by it.
 */
import type { Rng } from "../../base/rng.ts";

export interface LinkQuality {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplication: number;
}

export const GOOD_LINK: LinkQuality = { delayMs: 1, jitterMs: 1, loss: 0, duplication: 0 };

export class Network {
  readonly #rng: Rng;
  readonly #cut = new Set<string>();
  readonly #quality = new Map<string, LinkQuality>();
  readonly #usualOf = new Map<string, LinkQuality>();
  usual: LinkQuality = GOOD_LINK;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Delays of the copies that will arrive: none, one or two. */
  deliveries(from: string, to: string): number[] {
    if (from === to) return [0.05];
    if (this.isCut(from, to)) return [];
    const quality = this.#quality.get(link(from, to)) ?? this.usualOf(from, to);
    if (this.#rng.chance(quality.loss)) return [];
    const delay = (): number => quality.delayMs + this.#rng.next() * quality.jitterMs;
    return this.#rng.chance(quality.duplication) ? [delay(), delay() * 3] : [delay()];
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(link(from, to));
  }

  cut(from: string, to: string): void {
    this.#cut.add(link(from, to));
  }

  /** What the link is like while nothing is wrong with it. */
  usualOf(from: string, to: string): LinkQuality {
    return this.#usualOf.get(link(from, to)) ?? this.usual;
  }

  setUsual(from: string, to: string, quality: LinkQuality): void {
    this.#usualOf.set(link(from, to), quality);
  }

  setQuality(from: string, to: string, quality: LinkQuality): void {
    this.#quality.set(link(from, to), quality);
  }

  /** Whether a link is worse than usual without being cut. */
  get isDisturbed(): boolean {
    return this.#quality.size > 0;
  }

  heal(): void {
    this.#cut.clear();
    this.#quality.clear();
  }
}

const link = (from: string, to: string): string => `${from}>${to}`;
