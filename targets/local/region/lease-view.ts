/**
 * The leases as the main thread sees them. *adapter*
 *
 * What it is told to hold or release counts here at once; the worker hears of it a moment later,
 * and until then its board may still show the epoch before: that one is not shown.
 */
import type { LeaseView } from "../../../layers/region/site.ts";
import type { LeaseBoard } from "../voter/lease-board.ts";
import type { ToWorker } from "../voter/messages.ts";

export function createLeaseView(board: LeaseBoard, post: (message: ToWorker) => void): LeaseView {
  const held = new Map<string, number>();
  return {
    end: (app) => {
      const end = board.read(app);
      return end !== undefined && end.epoch === held.get(app) ? end : undefined;
    },
    hold: (app, epoch, carry) => {
      held.set(app, epoch);
      post({ type: "hold", app, epoch, carry });
    },
    release: (app) => {
      held.delete(app);
      post({ type: "release", app });
    },
    surrender: (app, epoch) => {
      held.delete(app);
      post({ type: "surrender", app, epoch });
    },
    grantedAt: (app, epoch, voters, sentAt) => {
      post({ type: "granted", app, epoch, voters, sentAt });
    },
  };
}
