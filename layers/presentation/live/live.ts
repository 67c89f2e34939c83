/**
 * Keeps a page's LiveState up to date: lists at the start, then server-sent events. *shell*
 *
 * While no event stream stands, the lists are asked every POLL_MS. The stream is shared with the
 * other tabs (streams.ts); it is opened at the page's own origin and, when that is gone, at the
 * other regions in turn.
 *
 * Invariants
 *  1 one stream and one timer at a time                                       (start)
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
  votersIn,
} from "./live-state.ts";
import type { Streams } from "./streams.ts";

const POLL_MS = 2_000;
const EVENTS = {
  path: "/routing/events",
  types: ["record", "region", "regions", "voters", "lag", "message"],
};

export interface Live {
  state(): LiveState;
  subscribe(listener: () => void): () => void;
  start(api: Api): () => void;
  /** Takes what somebody else knows, where no region can say it. */
  learn(event: LiveEvent): void;
}

export function createLive(origin: string, streams: Streams): Live {
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
      const [apps, regions, voters] = await Promise.all([
        api.get<unknown>("/routing/apps", signal),
        api.get<unknown>("/routing/regions", signal),
        // A region of the version before has no such list.
        api.get<unknown>("/routing/voters", signal).catch(() => undefined),
      ]);
      apply({ type: "regions", regions: itemsOf<LiveRegion>(regions, "regions") });
      apply({ type: "voters", voters: votersIn(voters) });
      apply({ type: "apps", apps: itemsOf<Partial<LiveApp>>(apps, "apps") });
      return true;
    } catch {
      return false;
    }
  };

  const start = (api: Api): (() => void) => {
    const stop = new AbortController();
    let streaming = false;
    const isSeen = (): boolean => document.visibilityState === "visible";
    const origins = (): readonly string[] => [
      origin,
      ...state.regions.filter((one) => one.up).map((one) => one.url),
    ];

    const poll = async (): Promise<void> => {
      const reached = await readLists(api, stop.signal);
      if (stop.signal.aborted || streaming) return;
      apply({ type: "connection", connection: reached ? "polling" : "offline" });
    };

    const following = streams.follow(
      { ...EVENTS, origins: origins() },
      {
        opened() {
          streaming = true;
          apply({ type: "connection", connection: "live" });
          void readLists(api, stop.signal);
        },
        lost() {
          streaming = false;
          // A hidden page follows nothing, and asks again when it is seen.
          if (isSeen()) void poll();
        },
        event(type, data) {
          const event = parseLiveEvent(type, data);
          if (event) apply(event);
        },
      },
    );
    const onRegions = (): void => following.turnTo(origins());
    listeners.add(onRegions);

    const timer = setInterval(() => {
      if (!streaming && isSeen()) void poll();
    }, POLL_MS);
    void poll();
    return () => {
      stop.abort();
      clearInterval(timer);
      listeners.delete(onRegions);
      following.end();
    };
  };

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    learn: apply,
  };
}
