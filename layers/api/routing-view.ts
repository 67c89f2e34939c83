/** The part of an app's view that every region tells alike. *pure* */
import type { AppNews, AppView } from "../routing/port.ts";

export function newsOfApp(view: AppView): AppNews {
  const { lag: _lag, writesAtRisk: _risk, holdsLease: _lease, ...rest } = view;
  const { minInSync: _min, objectives: _objectives, ...news } = rest;
  return news;
}
