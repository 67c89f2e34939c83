/**
 * Commands that come again with the same idempotency key: each is carried out once.
 * *public*, *shell*
 *
 *   same id, here ------------> the first answer, or the end of what is under way
 *   same id, in the record ---> it was carried out, perhaps through another region
 *   same key, other command --> refused
 *
 * The id of a command is the change id of what it does to the record, and the record carries its
 * last changes: so a repeat is recognised in every region, and nothing has to be stored for it.
 *
 * Not promised: that a refusal is given again by another region, or once KEPT others followed.
 */
import { failed, type Outcome } from "../../base/outcome.ts";
import type { CommandCode } from "./port.ts";
import type { RoutingRecord, RoutingView } from "./record.ts";

type Ended = Outcome<RoutingView, CommandCode>;

const KEPT = 256;
const REUSED = failed("key-reused", "the idempotency key was used for another command");

/** `key` and `request` hold no dot. */
export const commandIdOf = (key: string, request: string): string => `command.${key}.${request}`;
export const isCommandId = (text: string): boolean => /^command\.[\w-]+\.[\w-]+$/.test(text);

const keyOf = (id: string): string => id.slice(0, id.lastIndexOf("."));

/** What the record says of a command: carried out, its key used otherwise, or nothing. */
export function repeatIn(record: RoutingRecord, id: string): "done" | "reused" | undefined {
  const { journal } = record;
  if (journal.some(({ changeId }) => changeId === id)) return "done";
  const key = `${keyOf(id)}.`;
  return journal.some(({ changeId }) => changeId.startsWith(key)) ? "reused" : undefined;
}

export class Repeats {
  readonly #known = new Map<string, { readonly id: string; readonly end: Promise<Ended> }>();

  /** Without an id it is carried out whatever was before. */
  run(
    id: string | undefined,
    record: RoutingRecord | undefined,
    start: () => Promise<Ended>,
  ): Promise<Ended> {
    if (id === undefined) return start();
    const key = keyOf(id);
    const known = this.#known.get(key);
    if (known !== undefined) return known.id === id ? known.end : Promise.resolve(REUSED);
    if (record !== undefined && repeatIn(record, id) === "reused") return Promise.resolve(REUSED);
    const end = start();
    this.#known.set(key, { id, end });
    // What is not known may be asked again.
    const forget = (): void => void this.#known.delete(key);
    void end.then(({ kind }) => kind === "unknown" && forget(), forget);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return end;
  }
}
