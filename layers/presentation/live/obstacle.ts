/** What a page already knows to be in the way of a write, before it is sent. *pure* */
import type { LiveState } from "./live-state.ts";
import { wordingOf } from "./wording.ts";

/** In the words of problem codes: what the answer would say. */
export type Obstacle = "fenced" | "not-serving" | "offline";

export function obstacleOf(live: LiveState, app: string | undefined): Obstacle | undefined {
  if (live.connection === "offline") return "offline";
  const view = live.apps.find((one) => one.app === app);
  if (view === undefined || wordingOf(view, live.regions).writable) return undefined;
  return view.state === "fenced" ? "fenced" : "not-serving";
}
