/**
 * Follows the routing record: one event stream per region, whoever pushes first is first. *shell*
 *
 * `GET /routing/events` of every region is kept open and opened again at once when it ends; with
 * each opening the whole list is read as well (`GET /routing/apps`), since events may have been
 * missed. Nothing is decided here: the table keeps the highest version per app (router.ts), so
 * order and repetition do not matter, and the last record stays when every region is gone.
 */
import { createEventParser } from "./event-stream.ts";
import type { Fact } from "./router.ts";
import type { Flight, FlightListener, Upstream } from "./upstream.ts";

export interface Follower {
  close(): void;
}

const FIRST_PAUSE_MS = 20;
const MOST_PAUSE_MS = 500;
const LIST_MOST_BYTES = 4 * 1024 * 1024;

export function followRegion(
  upstream: Upstream,
  tell: (fact: Fact) => void,
  ended: () => void,
): Follower {
  let closed = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  const flights = new Set<Flight>();

  const again = (): void => {
    if (closed) return;
    timer = setTimeout(open, pauseMs * (0.75 + Math.random() / 2));
    timer.unref();
    pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
  };

  const get = (path: string, accept: string, listener: FlightListener): void => {
    const headers = ["accept", accept];
    flights.add(upstream.send({ method: "GET", path, headers, body: null }, listener));
  };

  const open = (): void => {
    const parse = createEventParser((type, data) => {
      for (const fact of factsOf(type, data)) tell(fact);
    });
    get("/routing/events", "text/event-stream", {
      onHead(_flight, status) {
        if (status !== 200) return;
        pauseMs = FIRST_PAUSE_MS;
        readList();
      },
      onData: (_flight, chunk) => parse(chunk),
      onEnd: (flight) => {
        flights.delete(flight);
        ended();
        again();
      },
      onBroke: (flight) => {
        flights.delete(flight);
        ended();
        again();
      },
    });
  };

  const readList = (): void => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    get("/routing/apps", "application/json", {
      onHead: () => undefined,
      onData(_flight, chunk) {
        bytes += chunk.length;
        if (bytes <= LIST_MOST_BYTES) chunks.push(chunk);
      },
      onEnd(flight) {
        flights.delete(flight);
        for (const view of appsIn(Buffer.concat(chunks).toString())) {
          const fact = recordOf(view);
          if (fact !== undefined) tell(fact);
        }
      },
      onBroke: (flight) => flights.delete(flight),
    });
  };

  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      for (const flight of flights) flight.abort();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{items: [...]}`, `{apps: [...]}` or a bare list. */
function appsIn(text: string): readonly unknown[] {
  const body = parsed(text);
  if (Array.isArray(body)) return body;
  const { items, apps } = (body ?? {}) as Record<string, unknown>;
  const list = items ?? apps;
  return Array.isArray(list) ? list : [];
}

function factsOf(type: string, data: string): readonly Fact[] {
  const event = parsed(data) as { type?: unknown; app?: unknown } | null | undefined;
  if (typeof event !== "object" || event === null) return [];
  if ((event.type ?? type) !== "record") return [];
  const fact = recordOf(typeof event.app === "object" ? event.app : event);
  return fact === undefined ? [] : [fact];
}

/** A record as a region tells it; undefined when it is not one. */
export function recordOf(view: unknown): Fact | undefined {
  const { app, version, epoch, phase, servingRegions } = (view ?? {}) as Record<string, unknown>;
  if (typeof app !== "string" || typeof version !== "number" || typeof epoch !== "number") {
    return undefined;
  }
  if (!Array.isArray(servingRegions) || !servingRegions.every((id) => typeof id === "string")) {
    return undefined;
  }
  return { type: "record", app, version, epoch, fenced: phase === "fenced", servingRegions };
}
