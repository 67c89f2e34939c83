/**
 * The event streams of all tabs of an origin: one of each, however many tabs follow it. *shell*
 *
 * A browser opens six connections to a host over HTTP/1.1. With a stream a tab, the seventh tab
 * could load nothing. The hub runs in a worker that the tabs share (stream-worker.ts), and in the
 * page where a browser has none.
 *
 *   tab --Wishes--> hub --one EventSource for each path--> region
 *   tab <--StreamNews--
 *
 * Invariants
 *  1 at most one stream for each path                                          (#review)
 *  2 no stream while no tab that follows it is seen                            (#review)
 *  3 a tab that comes later hears at once that the stream is open              (update)
 *  4 a stream is lost that does not open, or falls silent after its first beat, within SILENT_MS:
 *    a region that is frozen or cut off ends no connection                     (#open)
 */
export interface Wish {
  readonly path: string;
  /** The event names to listen to. */
  readonly types: readonly string[];
  /** Where to ask, in turn. */
  readonly origins: readonly string[];
}

/** All that a tab wants; replaces what it wanted before. */
export interface Wishes {
  readonly isSeen: boolean;
  readonly wishes: readonly Wish[];
}

export type StreamNews =
  | { readonly kind: "open" | "lost"; readonly path: string }
  | {
      readonly kind: "event";
      readonly path: string;
      readonly type: string;
      readonly data: string;
    };

export interface Tab {
  tell(news: StreamNews): void;
}

/** What the hub needs of an EventSource. */
export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  addEventListener(type: string, listener: (message: { readonly data: string }) => void): void;
  close(): void;
}

export interface HubPorts {
  readonly open: (url: string) => Source;
  readonly after: (ms: number, run: () => void) => () => void;
}

/** The name of the event that a stream sends every few seconds, only to be heard. */
const BEAT = "beat";
const SILENT_MS = 6_000;
const REOPEN_FIRST_MS = 1_000;
const REOPEN_MOST_MS = 5_000;

interface Stream {
  source: Source | undefined;
  isOpen: boolean;
  failures: number;
  cancel: () => void;
}

export class StreamHub {
  readonly #ports: HubPorts;
  readonly #tabs = new Map<Tab, Wishes>();
  readonly #streams = new Map<string, Stream>();

  constructor(ports: HubPorts) {
    this.#ports = ports;
  }

  update(tab: Tab, wanted: Wishes): void {
    const before = this.#tabs.get(tab)?.wishes ?? [];
    if (wanted.wishes.length === 0) this.#tabs.delete(tab);
    else this.#tabs.set(tab, wanted);
    for (const { path } of wanted.wishes) {
      const isNew = !before.some((wish) => wish.path === path);
      if (isNew && this.#streams.get(path)?.isOpen) tab.tell({ kind: "open", path });
    }
    const paths = [...before, ...wanted.wishes].map(({ path }) => path);
    for (const path of new Set(paths)) this.#review(path);
  }

  /** The latest wish of a tab that is seen. */
  #wishFor(path: string): Wish | undefined {
    return [...this.#tabs.values()]
      .filter(({ isSeen }) => isSeen)
      .flatMap(({ wishes }) => wishes)
      .findLast((wish) => wish.path === path);
  }

  #review(path: string): void {
    const isWanted = this.#wishFor(path) !== undefined;
    const stream = this.#streams.get(path);
    if (isWanted && stream === undefined) {
      const fresh = { source: undefined, isOpen: false, failures: 0, cancel: () => undefined };
      this.#streams.set(path, fresh);
      this.#open(path, fresh);
    }
    if (isWanted || stream === undefined) return;
    stream.cancel();
    stream.source?.close();
    this.#streams.delete(path);
    this.#tell({ kind: "lost", path });
  }

  #open(path: string, stream: Stream): void {
    const wish = this.#wishFor(path);
    if (wish === undefined) return;
    const { origins, types } = wish;
    const origin = origins[stream.failures % origins.length] ?? "";
    const source = this.#ports.open(new URL(path, origin).href);
    stream.source = source;
    const lose = (): void => {
      source.close();
      stream.cancel();
      if (this.#streams.get(path) !== stream) return;
      // The next one in turn, and further apart while none of them answers.
      stream.failures = stream.isOpen ? 1 : stream.failures + 1;
      stream.isOpen = false;
      this.#tell({ kind: "lost", path });
      const rounds = Math.floor((stream.failures - 1) / origins.length);
      const waitMs = Math.min(REOPEN_MOST_MS, REOPEN_FIRST_MS * 2 ** rounds);
      stream.cancel = this.#ports.after(waitMs, () => this.#open(path, stream));
    };
    stream.cancel = this.#ports.after(SILENT_MS, lose);
    source.onopen = () => {
      stream.cancel();
      stream.isOpen = true;
      this.#tell({ kind: "open", path });
    };
    source.onerror = lose;
    // A region of the version before sends none: it is not taken for one that fell silent.
    source.addEventListener(BEAT, () => {
      stream.cancel();
      stream.cancel = this.#ports.after(SILENT_MS, lose);
    });
    for (const type of types) {
      source.addEventListener(type, ({ data }) => this.#tell({ kind: "event", path, type, data }));
    }
  }

  #tell(news: StreamNews): void {
    for (const [tab, { wishes }] of this.#tabs) {
      if (wishes.some(({ path }) => path === news.path)) tab.tell(news);
    }
  }
}

/** With the browser's own event sources and timers. */
export const createBrowserHub = (): StreamHub =>
  new StreamHub({
    open: (url) => new EventSource(url, { withCredentials: true }) as unknown as Source,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
