/**
 * `GET /routing/events`: routing as server-sent events. *shell*
 *
 * A listener gets the present state first (one `record` and one `lag` per app, one `region` per
 * region, the `voters`), then every change, and a `beat` every two seconds. Nothing is numbered and
 * nothing is kept: a listener that was away gets the present state again.
 *
 * Invariants
 *  V1 a listener that does not read is dropped at BACKLOG_LIMIT waiting events              (send)
 *  V2 at most STREAMS_LIMIT listeners                                                       (open)
 */
import { lagEventOf } from "../routing/lag-news.ts";
import type { Routing, RoutingEvent } from "../routing/port.ts";
import { newsOfApp, sentEvent } from "./routing-view.ts";

const BACKLOG_LIMIT = 1_000;
const STREAMS_LIMIT = 256;
/** Sent as an event, since a page hears no comments: one that hears none for long asks elsewhere. */
const BEAT_MS = 2_000;
const BEAT = "event: beat\ndata: {}\n\n";

export interface Events {
  /** Undefined when there are too many listeners. */
  open(): ReadableStream<Uint8Array> | undefined;
  close(): void;
}

export function createEvents(routing: Routing): Events {
  const encoder = new TextEncoder();
  const streams = new Set<() => void>();

  const open = (): ReadableStream<Uint8Array> | undefined => {
    if (streams.size >= STREAMS_LIMIT) return undefined;
    let stop = (): void => undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const write = (text: string): void => {
            if ((controller.desiredSize ?? 0) <= -BACKLOG_LIMIT) end();
            else controller.enqueue(encoder.encode(text));
          };
          const send = (event: RoutingEvent): void =>
            write(`event: ${event.type}\ndata: ${JSON.stringify(sentEvent(event))}\n\n`);
          const beat = setInterval(() => write(BEAT), BEAT_MS);
          const unsubscribe = routing.subscribe(send);
          stop = () => {
            clearInterval(beat);
            unsubscribe();
            streams.delete(end);
          };
          const end = (): void => {
            stop();
            controller.close();
          };
          streams.add(end);
          write(`retry: 500\n\n${BEAT}`);
          for (const app of routing.apps()) {
            send({ type: "record", app: newsOfApp(app) });
            send(lagEventOf(app));
          }
          for (const region of routing.regions()) send({ type: "region", region });
          send({ type: "voters", voters: routing.voters() });
        },
        cancel: () => stop(),
      },
      { highWaterMark: 0 },
    );
  };

  return {
    open,
    close: () => {
      for (const end of [...streams]) end();
    },
  };
}
