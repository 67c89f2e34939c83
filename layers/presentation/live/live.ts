/**
 * Keeps a page's LiveState up to date: lists at the start, then server-sent events. *shell*
 *
 * While no event stream stands, the lists are asked every POLL_MS. The stream is opened at the
 * page's own origin and, when that is gone, at the other regions in turn.
 *
 * Invariants
 *  1 one stream and one timer at a time                                       (open, schedule)
 *  2 listeners hear of every change, and of nothing else                      (apply)
 */
import type { Api } from "../api/request.ts";
import {
  itemsOf,
  type LiveApp,
  type LiveEvent,
  type LiveRegion,
  type LiveState,
  NOTHING_LIVE,
  parseLiveEvent,
  stepLive,
} from "./live-state.ts";

const POLL_MS = 2_000;
const REOPEN_MS = 1_000;

export interface Live {
  state(): LiveState;
  subscribe(listener: () => void): () => void;
  start(api: Api): () => void;
}

export function createLive(origin: string): Live {
  let state = NOTHING_LIVE;
  const listeners = new Set<() => void>();

  const apply = (event: LiveEvent): void => {
    const next = stepLive(state, event);
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  };

  const readLists = async (api: Api, signal: AbortSignal): Promise<boolean> => {
    try {
      const [apps, regions] = await Promise.all([
        api.get<unknown>("/routing/apps", signal),
        api.get<unknown>("/routing/regions", signal),
      ]);
      apply({ type: "regions", regions: itemsOf<LiveRegion>(regions, "regions") });
      apply({ type: "apps", apps: itemsOf<Partial<LiveApp>>(apps, "apps") });
      return true;
    } catch {
      return false;
    }
  };

  const start = (api: Api): (() => void) => {
    const stop = new AbortController();
    let source: EventSource | undefined;
    let streaming = false;
    let turn = 0;
    let reopen: ReturnType<typeof setTimeout> | undefined;

    const open = (): void => {
      const origins = [origin, ...state.regions.filter((one) => one.up).map((one) => one.url)];
      const base = origins[turn % origins.length] ?? origin;
      source = new EventSource(new URL("/routing/events", base), { withCredentials: true });
      source.onopen = () => {
        streaming = true;
        apply({ type: "connection", connection: "live" });
        void readLists(api, stop.signal);
      };
      source.onerror = () => {
        streaming = false;
        source?.close();
        turn += 1;
        clearTimeout(reopen);
        if (!stop.signal.aborted) reopen = setTimeout(open, REOPEN_MS);
        void poll();
      };
      for (const type of ["record", "region", "regions", "lag", "message"]) {
        source.addEventListener(type, (message: MessageEvent<string>) => {
          const event = parseLiveEvent(type, message.data);
          if (event) apply(event);
        });
      }
    };

    const poll = async (): Promise<void> => {
      const reached = await readLists(api, stop.signal);
      if (stop.signal.aborted || streaming) return;
      apply({ type: "connection", connection: reached ? "polling" : "offline" });
    };

    const timer = setInterval(() => {
      if (!streaming && document.visibilityState === "visible") void poll();
    }, POLL_MS);
    void poll();
    open();
    return () => {
      stop.abort();
      clearInterval(timer);
      clearTimeout(reopen);
      source?.close();
    };
  };

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
  };
}
