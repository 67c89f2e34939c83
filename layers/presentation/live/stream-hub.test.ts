import { expect, test } from "vitest";
import { type Source, StreamHub, type StreamNews, type Wishes } from "./stream-hub.ts";

const PATH = "/routing/events";
const wants = (isSeen = true, origins = ["http://a.test", "http://b.test"]): Wishes => ({
  isSeen,
  wishes: [{ path: PATH, types: ["record"], origins }],
});

interface FakeSource extends Source {
  readonly url: string;
  isClosed: boolean;
  send(type: string, data: string): void;
}

function setUp() {
  const sources: FakeSource[] = [];
  const waits: (() => void)[] = [];
  const open = (url: string): Source => {
    const listeners = new Map<string, (message: { readonly data: string }) => void>();
    const source: FakeSource = {
      url,
      isClosed: false,
      onopen: null,
      onerror: null,
      addEventListener: (type, listener) => void listeners.set(type, listener),
      send: (type, data) => listeners.get(type)?.({ data }),
      close() {
        source.isClosed = true;
      },
    };
    sources.push(source);
    return source;
  };
  const after = (_: number, run: () => void) => {
    waits.push(run);
    return () => {
      const at = waits.indexOf(run);
      if (at >= 0) waits.splice(at, 1);
    };
  };
  const hub = new StreamHub({ open, after });
  const tab = () => {
    const heard: StreamNews[] = [];
    return { heard, tell: (news: StreamNews) => void heard.push(news) };
  };
  const openOnes = () => sources.filter(({ isClosed }) => !isClosed);
  return { hub, tab, sources, waits, openOnes };
}

test("ten tabs share one stream, and each hears every event", () => {
  const { hub, tab, sources } = setUp();
  const tabs = Array.from({ length: 10 }, tab);
  for (const one of tabs) hub.update(one, wants());
  expect(sources).toHaveLength(1);
  sources[0]?.onopen?.();
  sources[0]?.send("record", "{}");
  for (const { heard } of tabs) {
    expect(heard).toEqual([
      { kind: "open", path: PATH },
      { kind: "event", path: PATH, type: "record", data: "{}" },
    ]);
  }
});

test("a tab that comes later hears that the stream is open", () => {
  const { hub, tab, sources } = setUp();
  hub.update(tab(), wants());
  sources[0]?.onopen?.();
  const late = tab();
  hub.update(late, wants());
  expect(late.heard).toEqual([{ kind: "open", path: PATH }]);
});

test("no stream is open while every tab is hidden or gone, and one is when a tab is seen again", () => {
  const { hub, tab, sources, openOnes } = setUp();
  const [first, second] = [tab(), tab()];
  hub.update(first, wants());
  hub.update(second, wants(false));
  sources[0]?.onopen?.();
  hub.update(first, { isSeen: false, wishes: [] });
  expect(openOnes()).toHaveLength(0);
  expect(second.heard).toEqual([
    { kind: "open", path: PATH },
    { kind: "lost", path: PATH },
  ]);
  hub.update(second, wants());
  expect(openOnes()).toHaveLength(1);
});

test("a stream that is lost is opened at the next region in turn", () => {
  const { hub, tab, sources, waits } = setUp();
  const one = tab();
  hub.update(one, wants());
  sources[0]?.onopen?.();
  sources[0]?.onerror?.();
  waits.shift()?.();
  sources[1]?.onerror?.();
  waits.shift()?.();
  expect(sources.map(({ url }) => url)).toEqual([
    `http://a.test${PATH}`,
    `http://b.test${PATH}`,
    `http://a.test${PATH}`,
  ]);
  expect(one.heard.map(({ kind }) => kind)).toEqual(["open", "lost", "lost"]);
});

test("a stream that falls silent is lost, as is one that never opens", () => {
  const { hub, tab, sources, waits } = setUp();
  const one = tab();
  hub.update(one, wants());
  expect(waits).toHaveLength(1);
  sources[0]?.onopen?.();
  for (let beats = 0; beats < 3; beats++) sources[0]?.send("beat", "{}");
  expect(waits).toHaveLength(1);
  waits.shift()?.();
  expect(sources[0]?.isClosed).toBe(true);
  waits.shift()?.();
  waits.shift()?.();
  expect(sources.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  expect(one.heard.map(({ kind }) => kind)).toEqual(["open", "lost", "lost"]);
});

test("a stream that never sent a beat may be silent", () => {
  const { hub, tab, sources, waits } = setUp();
  hub.update(tab(), wants());
  sources[0]?.onopen?.();
  sources[0]?.send("record", "{}");
  expect(waits).toHaveLength(0);
});
