/**
 * Port: keeps a fault of an app's code a fault of that app. *port*
 *
 * What an app leaves running behind it (a timer, a promise that it does not wait for) can fail when
 * nobody waits for it any more, and a runtime ends the process for that. A target that can tell
 * whose code it was gives a guard; the others get `noGuard`.
 */
import type { KeyValueStore } from "../key-value/port.ts";
import type { Routing } from "../routing/port.ts";

export interface AppGuard {
  /** Runs code of an app; what fails later in anything that it started is that app's fault. */
  run<Value>(app: string, work: () => Value): Value;
  /** The same for one request: rejects with the first fault in what the work started, too. */
  answer(app: string, work: () => Response | Promise<Response>): Promise<Response>;
  /** Counts a fault that was caught, and written to the log. */
  caught(app: string): void;
}

export const noGuard: AppGuard = {
  run: (_app, work) => work(),
  answer: async (_app, work) => work(),
  caught: () => undefined,
};

/** What an app may listen to: a listener that throws stops neither the others nor the region. */
export function guardListeners(
  app: string,
  { store, routing }: { readonly store: KeyValueStore; readonly routing: Routing },
  guard: AppGuard,
  tell: (error: unknown) => void,
): { readonly store: KeyValueStore; readonly routing: Routing } {
  if (guard === noGuard) return { store, routing };
  const guarded =
    <Event>(listener: (event: Event) => void) =>
    (event: Event): void => {
      try {
        guard.run(app, () => listener(event));
      } catch (error) {
        tell(error);
      }
    };
  return {
    store: withMethods(store, { subscribe: (listener) => store.subscribe(guarded(listener)) }),
    routing: withMethods(routing, {
      subscribe: (listener) => routing.subscribe(guarded(listener)),
    }),
  };
}

/** The same object with some methods replaced; what it computes when asked stays computed. */
const withMethods = <Value extends object>(value: Value, methods: Partial<Value>): Value =>
  Object.assign(Object.create(value) as Value, methods);
