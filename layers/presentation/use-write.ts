/**
 * A write as a component sees it: start it once, and it is carried through fences and failovers
 * with one key until it is acknowledged, refused for good, or given up. *shell*
 *
 *   idle --start--> sending --> waiting --acknowledged--> idle
 *                      \           \--refused--> failed
 *                       \-----------\--the page is left--> the outbox, under the same key
 *
 * Invariants
 *  1 a write with `later` outlives its component and its page                      (leave)
 *  2 every try of one intent carries the same key, also from the outbox            (key)
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { createIntentKeys } from "./api/intent-key.ts";
import { runPersistentWrite, type Waiting } from "./api/persistent-write.ts";
import { type ApiProblem, problemOf } from "./api/problem.ts";
import { newIdempotencyKey } from "./api/request.ts";
import { remember, remembered } from "./components/memory.ts";
import { useKit, useLive } from "./context.tsx";
import { type Obstacle, obstacleOf } from "./live/obstacle.ts";
import { wordingOf } from "./live/wording.ts";

export type WriteState =
  | { readonly phase: "idle" }
  | { readonly phase: "sending" }
  | ({ readonly phase: "waiting" } & Waiting)
  | { readonly phase: "failed"; readonly problem: ApiProblem };

export interface Write<Input> {
  readonly state: WriteState;
  readonly busy: boolean;
  /** What the page already knows to be in the way, before any answer. */
  readonly obstacle: Obstacle | undefined;
  /** Whether it is still sent after this page was left. */
  readonly outlives: boolean;
  start(input: Input): void;
  /** Ends the wait: the next try goes out now. */
  tryNow(): void;
  /** Gives up; what was sent before may still have happened. */
  stop(): void;
  /** Leaves it to the outbox, where it has a `later`. */
  leave(): void;
}

const intents = createIntentKeys(
  {
    read: (name) => remembered(name, "tab"),
    write: (name, value) => remember(name, value, "tab"),
  },
  newIdempotencyKey,
);

/** The same write, as the outbox sends it. */
export interface Later {
  readonly path: string;
  readonly body: string;
  /** For people: what it is. */
  readonly label: string;
}

export interface WriteOptions<Input, Output> {
  /** Names the intent, for writes whose key should outlive a reload. Never for secrets. */
  readonly intent?: string;
  /** The app that is written to; by default the one whose page this is. */
  readonly app?: string;
  readonly send: (input: Input, key: string, signal: AbortSignal) => Promise<Output>;
  readonly onDone: (output: Output, input: Input) => void;
  /** True when the caller has dealt with the problem itself. */
  readonly onFailed?: (problem: ApiProblem, input: Input) => boolean;
  /** Where given, an unfinished write goes to the outbox when its page is left or reloaded. */
  readonly later?: (input: Input) => Later;
  /** It went to the outbox: a draft of it would be sent twice. */
  readonly onLeft?: () => void;
}

const LABEL_CHARS = 120;

interface Current<Input> {
  readonly abort: AbortController;
  readonly input: Input;
  readonly key: string;
}

export function useWrite<Input, Output>(options: WriteOptions<Input, Output>): Write<Input> {
  const { live, outbox, app: ownApp } = useKit();
  const app = options.app ?? ownApp;
  const [state, setState] = useState<WriteState>({ phase: "idle" });
  const current = useRef<Current<Input> | undefined>(undefined);
  const wakeNow = useRef<(() => void) | undefined>(undefined);
  const latest = useRef(options);
  latest.current = options;

  const onWake = useCallback(
    (wake: () => void) => {
      const epochOf = () => {
        const view = live.state().apps.find((one) => one.app === app);
        return view && wordingOf(view, live.state()).writable ? view.epoch : undefined;
      };
      const before = epochOf();
      wakeNow.current = wake;
      const stop = live.subscribe(() => {
        const now = epochOf();
        if (now !== undefined && now !== before) wake();
      });
      return () => {
        wakeNow.current = undefined;
        stop();
      };
    },
    [live, app],
  );

  const start = useCallback(
    (input: Input) => {
      if (current.current) return;
      const abort = new AbortController();
      const { intent } = latest.current;
      const key = intent === undefined ? newIdempotencyKey() : intents.keyFor(intent, input);
      current.current = { abort, input, key };
      setState({ phase: "sending" });
      const settled = (next: WriteState): boolean => {
        if (current.current?.abort !== abort) return false;
        current.current = undefined;
        if (intent !== undefined) intents.forget(intent);
        setState(next);
        return true;
      };
      runPersistentWrite({
        key,
        send: (key, signal) => latest.current.send(input, key, signal),
        onWaiting: (waiting) => setState({ phase: "waiting", ...waiting }),
        signal: abort.signal,
        onWake,
      }).then(
        (output) => {
          if (settled({ phase: "idle" })) latest.current.onDone(output, input);
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const problem = problemOf(error);
          const handled = latest.current.onFailed?.(problem, input) ?? false;
          settled(handled ? { phase: "idle" } : { phase: "failed", problem });
        },
      );
    },
    [onWake],
  );

  const stop = useCallback(() => {
    current.current?.abort.abort();
    current.current = undefined;
    setState({ phase: "idle" });
  }, []);

  const leave = useCallback(() => {
    const left = current.current;
    const { later, intent, onLeft } = latest.current;
    if (left === undefined || later === undefined) return;
    const { path, body, label } = later(left.input);
    try {
      outbox.add(path, { body, key: left.key, label: label.slice(0, LABEL_CHARS) });
    } catch {
      // It is full: the write goes on here, and the draft of it stays.
      return;
    }
    stop();
    if (intent !== undefined) intents.forget(intent);
    onLeft?.();
  }, [outbox, stop]);

  useEffect(() => {
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
      stop();
    };
  }, [leave, stop]);

  return {
    state,
    busy: state.phase === "sending" || state.phase === "waiting",
    obstacle: obstacleOf(useLive(), app),
    outlives: options.later !== undefined,
    start,
    tryNow: useCallback(() => wakeNow.current?.(), []),
    stop,
    leave,
  };
}
