/** The part of an app's view that comes from its record alone. *pure* */
import type { AppView } from "../routing/port.ts";
import type { RoutingView } from "../routing/record.ts";

export function viewOfApp(view: AppView): RoutingView {
  const { lag: _lag, writesAtRisk: _risk, holdsLease: _lease, ...record } = view;
  return record;
}
