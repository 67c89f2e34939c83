/**
 * `GET /photos/api/events`: that something changed, as server-sent events. *shell*
 *
 *   event: changed
 *   data: {"photos":true,"comments":["PHOTO", ...]}
 *
 * Only that, and not what: a page asks for what it shows. Changes are gathered for GATHER_MS, so
 * that an upload of a hundred photos is a handful of events. Whoever was away asks once and goes
 * on.
 *
 * Invariants
 *  V1 a listener that does not read is dropped at BACKLOG waiting events                  (send)
 *  V2 at most STREAMS listeners; photos named in one event are bounded                (open, note)
 *  V3 a stream ends with the region                                             (context.closing)
 */
import type { AppContext } from "../../layers/api/index.ts";
import { comments, photos } from "./model/tables.ts";

const GATHER_MS = 80;
/** Sent as an event, since a page hears no comments: one that hears none for long asks elsewhere. */
const BEAT_MS = 2_000;
const BEAT = "event: beat\ndata: {}\n\n";
const BACKLOG = 100;
const STREAMS = 256;
const NAMED = 200;

export interface ChangeEvents {
  /** Undefined when there are too many listeners. */
  open(): ReadableStream<Uint8Array> | undefined;
}

interface Gathered {
  photos: boolean;
  readonly comments: Set<string>;
}

export function createChangeEvents({ store, closing }: AppContext): ChangeEvents {
  const encoder = new TextEncoder();
  const listeners = new Set<{ send(text: string): void; end(): void }>();
  let gathered: Gathered | undefined;
  let unsubscribe: (() => void) | undefined;

  const flush = (): void => {
    if (gathered === undefined) return;
    const data = { photos: gathered.photos, comments: [...gathered.comments] };
    gathered = undefined;
    for (const listener of [...listeners]) {
      listener.send(`event: changed\ndata: ${JSON.stringify(data)}\n\n`);
    }
  };
  const note = ({ table, partition }: { table: string; partition: string }): void => {
    if (table !== photos.name && table !== comments.name) return;
    if (gathered === undefined) {
      gathered = { photos: false, comments: new Set() };
      setTimeout(flush, GATHER_MS);
    }
    if (table === photos.name) gathered.photos = true;
    else if (gathered.comments.size < NAMED) gathered.comments.add(partition);
  };
  closing.addEventListener("abort", () => {
    for (const listener of [...listeners]) listener.end();
  });

  return {
    open: () => {
      if (listeners.size >= STREAMS || closing.aborted) return undefined;
      let stop = (): void => undefined;
      return new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            const listener = {
              send: (text: string): void => {
                if ((controller.desiredSize ?? 0) <= -BACKLOG) listener.end();
                else controller.enqueue(encoder.encode(text));
              },
              end: (): void => {
                stop();
                controller.close();
              },
            };
            const beat = setInterval(() => listener.send(BEAT), BEAT_MS);
            stop = () => {
              clearInterval(beat);
              listeners.delete(listener);
              if (listeners.size > 0) return;
              unsubscribe?.();
              unsubscribe = undefined;
            };
            listeners.add(listener);
            unsubscribe ??= store.subscribe(note);
            listener.send(`retry: 500\n\n${BEAT}`);
          },
          cancel: () => stop(),
        },
        { highWaterMark: 0 },
      );
    },
  };
}
