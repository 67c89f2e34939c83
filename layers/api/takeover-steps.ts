/**
 * Runs the takeover steps of an app where the core of its region says so. *shell*
 *
 *   core --beginStep--> step.run(context, { epoch, signal }) --settles--> end(failure?) --> core
 *            \--abort(why)--> signal
 *
 * The core decides which step runs, how long, and what its end means; here is only the call.
 */
import { assert } from "../../base/assert.ts";
import { type AppGuard, noGuard } from "./app-guard.ts";
import type { AppContext, AppDefinition } from "./define-app.ts";

/**
 * Begins a step; the result aborts it. `end` is called once, later, with the reason of a failure.
 */
export type BeginTakeoverStep = (
  name: string,
  epoch: number,
  end: (failure: string | undefined) => void,
) => (why: string) => void;

export function createTakeoverSteps(
  app: AppDefinition,
  context: AppContext,
  guard: AppGuard = noGuard,
): BeginTakeoverStep {
  return (name, epoch, end) => {
    const step = app.takeover?.find((one) => one.name === name);
    assert(step !== undefined, `${app.id} has no takeover step ${name}`);
    const about = { event: "takeover-step", app: app.id, step: name, epoch };
    const controller = new AbortController();
    const { signal } = controller;
    const failed = (error: unknown): void => {
      const failure = error instanceof Error ? error.message : String(error);
      if (!signal.aborted) context.log.warn({ ...about, failure }, "the takeover step failed");
      end(failure);
    };
    const done = (): void => {
      context.log.info(about, "the takeover step is done");
      end(undefined);
    };
    context.log.info(about, "the takeover step begins");
    // Never at once: the core is in the middle of its turn.
    void Promise.resolve()
      .then(() => guard.run(app.id, () => step.run(context, { epoch, signal })))
      .then(done, failed);
    return (why) => {
      context.log.warn({ ...about, why }, "the takeover step is aborted");
      controller.abort(new Error(`takeover step ${name}: ${why}`));
    };
  };
}
