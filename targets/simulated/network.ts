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

/** One direction between two sites. */
interface Link {
  isCut: boolean;
  /** What it is like while something is wrong with it. */
  quality: LinkQuality | undefined;
  /** What it is like while nothing is, where that is not what all links are like. */
  usual: LinkQuality | undefined;
}

export class Network {
  readonly #rng: Rng;
  readonly #links = new Map<string, Map<string, Link>>();
  #isDisturbed = false;
  usual: LinkQuality = GOOD_LINK;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  #link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = { isCut: false, quality: undefined, usual: undefined };
      links.set(to, link);
    }
    return link;
  }

  /** Delays of the copies that will arrive: none, one or two. */
  deliveries(from: string, to: string): number[] {
    if (from === to) return [0.05];
    const link = this.#link(from, to);
    if (link.isCut) return [];
    const quality = link.quality ?? link.usual ?? this.usual;
    if (this.#rng.chance(quality.loss)) return [];
    const delay = (): number => quality.delayMs + this.#rng.next() * quality.jitterMs;
    return this.#rng.chance(quality.duplication) ? [delay(), delay() * 3] : [delay()];
  }

  isCut(from: string, to: string): boolean {
    return this.#link(from, to).isCut;
  }

  cut(from: string, to: string): void {
    this.#link(from, to).isCut = true;
  }

  /** What the link is like while nothing is wrong with it. */
  usualOf(from: string, to: string): LinkQuality {
    return this.#link(from, to).usual ?? this.usual;
  }

  setUsual(from: string, to: string, quality: LinkQuality): void {
    this.#link(from, to).usual = quality;
  }

  setQuality(from: string, to: string, quality: LinkQuality): void {
    this.#isDisturbed = true;
    this.#link(from, to).quality = quality;
  }

  /** Whether a link is worse than usual without being cut. */
  get isDisturbed(): boolean {
    return this.#isDisturbed;
  }

  heal(): void {
    this.#isDisturbed = false;
    for (const links of this.#links.values()) {
      for (const link of links.values()) {
        link.isCut = false;
        link.quality = undefined;
      }
    }
  }
}
