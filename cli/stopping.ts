/** How a command that runs until it is stopped learns that it is to stop. *adapter* */
import { isatty } from "node:tty";
import { STATUS } from "./failure.ts";
import { watchLineage } from "./lineage.ts";

export interface Stop {
  /** Aborted by the first signal: a clean stop. */
  readonly signal: AbortSignal;
  /** What the second one does; where nothing is named it ends the process at once. */
  again(action: () => void): void;
}

/** `say`: where the reason goes when it is none that the person sees. */
export function listenForStop(say: (line: string) => void): Stop {
  const controller = new AbortController();
  let force: () => void = () => process.exit(STATUS.refused);
  const stop = (): void => {
    if (controller.signal.aborted) force();
    else controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  // One that has no terminal loses none: under nohup it goes on, which the runtime does not show.
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  process.on("SIGHUP", hasTerminal ? stop : () => undefined);
  const npm = watchLineage(() => {
    say("The npm that started this has ended: stopping ...");
    if (!controller.signal.aborted) controller.abort();
  });
  controller.signal.addEventListener("abort", npm.stop);
  return {
    signal: controller.signal,
    again: (action) => {
      force = action;
    },
  };
}
