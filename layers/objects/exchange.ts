/**
 * A region's part in the exchange of bytes: offers, questions, and serving what others fetch.
 * *pure core*
 *
 *   here          there
 *   offer ------> pulls (transfers.ts) ... on disk
 *         <------ has
 *   ask   ------> told                    which of these do you have
 *   fetch ------> chunk | none            one part of one file
 *
 * Messages may be lost, doubled and reordered: offers are repeated until they are answered or
 * withdrawn, questions end with a deadline, and fetched parts name themselves.
 */
import type { ByteDisk } from "./disk.ts";
import type { ByteBody, ByteMessage, Holdings, Offered, Place } from "./messages.ts";
import { placeKey } from "./messages.ts";
import { type Digest, objectLimits } from "./port.ts";
import { Transfers } from "./transfers.ts";

export interface ExchangeOptions {
  readonly disk: ByteDisk;
  readonly holdings: Holdings;
  readonly send: (app: string, region: string, body: ByteBody) => void;
  /** The largest part that is sent at once. */
  readonly chunkBytes: number;
  /** A region fetches these from here: it is alive and on its way. */
  readonly served: (place: Place, region: string) => void;
}

interface Offer extends Offered {
  readonly place: Place;
  readonly waiting: Map<string, number>;
  readonly confirmed: (region: string) => void;
}

interface Question {
  readonly app: string;
  readonly waiting: Set<string>;
  readonly answers: Map<string, ReadonlySet<Digest>>;
  readonly done: (answers: ReadonlyMap<string, ReadonlySet<Digest>>) => void;
  readonly deadline: number;
}

export type Part =
  | { readonly kind: "part"; readonly data: Uint8Array; readonly total: number }
  | { readonly kind: "none" | "silence" };

const OFFER_AGAIN_MS = 300;
const ASK_MS = 250;
const PART_MS = 2000;

export class Exchange {
  readonly transfers: Transfers;
  readonly #options: ExchangeOptions;
  readonly #offers = new Map<string, Offer>();
  readonly #questions = new Map<number, Question>();
  readonly #parts = new Map<number, { done: (part: Part) => void; deadline: number }>();
  #ids = 0;
  #now = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { disk, holdings, send, chunkBytes } = options;
    this.transfers = new Transfers({
      disk,
      holdings,
      send,
      chunkBytes,
      newId: () => this.#newId(),
    });
  }

  #newId(): number {
    this.#ids++;
    return this.#ids;
  }

  tick(now: number): void {
    this.#now = now;
    for (const offer of this.#offers.values()) {
      for (const [region, sentAt] of offer.waiting) {
        if (now - sentAt >= OFFER_AGAIN_MS) this.#sendOffer(offer, region);
      }
    }
    for (const [id, question] of this.#questions) {
      if (now >= question.deadline) this.#answered(id, question);
    }
    for (const [id, { done, deadline }] of this.#parts) {
      if (now < deadline) continue;
      this.#parts.delete(id);
      done({ kind: "silence" });
    }
    this.transfers.tick(now);
  }

  /** Until withdrawn; another region may be added by offering again. */
  offer(
    place: Place,
    sizeBytes: number,
    regions: readonly string[],
    confirmed: (region: string) => void,
  ): void {
    const key = placeKey(place);
    const known = this.#offers.get(key);
    const waiting = known?.waiting ?? new Map<string, number>();
    const offer = { place, digest: place.digest, sizeBytes, waiting, confirmed };
    this.#offers.set(key, offer);
    for (const region of regions) if (!waiting.has(region)) this.#sendOffer(offer, region);
  }

  withdraw(place: Place): void {
    this.#offers.delete(placeKey(place));
  }

  #sendOffer(offer: Offer, region: string): void {
    offer.waiting.set(region, this.#now);
    const { place, sizeBytes } = offer;
    const offers = [{ digest: place.digest, sizeBytes }];
    this.#options.send(place.app, region, { type: "bytes-offer", offers });
  }

  /** Which regions have which of these; those that did not answer in time are not in the answer. */
  ask(app: string, digests: readonly Digest[], done: Question["done"]): void {
    const regions = this.#options.holdings.others(app);
    const id = this.#newId();
    const deadline = this.#now + ASK_MS;
    const question = { app, waiting: new Set(regions), answers: new Map(), done, deadline };
    this.#questions.set(id, question);
    for (const region of regions)
      this.#options.send(app, region, { type: "bytes-ask", id, digests });
    if (regions.length === 0) this.#answered(id, question);
  }

  #answered(id: number, question: Question): void {
    this.#questions.delete(id);
    question.done(question.answers);
  }

  /** A part of a file from one region, for a reader who does not wait for the whole. */
  part(
    { app, digest }: Place,
    region: string,
    first: number,
    length: number,
    done: (part: Part) => void,
  ): void {
    const id = this.#newId();
    this.#parts.set(id, { done, deadline: this.#now + PART_MS });
    this.#options.send(app, region, { type: "bytes-fetch", id, digest, first, length });
  }

  message(message: ByteMessage): void {
    const { app, from } = message;
    switch (message.type) {
      case "bytes-offer":
        for (const { digest } of message.offers) this.#offeredTo({ app, digest }, from.region);
        break;
      case "bytes-has":
        for (const digest of message.digests) this.#confirmed({ app, digest }, from.region);
        break;
      case "bytes-ask": {
        const asked = message.digests.slice(0, objectLimits.asked);
        const here = (digest: Digest): boolean =>
          this.#options.holdings.sizeOf({ app, digest }) !== undefined;
        const digests = asked.filter(here);
        this.#options.send(app, from.region, { type: "bytes-told", id: message.id, digests });
        break;
      }
      case "bytes-told":
        this.#told(message.id, from.region, message.digests);
        break;
      case "bytes-fetch":
        this.#serve(app, from.region, message);
        break;
      case "bytes-chunk": {
        const { data, total } = message;
        if (!this.#partCame(message.id, { kind: "part", data, total })) {
          this.transfers.chunk(app, message);
        }
        break;
      }
      case "bytes-none":
        if (!this.#partCame(message.id, { kind: "none" })) {
          this.transfers.none(app, message, from.region);
        }
        break;
    }
  }

  #offeredTo(place: Place, region: string): void {
    const { holdings, send } = this.#options;
    if (holdings.sizeOf(place) === undefined) {
      this.transfers.offered(place, region);
      return;
    }
    holdings.touch(place);
    send(place.app, region, { type: "bytes-has", digests: [place.digest] });
  }

  #confirmed(place: Place, region: string): void {
    const offer = this.#offers.get(placeKey(place));
    if (offer?.waiting.has(region) !== true) return;
    offer.waiting.set(region, Number.POSITIVE_INFINITY);
    offer.confirmed(region);
  }

  #told(id: number, region: string, digests: readonly Digest[]): void {
    const question = this.#questions.get(id);
    if (question?.waiting.delete(region) !== true) return;
    question.answers.set(region, new Set(digests));
    if (question.waiting.size === 0) this.#answered(id, question);
  }

  #partCame(id: number, part: Part): boolean {
    const waiting = this.#parts.get(id);
    if (waiting === undefined) return false;
    this.#parts.delete(id);
    waiting.done(part);
    return true;
  }

  #serve(
    app: string,
    region: string,
    { id, digest, first, length }: Extract<ByteBody, { type: "bytes-fetch" }>,
  ): void {
    const place = { app, digest };
    const { disk, holdings, send, served } = this.#options;
    const total = holdings.sizeOf(place);
    const none = (): void => send(app, region, { type: "bytes-none", id, digest });
    const isSane = Number.isSafeInteger(first) && first >= 0 && length > 0;
    if (total === undefined || !isSane) {
      none();
      return;
    }
    served(place, region);
    const chunk = (data: Uint8Array): void =>
      send(app, region, { type: "bytes-chunk", id, digest, first, total, data });
    const most = Math.min(length, this.#options.chunkBytes, total - first);
    if (most <= 0) {
      chunk(new Uint8Array(0));
      return;
    }
    disk.read(place, first, most, (data) => {
      if (data !== undefined && data.length === most) {
        chunk(data);
        return;
      }
      none();
      // A file that is not as long as it was is no copy any more; unless it came back meanwhile.
      disk.inspect(place, (sizeBytes) => {
        if (sizeBytes !== holdings.sizeOf(place)) holdings.lost(place);
      });
    });
  }
}
