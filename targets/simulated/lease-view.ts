/** A region's leases where its renewer is on the same thread. *pure* */
import type { LeaseView } from "../../layers/region/site.ts";
import type { Renewer } from "../../layers/routing/renewer.ts";
import type { Message } from "./node-options.ts";

export const leaseViewOf = (
  renewer: Renewer,
  send: (to: string, message: Message) => void,
): LeaseView => ({
  end: (app) => renewer.end(app),
  hold: (app, epoch, carry) => renewer.hold(app, epoch, carry),
  release: (app) => renewer.release(app),
  grantedAt: (app, epoch, voters, sentAt) => renewer.grantedAt(app, epoch, voters, sentAt),
  surrender: (app, epoch) => {
    for (const { to, message } of renewer.surrender(app, epoch)) send(to, message);
  },
});
