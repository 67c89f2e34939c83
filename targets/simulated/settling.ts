/**
 * Lets the promises of real code run while virtual time stands still. *shell*
 *
 *   event --resolves a promise--> mark() --before the next event--> settle()
 *
 * Handlers and clients are real code: between two events of the world their promises have to run,
 * and some of them wait for WebCrypto, which works on the thread pool. `settle` returns when
 * nothing is left to run: real work is counted, everything else is done after two turns of the loop
 * without news.
 *
 * Invariants
 *  T1 no event happens while real work is under way, so its real duration shows nowhere (settle)
 *  T2 results are seen in the order of the events that asked for them, one event at a time (mark)
 *  T3 a test that fakes timers or the date changes nothing here: the turns of the loop are real
 *     (`setImmediate` of node:timers, which is not the global one)
 * Not promised: that bytes made by WebCrypto (keys, tokens, nonces) repeat with the seed. Only
 * their values differ between two runs of one seed; no decision and no length depends on them.
 */
import { setImmediate as nextTurn } from "node:timers";

const QUIET_TURNS = 2;
const METHODS = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
] as const;

let underWay = 0;
let isCounting = false;

/** WebCrypto goes on as it is; what is under way is counted. */
function countRealWork(): void {
  if (isCounting) return;
  isCounting = true;
  const subtle = crypto.subtle as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const method of METHODS) {
    const original = subtle[method];
    if (original === undefined) continue;
    subtle[method] = (...given) => {
      underWay++;
      const ended = (): void => {
        underWay--;
      };
      const result = original.apply(crypto.subtle, given) as Promise<unknown>;
      result.then(ended, ended);
      return result;
    };
  }
}

export class Settling {
  #isDue = false;
  #news = 0;

  constructor() {
    countRealWork();
  }

  /** Something that real code waits for has happened. */
  mark(): void {
    this.#isDue = true;
    this.#news++;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#news;
      await new Promise<void>((resolve) => nextTurn(resolve));
      quiet = underWay > 0 || this.#news !== before ? 0 : quiet + 1;
    }
    this.#isDue = false;
  }
}
