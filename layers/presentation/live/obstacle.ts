/** What a page already knows to be in the way of a write, before it is sent. *pure* */
import type { LiveState } from "./live-state.ts";
import { NO_MAJORITY, NONE_SERVES, wordingOf } from "./wording.ts";

/**
 * In the words of problem codes, what the answer would say; but a page may know that no region is
 * on its way to serve, which an answer does not tell.
 */
export type Obstacle = "fenced" | "not-serving" | "no-writer" | "offline";

export function obstacleOf(live: LiveState, app: string | undefined): Obstacle | undefined {
  if (live.connection === "offline") return "offline";
  const view = live.apps.find((one) => one.app === app);
  if (view === undefined) return undefined;
  const wording = wordingOf(view, live);
  if (wording.writable) return undefined;
  if (wording === NO_MAJORITY || wording === NONE_SERVES) return "no-writer";
  return view.state === "fenced" ? "fenced" : "not-serving";
}
