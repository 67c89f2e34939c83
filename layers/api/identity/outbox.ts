/**
 * Messages to people: kept with the effect they tell of, sent by whoever can. *shell*
 *
 * The row commits with the code it carries, so that a region lost in between loses neither. Where a
 * deployment names no way to send them, operators read the messages in the console.
 *
 * Invariants
 *  O1 what a message says is sealed at rest                                                (put)
 *  O2 a message of no more use is not sent: its code has expired                      (waiting)
 */
import type { ReadOptions, ReadOutcome, Write } from "../../key-value/port.ts";
import { RESET_MS } from "./one-time-codes.ts";
import { type IdentityParts, secondsAfter } from "./parts.ts";
import { type OutboxMessage, outbox } from "./tables.ts";

export interface Message {
  readonly id: string;
  readonly kind: "password-reset";
  readonly username: string;
  readonly to: string | undefined;
  readonly code: string;
  readonly createdOn: string;
  readonly sentOn: string | undefined;
}

/** Port: what carries messages to people. *port* May be called twice for one message id. */
export interface MessageSender {
  send(message: Message): Promise<void>;
}

export interface Outbox {
  put(
    id: string,
    message: Pick<OutboxMessage, "kind" | "username" | "to">,
    code: string,
  ): Promise<Write>;
  /** The newest first; what has expired is left out. */
  list(reading: ReadOptions): Promise<ReadOutcome<readonly Message[]>>;
  /** What has an address, was not sent, and is still of use: the oldest first, at most WAITING. */
  waiting(): Promise<readonly Message[]>;
  /** Whether the message is marked as sent. */
  sent(id: string): Promise<boolean>;
}

const KEPT_MS = 86_400_000;
const BOX = "mail";
const LISTED = 200;
const WAITING = 100;

export function createOutbox({
  store,
  sealing,
  nowMs,
}: Pick<IdentityParts, "store" | "sealing" | "nowMs">): Outbox {
  const opened = async (items: readonly OutboxMessage[]): Promise<Message[]> => {
    const messages: Message[] = [];
    for (const item of items) {
      if (item.kind === "nobody" || item.expires * 1000 <= nowMs()) continue;
      const code = await sealing.open(item.sealed, item.id);
      if (code === undefined) continue;
      const { id, kind, username, to, createdOn, sentOn } = item;
      messages.push({ id, kind, username, to, code, createdOn, sentOn });
    }
    return messages;
  };
  const list: Outbox["list"] = async (reading) => {
    const read = await store.query(
      outbox,
      { partition: BOX, order: "descending", limit: LISTED },
      reading,
    );
    if (read.kind === "failed") return read;
    return { ...read, value: await opened(read.value.items.map(({ item }) => item)) };
  };

  return {
    put: async (id, message, code) => {
      const now = nowMs();
      // Ordered by time; the id makes it unique.
      const key = `${new Date(now).toISOString()}.${id}`;
      const item: OutboxMessage = {
        ...message,
        box: BOX,
        id: key,
        sealed: await sealing.seal(code, key),
        createdOn: new Date(now).toISOString(),
        expires: secondsAfter(now, KEPT_MS),
      };
      return { kind: "put", table: outbox, item };
    },
    list,
    waiting: async () => {
      const from = new Date(nowMs() - RESET_MS).toISOString();
      const range = { partition: BOX, from, limit: WAITING } as const;
      const waiting: Message[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.query(outbox, { ...range, ...(cursor && { cursor }) });
        if (page.kind === "failed") return [];
        const messages = await opened(page.value.items.map(({ item }) => item));
        waiting.push(
          ...messages.filter(({ sentOn, to }) => sentOn === undefined && to !== undefined),
        );
        cursor = page.value.cursor;
      } while (cursor !== undefined && waiting.length < WAITING);
      return waiting;
    },
    sent: async (id) => {
      const found = await store.get(outbox, { box: BOX, id });
      if (found.kind === "failed" || found.value === undefined) return false;
      const item = { ...found.value.item, sentOn: new Date(nowMs()).toISOString() };
      const put = { kind: "put", table: outbox, item, ifVersion: found.value.version } as const;
      return (await store.transact([put])).kind === "ok";
    },
  };
}
