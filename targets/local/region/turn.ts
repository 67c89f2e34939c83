/**
 * The end of a turn: once after each batch of events, whatever their number. *shell*
 *
 * Everything that arrived in one turn of the event loop (requests, messages, flushes) is worked on
 * first; then writes go into one transaction, and what was appended leaves in one message a peer.
 *
 * It belongs to none of the requests that asked for it, so a fault in it is the region's own
 * (app-faults.ts).
 */
import { AsyncResource } from "node:async_hooks";

export interface Turn {
  schedule(): void;
}

export function createTurn(end: () => void): Turn {
  let isDue = false;
  const run = AsyncResource.bind((): void => {
    isDue = false;
    end();
  });
  return {
    schedule: () => {
      if (isDue) return;
      isDue = true;
      setImmediate(run);
    },
  };
}
