/**
 * Delivers what waits in the outbox, from the region that serves identity. *shell*
 *
 *   outbox --once a second, at most AT_ONCE--> sender --done--> marked as sent
 *                                                 \--failed, late--> again after 1, 2, 4 ... 60 s
 *
 * The outbox is the queue: it is bounded by what people may ask for (attempts.ts) and by the time a
 * code is good, after which its message is not sent any more.
 *
 * Invariants
 *  V1 a message is marked after the sender took it: sent at least once, also when the region is
 *     lost in between, and then perhaps twice                                             (deliver)
 *  V2 neither what a message says nor whom it goes to is logged, nor what a sender's error says,
 *     which may repeat both                                                               (deliver)
 *  V3 at most AT_ONCE are on their way; one that hangs holds up its own place, for LIMIT_MS
 *                                                                                 (round, limited)
 */
import type { Log } from "../log.ts";
import type { Message, MessageSender, Outbox } from "./outbox.ts";

export interface DeliveryOptions {
  readonly outbox: Pick<Outbox, "waiting" | "sent">;
  readonly sender: MessageSender;
  /** Whether this region serves identity at this moment. */
  readonly serves: () => boolean;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly log: Log;
  readonly closing: AbortSignal;
}

const EVERY_MS = 1_000;
const LIMIT_MS = 10_000;
const AT_ONCE = 5;
const ATTEMPTS = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface Tried {
  readonly attempts: number;
  readonly dueMs: number;
}

export function startDelivery(options: DeliveryOptions): void {
  const { outbox, serves, nowMs, after, log, closing } = options;
  let tried = new Map<string, Tried>();
  const onTheirWay = new Set<string>();
  let isLooking = false;

  const deliver = async (message: Message): Promise<void> => {
    const { id, kind } = message;
    const attempts = (tried.get(id)?.attempts ?? 0) + 1;
    try {
      await limited(options.sender.send(message), after);
    } catch (error) {
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
      const dueMs = attempts < ATTEMPTS ? nowMs() + pauseMs : Number.POSITIVE_INFINITY;
      tried.set(id, { attempts, dueMs });
      const fields = { event: "message", id, kind, attempts, code: codeOf(error) };
      log.warn(fields, "a message could not be sent");
      return;
    }
    // Where it cannot be marked, such as after a move, whoever serves now sends it again.
    const isMarked = await outbox.sent(id);
    tried.set(id, { attempts, dueMs: nowMs() + LIMIT_MS });
    log.info({ event: "message", id, kind, attempts, isMarked }, "a message was sent");
  };

  const troubled = (error: unknown): void =>
    log.error({ event: "message", code: codeOf(error) }, "messages are not delivered");

  const round = async (): Promise<void> => {
    const waiting = await outbox.waiting();
    const ids = new Set(waiting.map(({ id }) => id));
    tried = new Map([...tried].filter(([id]) => ids.has(id)));
    const isDue = ({ id }: Message): boolean =>
      !onTheirWay.has(id) && (tried.get(id)?.dueMs ?? 0) <= nowMs();
    for (const message of waiting.filter(isDue).slice(0, AT_ONCE - onTheirWay.size)) {
      onTheirWay.add(message.id);
      deliver(message)
        .catch(troubled)
        .finally(() => onTheirWay.delete(message.id));
    }
  };

  const look = (): void => {
    if (closing.aborted) return;
    after(EVERY_MS, look);
    if (isLooking || !serves()) return;
    isLooking = true;
    round()
      .catch(troubled)
      .finally(() => {
        isLooking = false;
      });
  };
  after(EVERY_MS, look);
}

function limited(sending: Promise<void>, after: DeliveryOptions["after"]): Promise<void> {
  return new Promise((resolve, reject) => {
    after(LIMIT_MS, () => reject(Object.assign(new Error("no answer in time"), { code: "late" })));
    sending.then(resolve, reject);
  });
}

function codeOf(error: unknown): string {
  const { code, responseCode } = (error ?? {}) as { code?: unknown; responseCode?: unknown };
  const told = [code, responseCode].filter((part) => ["string", "number"].includes(typeof part));
  return told.length > 0 ? told.join(" ").slice(0, 60) : "error";
}
