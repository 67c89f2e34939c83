/**
 * The event streams that this page follows, shared with the other tabs of its origin. *shell*
 *
 * A page that is hidden, or gone, keeps no stream open. It still hears what others keep open.
 */
import { createBrowserHub, type StreamNews, type Wish, type Wishes } from "./stream-hub.ts";

export interface StreamListener {
  /** Open, perhaps again: what happened before was not heard. */
  opened(): void;
  lost(): void;
  event(type: string, data: string): void;
}

export interface Following {
  /** From the next time that it is opened. */
  turnTo(origins: readonly string[]): void;
  end(): void;
}

export interface Streams {
  follow(wish: Wish, listener: StreamListener): Following;
}

type Send = (wishes: Wishes) => void;

function inPage(onNews: (news: StreamNews) => void): Send {
  const hub = createBrowserHub();
  const tab = { tell: onNews };
  return (wishes) => hub.update(tab, wishes);
}

/** `onBroken`: the worker could not be loaded. */
function inWorker(onNews: (news: StreamNews) => void, onBroken: () => void): Send | undefined {
  if (!("SharedWorker" in globalThis)) return undefined;
  const worker = new SharedWorker(new URL("./stream-worker.ts", import.meta.url), {
    type: "module",
    name: "understudy streams",
  });
  worker.onerror = onBroken;
  worker.port.onmessage = ({ data }: MessageEvent<StreamNews>) => onNews(data);
  return (wishes) => worker.port.postMessage(wishes);
}

export function createStreams(): Streams {
  const followed = new Map<string, { wish: Wish; readonly listener: StreamListener }>();
  const onNews = (news: StreamNews): void => {
    const listener = followed.get(news.path)?.listener;
    if (news.kind === "event") listener?.event(news.type, news.data);
    else if (news.kind === "open") listener?.opened();
    else listener?.lost();
  };
  const onBroken = (): void => {
    send = inPage(onNews);
    tell();
  };
  let send = inWorker(onNews, onBroken) ?? inPage(onNews);
  const tell = (): void => {
    const isSeen = document.visibilityState === "visible";
    send({ isSeen, wishes: [...followed.values()].map(({ wish }) => wish) });
  };
  document.addEventListener("visibilitychange", tell);
  // Nothing tells a worker that one of its tabs is gone.
  window.addEventListener("pagehide", () => send({ isSeen: false, wishes: [] }));
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) tell();
  });
  return {
    follow(wish, listener) {
      const following = { wish, listener };
      followed.set(wish.path, following);
      tell();
      return {
        turnTo(origins) {
          if (origins.join(" ") === following.wish.origins.join(" ")) return;
          following.wish = { ...following.wish, origins };
          tell();
        },
        end() {
          if (followed.get(wish.path) !== following) return;
          followed.delete(wish.path);
          tell();
        },
      };
    },
  };
}
