/**
 * Users who submit tickets at a steady rate, straight to the regions, for tests with real
 * processes. *shell*
 *
 * Each ticket has an idempotency key and is sent until it is acknowledged, first to the region that
 * was asked last, then to the others in turn; so the time between two acknowledgements is what a
 * careful client would have waited.
 */

import { Agent, request } from "undici";
import { ampleMs } from "./limits.ts";

export interface Acknowledged {
  readonly id: string;
  readonly description: string;
  readonly region: string;
  readonly epoch: number;
  /** performance.now() */
  readonly at: number;
}

export interface TicketLoad {
  readonly acknowledged: readonly Acknowledged[];
  /** Answers that were neither a success nor a refusal that promises that nothing happened. */
  readonly surprises: readonly string[];
  /** Tickets that are on their way. */
  readonly open: number;
  /** Sends no more, and waits for those that are on their way. */
  stop(): Promise<void>;
}

export interface TicketLoadOptions {
  /** Looked at for each ticket: a load may go on for longer than a token is good. */
  readonly token: string;
  readonly urls: () => readonly string[];
  readonly perSecond: number;
  /** What tells this load's tickets from others'. */
  readonly name: string;
  /** Makes each ticket so much longer. */
  readonly padding?: string;
}

const TRY_LIMIT_MS = 150;
const LONG_TRY_LIMIT_MS = 1000;
/** As many users there are: who waits for an answer submits nothing new. */
const MOST_OPEN = 50;
const CONNECT_LIMIT_MS = ampleMs(1000);
/** So short that it is not seen in the gap; after QUICK_TRIES longer, or the load is the outage. */
const PAUSE_MS = 5;
const QUICK_TRIES = 20;
const LONG_PAUSE_MS = 100;
const GIVE_UP_MS = ampleMs(30_000);

export function startTicketLoad(options: TicketLoadOptions): TicketLoad {
  const { urls, perSecond, name, padding = "" } = options;
  const agent = new Agent({ connections: 64, connect: { timeout: CONNECT_LIMIT_MS } });
  const acknowledged: Acknowledged[] = [];
  const surprises: string[] = [];
  const open = new Set<Promise<void>>();
  let preferred = 0;
  let count = 0;
  let owed = 0;
  let lastAt = performance.now();

  const submit = async (number: number): Promise<void> => {
    const description = `${name}: ticket number ${number} of a steady load${padding}`;
    const until = performance.now() + GIVE_UP_MS;
    const first = preferred;
    for (let attempt = first; performance.now() < until; attempt++) {
      const known = urls();
      const isQuick = attempt - first < QUICK_TRIES;
      preferred = attempt % known.length;
      const url = known[attempt % known.length];
      if (url === undefined) continue;
      try {
        const answer = await request(`${url}/tickets/api/tickets`, {
          dispatcher: agent,
          method: "POST",
          headers: {
            authorization: `Bearer ${options.token}`,
            "content-type": "application/json",
            "idempotency-key": `${name}-${number}`,
          },
          body: JSON.stringify({ description }),
          // undici's own time-outs are as coarse as a second.
          signal: AbortSignal.timeout(isQuick ? TRY_LIMIT_MS : LONG_TRY_LIMIT_MS),
        });
        const body = (await answer.body.json()) as { id?: string };
        if (answer.statusCode === 201 && body.id !== undefined) {
          const region = String(answer.headers["understudy-region"]);
          const epoch = Number(answer.headers["understudy-epoch"]);
          acknowledged.push({ id: body.id, description, region, epoch, at: performance.now() });
          return;
        }
        const isExpected = answer.statusCode === 503 || answer.statusCode === 504;
        if (!isExpected) surprises.push(`${answer.statusCode} ${JSON.stringify(body)}`);
      } catch {
        // Refused, reset or silent: the next region is asked.
      }
      const pauseMs = isQuick ? PAUSE_MS : LONG_PAUSE_MS * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    surprises.push(`ticket ${number} was never acknowledged`);
  };
  const timer = setInterval(() => {
    const at = performance.now();
    owed += ((at - lastAt) * perSecond) / 1000;
    lastAt = at;
    for (; owed >= 1; owed--) {
      if (open.size >= MOST_OPEN) continue;
      const one: Promise<void> = submit(count++).finally(() => open.delete(one));
      open.add(one);
    }
  }, 5);
  let stopping: Promise<void> | undefined;
  return {
    acknowledged,
    surprises,
    get open() {
      return open.size;
    },
    stop: () => {
      clearInterval(timer);
      stopping ??= Promise.all(open).then(() => agent.close());
      return stopping;
    },
  };
}

/** The longest time without an acknowledgement that ends after `since`. */
export function longestGapAfter(acknowledged: readonly Acknowledged[], since: number): number {
  const times = acknowledged.map(({ at }) => at).sort((a, b) => a - b);
  let longest = 0;
  for (const [index, at] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined && at > since) longest = Math.max(longest, at - before);
  }
  return longest;
}
