/**
 * Messages to people: kept with the effect they tell of, sent by whoever can. *shell*
 *
 * The row commits with the code it carries, so that a region lost in between loses neither. Where
 * there is no sender (the local target), operators read the messages in the console.
 *
 * Invariants
 *  O1 what a message says is sealed at rest                                                (put)
 *  O2 a message is marked as sent after it was, so that it is sent at least once       (deliver)
 */
import type { ReadOptions, ReadOutcome, Write } from "../../key-value/port.ts";
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
  /** Sends what waits, the oldest first; answers how many were sent. For the region that serves. */
  deliver(sender: MessageSender): Promise<number>;
}

const KEPT_MS = 86_400_000;
const BOX = "mail";
const LISTED = 200;

export function createOutbox({
  store,
  sealing,
  nowMs,
}: Pick<IdentityParts, "store" | "sealing" | "nowMs">): Outbox {
  const list: Outbox["list"] = async (reading) => {
    const read = await store.query(
      outbox,
      { partition: BOX, order: "descending", limit: LISTED },
      reading,
    );
    if (read.kind === "failed") return read;
    const messages: Message[] = [];
    for (const { item } of read.value.items) {
      if (item.kind === "nobody" || item.expires * 1000 <= nowMs()) continue;
      const code = await sealing.open(item.sealed, item.id);
      if (code === undefined) continue;
      const { id, kind, username, to, createdOn, sentOn } = item;
      messages.push({ id, kind, username, to, code, createdOn, sentOn });
    }
    return { ...read, value: messages };
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
    deliver: async (sender) => {
      const read = await list({});
      if (read.kind === "failed") return 0;
      let sent = 0;
      for (const message of [...read.value].reverse()) {
        if (message.sentOn !== undefined || message.to === undefined) continue;
        await sender.send(message);
        const found = await store.get(outbox, { box: BOX, id: message.id });
        if (found.kind === "failed" || found.value === undefined) continue;
        const item = { ...found.value.item, sentOn: new Date(nowMs()).toISOString() };
        await store.transact([
          { kind: "put", table: outbox, item, ifVersion: found.value.version },
        ]);
        sent++;
      }
      return sent;
    },
  };
}
