/**
 * The end of a turn: once after each batch of events, whatever their number. *shell*
 *
 * Everything that arrived in one turn of the event loop (requests, messages, flushes) is worked on
 * first; then writes go into one transaction, and what was appended leaves in one message a peer.
 */
export interface Turn {
  schedule(): void;
}

export function createTurn(end: () => void): Turn {
  let isDue = false;
  const run = (): void => {
    isDue = false;
    end();
  };
  return {
    schedule: () => {
      if (isDue) return;
      isDue = true;
      setImmediate(run);
    },
  };
}
