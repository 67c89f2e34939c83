/**
 * A write as a component sees it: start it once, and it is carried through fences and failovers
 * with one key until it is acknowledged, refused for good, or given up. *shell*
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { createIntentKeys } from "./api/intent-key.ts";
import { runPersistentWrite, type Waiting } from "./api/persistent-write.ts";
import { type ApiProblem, problemOf } from "./api/problem.ts";
import { newIdempotencyKey } from "./api/request.ts";
import { remember, remembered } from "./components/memory.ts";
import { useKit } from "./context.tsx";
import { wordingOf } from "./live/wording.ts";

export type WriteState =
  | { readonly phase: "idle" }
  | { readonly phase: "sending" }
  | ({ readonly phase: "waiting" } & Waiting)
  | { readonly phase: "failed"; readonly problem: ApiProblem };

export interface Write<Input> {
  readonly state: WriteState;
  readonly busy: boolean;
  start(input: Input): void;
  /** Ends the wait: the next try goes out now. */
  tryNow(): void;
  /** Gives up; what was sent before may still have happened. */
  stop(): void;
  /** Stops, and answers the key that every try of it carried: for whoever goes on with it. */
  hand(): string | undefined;
}

const intents = createIntentKeys(
  {
    read: (name) => remembered(name, "tab"),
    write: (name, value) => remember(name, value, "tab"),
  },
  newIdempotencyKey,
);

export interface WriteOptions<Input, Output> {
  /** Names the intent, for writes whose key should outlive a reload. Never for secrets. */
  readonly intent?: string;
  readonly send: (input: Input, key: string, signal: AbortSignal) => Promise<Output>;
  readonly onDone: (output: Output, input: Input) => void;
  /** True when the caller has dealt with the problem itself. */
  readonly onFailed?: (problem: ApiProblem, input: Input) => boolean;
}

export function useWrite<Input, Output>(options: WriteOptions<Input, Output>): Write<Input> {
  const { live, app } = useKit();
  const [state, setState] = useState<WriteState>({ phase: "idle" });
  const current = useRef<AbortController | undefined>(undefined);
  const key = useRef<string | undefined>(undefined);
  const wakeNow = useRef<(() => void) | undefined>(undefined);
  const latest = useRef(options);
  latest.current = options;

  useEffect(() => () => current.current?.abort(), []);

  const onWake = useCallback(
    (wake: () => void) => {
      const epochOf = () => {
        const view = live.state().apps.find((one) => one.app === app);
        return view && wordingOf(view, live.state().regions).writable ? view.epoch : undefined;
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
      current.current = abort;
      setState({ phase: "sending" });
      const settled = (next: WriteState): boolean => {
        if (current.current !== abort) return false;
        current.current = undefined;
        if (intent !== undefined) intents.forget(intent);
        setState(next);
        return true;
      };
      key.current = intent === undefined ? newIdempotencyKey() : intents.keyFor(intent, input);
      runPersistentWrite({
        key: key.current,
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
    current.current?.abort();
    current.current = undefined;
    setState({ phase: "idle" });
  }, []);

  const hand = useCallback(() => {
    const { intent } = latest.current;
    stop();
    if (intent !== undefined) intents.forget(intent);
    return key.current;
  }, [stop]);

  return {
    state,
    busy: state.phase === "sending" || state.phase === "waiting",
    start,
    tryNow: useCallback(() => wakeNow.current?.(), []),
    stop,
    hand,
  };
}
